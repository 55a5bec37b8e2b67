import type { Language } from '../../api/types.ts';
import type { WorkDictionary } from './dictionary.ts';
import { en } from './en.ts';
import { fr } from './fr.ts';
import { vi } from './vi.ts';

export const WORK_DICTIONARIES: Readonly<Record<Language, WorkDictionary>> = { vi, en, fr };
