import { describe, expect, test } from 'vitest';
import { problemOf } from '#src/api/problem-reply';
import { AERATION_WORDS } from '#src/irrigation/aeration-words';
import { declaredFault, type FaultWords, refusalOf } from '#src/irrigation/declared-faults';
import { PLOT_WORDS } from '#src/irrigation/plot-words';

const ALL: ReadonlyArray<readonly [string, FaultWords]> = [
  ...Object.entries(PLOT_WORDS),
  ...Object.entries(AERATION_WORDS),
];

const gapsOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort();

describe('what is wrong with a plot or a plan', () => {
  test.each(ALL)('%s has the same gaps in each language, and is translated', (_, { why, fix }) => {
    for (const text of [why, fix]) {
      expect(gapsOf(text.vi)).toEqual(gapsOf(text.en));
      expect(gapsOf(text.fr)).toEqual(gapsOf(text.en));
      if (text.en !== '') expect(new Set([text.vi, text.en, text.fr]).size).toBe(3);
    }
  });

  test('is said in the reader’s language, with its decimal sign, and in English to programs', () => {
    const fault = declaredFault('stopAbove', AERATION_WORDS.notAbove, { stop: 4.2, start: 4.5 });
    const error = refusalOf('AERATION_INVALID', fault);
    expect(error).toMatchObject({
      ...{ code: 'AERATION_INVALID', field: 'stopAbove' },
      message: 'stopAbove: 4.2 mg/L is not above 4.5, where it starts',
      hint: 'Stop above the level at which it starts.',
    });
    const told = (['vi', 'en', 'fr'] as const).map((language) => {
      const { problem } = problemOf(error, language, 'r');
      expect(problem).toMatchObject({ code: 'AERATION_INVALID', status: 400, field: 'stopAbove' });
      return problem.detail;
    });
    expect(told).toEqual([
      '4,2 mg/L không cao hơn 4,5, mức bắt đầu chạy. Mức tắt phải cao hơn mức bật.',
      '4.2 mg/L is not above 4.5, where it starts. Stop above the level at which it starts.',
      '4,2 mg/L ne dépasse pas 4,5, où il démarre. L’arrêt doit être au-dessus du démarrage.',
    ]);
  });

  test('leaves a name as it is written', () => {
    const { said } = declaredFault('site', PLOT_WORDS.pond, { site: 'ao-1.5' });
    expect(said.fr).toBe('ao-1.5 est un bassin. Utilisez un site de type zone ou field.');
  });
});
