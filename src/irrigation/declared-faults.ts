import { AppError } from '../base/errors.ts';
import type { Language, Localized } from '../contracts/localized.ts';

/** One fault of what people declare: the field, what is wrong, and what to do about it. */
export interface DeclaredFault {
  field: string;
  /** For logs, the audit and programs. */
  why: string;
  fix: string;
  /** Both in sentences, for people. */
  said: Localized;
}

/** A fault in words with gaps as `{site}`, that numbers and names are put into. */
export interface FaultWords {
  why: Localized;
  fix: Localized;
}

const DECIMAL_SIGN: Readonly<Record<Language, string>> = { vi: ',', en: '.', fr: ',' };

export function declaredFault(
  field: string,
  words: FaultWords,
  gaps: Readonly<Record<string, string | number>> = {},
): DeclaredFault {
  const filled = (text: string, language: Language): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = gaps[name] ?? '';
      return typeof value === 'string' ? value : String(value).replace('.', DECIMAL_SIGN[language]);
    });
  const said = (language: Language): string => {
    const { why, fix } = words;
    return `${filled(capital(why[language]), language)}. ${filled(fix[language], language)}`;
  };
  return {
    field,
    why: filled(words.why.en, 'en'),
    fix: filled(words.fix.en, 'en'),
    said: { vi: said('vi'), en: said('en'), fr: said('fr') },
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** How a fault is refused: with its field, and in the reader's language where there is one. */
export function refusalOf(code: string, { field, why, fix, said }: DeclaredFault): AppError {
  return new AppError(code, `${field}: ${why}`, { field, hint: fix, detail: said });
}
