import type { Language } from '../contracts/localized.ts';

const LANGUAGES: ReadonlySet<string> = new Set<Language>(['vi', 'en', 'fr']);
/** Programs that name no language are written by people who read English. */
const LANGUAGE_DEFAULT: Language = 'en';
/** A browser lists a handful; what follows is not a person's preference. */
const PREFERENCES_MAX = 16;

function isLanguage(text: string): text is Language {
  return LANGUAGES.has(text);
}

/** The best of our languages for an `Accept-Language` header (RFC 9110, 12.5.4). */
export function languageOf(header: string | undefined): Language {
  let best: Language = LANGUAGE_DEFAULT;
  let bestWeight = 0;
  for (const part of (header ?? '').split(',', PREFERENCES_MAX)) {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
    const language = tag.split('-')[0] ?? '';
    const weightText = parameters.map((text) => text.trim()).find((text) => text.startsWith('q='));
    const weight = weightText === undefined ? 1 : Number(weightText.slice(2));
    if (isLanguage(language) && weight > bestWeight) {
      best = language;
      bestWeight = weight;
    }
  }
  return best;
}
