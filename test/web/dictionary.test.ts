import { describe, expect, it } from 'vitest';
import { DICTIONARIES, isLanguage, LANGUAGES } from '../../web/src/i18n/languages.ts';
import { PLANT_DICTIONARIES } from '../../web/src/i18n/plant/languages.ts';
import { WORK_DICTIONARIES } from '../../web/src/i18n/work/languages.ts';

/** Every text by its path; a sentence with a gap has the word or number 7 put into it. */
function textsOf(value: unknown, path = ''): Map<string, string> {
  if (typeof value === 'string') return new Map([[path, value]]);
  if (typeof value === 'function') return new Map([[`${path}()`, String(value('7', '7'))]]);
  const own = Object.entries(value as Record<string, unknown>);
  return new Map(own.flatMap(([key, inner]) => [...textsOf(inner, `${path}.${key}`)]));
}

/** All texts of a language: those of the start, of the pages behind "more", and of the plant. */
function allTextsOf(code: keyof typeof DICTIONARIES): Map<string, string> {
  return textsOf({
    page: DICTIONARIES[code],
    work: WORK_DICTIONARIES[code],
    plant: PLANT_DICTIONARIES[code],
  });
}

const vi = allTextsOf('vi');

describe.each(LANGUAGES)('the texts in $name', ({ code }) => {
  const texts = allTextsOf(code);

  it('are the same texts as in Vietnamese, and none is empty', () => {
    expect([...texts.keys()].sort()).toEqual([...vi.keys()].sort());
    expect([...texts].filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('say what is put into them', () => {
    const gaps = [...texts].filter(([path]) => path.endsWith('()'));
    expect(gaps.length).toBeGreaterThan(10);
    expect(gaps.filter(([, text]) => !text.includes('7'))).toEqual([]);
  });
});

describe('translations', () => {
  it('differ from the Vietnamese where they are more than names', () => {
    for (const code of ['en', 'fr'] as const) {
      const same = [...allTextsOf(code)].filter(
        ([path, text]) => vi.get(path) === text && !path.endsWith('.reading()'),
      );
      expect(same).toEqual([]);
    }
  });

  it('keep the plural rules of their language', () => {
    expect(DICTIONARIES.en.home.places(1)).toBe('1 place');
    expect(DICTIONARIES.en.home.places(0)).toBe('0 places');
    expect(DICTIONARIES.fr.home.places(0)).toBe('0 lieu');
    expect(DICTIONARIES.fr.home.places(2)).toBe('2 lieux');
    expect(DICTIONARIES.vi.home.places(2)).toBe('2 nơi');
  });

  it('know the three languages and nothing of objects', () => {
    expect(isLanguage('fr')).toBe(true);
    expect(isLanguage('de')).toBe(false);
    expect(isLanguage('toString')).toBe(false);
    expect(isLanguage(null)).toBe(false);
  });
});
