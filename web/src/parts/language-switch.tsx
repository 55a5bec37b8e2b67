import type { JSX } from 'preact';
import { isLanguage, LANGUAGES } from '../i18n/languages.ts';
import { language, texts } from '../state/language.ts';

export function LanguageSwitch(): JSX.Element {
  return (
    <label class="language">
      <span class="visually-hidden">{texts.value.language}</span>
      <span class="language-code" aria-hidden="true">
        {language.value.toUpperCase()}
      </span>
      <select
        value={language.value}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          if (isLanguage(chosen)) language.value = chosen;
        }}
      >
        {LANGUAGES.map(({ code, name }) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
