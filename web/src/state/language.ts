import { computed, effect, signal } from '@preact/signals';
import type { Language, Localized } from '../api/types.ts';
import { createFormat, type Format } from '../domain/format.ts';
import type { Dictionary } from '../i18n/dictionary.ts';
import { DICTIONARIES, isLanguage } from '../i18n/languages.ts';
import { recall, remember } from './memory.ts';

const KEY = 'sluice.language';

function firstLanguage(): Language {
  const kept = recall(KEY);
  return isLanguage(kept) ? kept : 'vi';
}

export const language = signal<Language>(firstLanguage());
export const texts = computed<Dictionary>(() => DICTIONARIES[language.value]);
export const format = computed<Format>(() => createFormat(language.value));

/** The text in the reader's language; Vietnamese stands in for a translation left empty. */
export function local(text: Localized): string {
  return text[language.value] || text.vi;
}

/** Advice in the reader's language, by the same rule. */
export function steps(advice: Record<Language, string[]>): string[] {
  const own = advice[language.value];
  return own.length > 0 ? own : advice.vi;
}

effect(() => {
  document.documentElement.lang = language.value;
  remember(KEY, language.value);
});
