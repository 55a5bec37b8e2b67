import type { Language } from '../../contracts/localized.ts';
import { reasons as en } from './en.ts';
import { reasons as fr } from './fr.ts';
import type { ReasonWords } from './reason-text.ts';
import { reasons as vi } from './vi.ts';

export const REASON_WORDS: Readonly<Record<Language, ReasonWords>> = { vi, en, fr };
