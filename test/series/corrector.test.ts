import { describe, expect, it } from 'vitest';
import type { Correction, CorrectionWork } from '#src/contracts/history';
import { CorrectionList, correctedValue, stretchesOf } from '#src/series/history/corrector';
import { createRandom, seed } from '../support/random.ts';

let made = 0;
const correction = (
  from: number,
  to: number | null,
  work: CorrectionWork,
  at = ++made,
): Correction => ({
  id: `c-${++made}`,
  version: 1,
  device: 'd',
  metric: 'ph',
  from,
  to,
  work,
  note: null,
  by: 'mai',
  at,
  removed: false,
});
const gain = (factor: number, offset = 0): CorrectionWork => ({
  type: 'calibration',
  gain: factor,
  offset,
});
const flag = (name: 'suspect' | 'invalid'): CorrectionWork => ({ type: 'flag', flag: name });
const value = (number: number): CorrectionWork => ({ type: 'value', value: number });

/** What becomes of 10 at an instant: the value and its flag, or nothing. */
function at(time: number, corrections: readonly Correction[]): [number, string | null] | null {
  const stretch = stretchesOf(corrections).find((one) => time >= one.from && time < one.to);
  return stretch === undefined ? null : [correctedValue(10, stretch), stretch.flag];
}

describe('corrections at one instant', () => {
  const cases: Array<[what: string, corrections: Correction[], expected: unknown]> = [
    ['none', [], null],
    ['one that begins later', [correction(6, null, gain(2))], null],
    ['one that ended', [correction(0, 5, gain(2))], null],
    ['one that begins now', [correction(5, 6, gain(2, 1))], [21, null]],
    ['an open end', [correction(0, null, gain(2))], [20, null]],
    [
      'the calibration with the latest start',
      [correction(3, null, gain(3), 1), correction(1, null, gain(2), 9)],
      [30, null],
    ],
    [
      'of equal starts the one recorded last',
      [correction(1, 9, gain(3), 7), correction(1, null, gain(2), 6)],
      [30, null],
    ],
    [
      'the earlier one again when the later ended',
      [correction(1, null, gain(2)), correction(2, 4, gain(3))],
      [20, null],
    ],
    [
      'a value above calibrations that start later',
      [correction(1, null, value(7)), correction(3, null, gain(2))],
      [7, null],
    ],
    [
      'the value with the latest start',
      [correction(2, 8, value(4), 1), correction(1, 9, value(5), 9)],
      [4, null],
    ],
    [
      'a flag beside a calibration',
      [correction(1, null, flag('suspect')), correction(1, null, gain(2))],
      [20, 'suspect'],
    ],
    [
      'invalid above suspect, whoever was first',
      [correction(1, null, flag('invalid'), 1), correction(4, 9, flag('suspect'), 2)],
      [10, 'invalid'],
    ],
  ];
  for (const [what, corrections, expected] of cases) {
    it(`applies ${what}`, () => {
      expect(at(5, corrections)).toEqual(expected);
      expect(at(5, [...corrections].reverse())).toEqual(expected);
    });
  }

  it('finds its stretch in any order of asking', () => {
    const random = createRandom();
    const list = new CorrectionList();
    const some = Array.from({ length: 60 }, () => {
      const from = Math.floor(random() * 1_000);
      const to = random() < 0.2 ? null : from + 1 + Math.floor(random() * 60);
      const works = [gain(random()), flag('suspect'), flag('invalid'), value(random())];
      return correction(from, to, works[Math.floor(random() * 4)] ?? gain(2));
    });
    list.load(some);
    const corrector = list.of({ device: 'd', metric: 'ph' });
    for (let count = 0; count < 2_000; count++) {
      const time = Math.floor(random() * 1_100);
      const active = some.filter(({ from, to }) => time >= from && time < (to ?? 1e9));
      const found = corrector?.at(time);
      expect(found !== undefined, `SEED=${seed} ${time}`).toBe(active.length > 0);
      const isInvalid = active.some(({ work }) => work.type === 'flag' && work.flag === 'invalid');
      expect(found?.flag === 'invalid', `SEED=${seed} ${time}`).toBe(isInvalid);
      const touched = list.touched(['d', 'e'], ['ph', 'orp'], { from: time, to: time + 1 });
      expect(touched).toHaveLength(active.length > 0 ? 1 : 0);
    }
  });
});
