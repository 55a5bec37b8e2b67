import type { Language } from '../api/types.ts';
import type { Dictionary } from './dictionary.ts';
import { en } from './en.ts';
import { fr } from './fr.ts';
import { vi } from './vi.ts';

/** In the order of the switch; Vietnamese is what most people read. */
export const LANGUAGES: ReadonlyArray<{ code: Language; name: string }> = [
  { code: 'vi', name: 'Tiếng Việt' },
  { code: 'en', name: 'English' },
  { code: 'fr', name: 'Français' },
];

export const DICTIONARIES: Readonly<Record<Language, Dictionary>> = { vi, en, fr };

export function isLanguage(text: string | null): text is Language {
  return text !== null && Object.hasOwn(DICTIONARIES, text);
}
