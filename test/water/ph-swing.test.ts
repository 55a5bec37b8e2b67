import { describe, expect, test } from 'vitest';
import { localDayOf } from '#src/base/local-day';
import { dailyPhSwing, type PhSample, phSwingOfDay } from '#src/water/ph-swing';
import { createRandom, seed } from '../support/random.ts';

/** One sample an hour from `from` to `to`, straight lines between the named ones. */
function hourly(named: readonly (readonly [hour: number, ph: number])[]): PhSample[] {
  const from = named[0]?.[0] ?? 0;
  const to = named.at(-1)?.[0] ?? 0;
  return Array.from({ length: to - from + 1 }, (_, at) => {
    const hour = from + at;
    const next = Math.max(
      1,
      named.findIndex(([when]) => when >= hour),
    );
    const [h1, p1] = named[next - 1] ?? [0, 0];
    const [h2, p2] = named[next] ?? [0, 0];
    return { minuteOfDay: hour * 60, ph: p1 + ((p2 - p1) * (hour - h1)) / (h2 - h1) };
  });
}

const day = hourly([
  [0, 8],
  [6, 7.8],
  [15, 8.4],
  [23, 8],
]);

describe('daily swing of pH', () => {
  test.each([
    [7.8, 8.4, 0.6],
    [7.6, 8.05, 0.45],
    [8.1, 9, 0.9],
  ])('from %d at dawn to %d in the afternoon', (dawn, afternoon, swing) => {
    const samples = hourly([
      [6, dawn],
      [15, afternoon],
    ]);
    const { value, reason } = dailyPhSwing(samples);
    expect(reason).toBeNull();
    expect(value).toBeCloseTo(swing, 9);
  });

  test('does not mind the order of the samples', () => {
    expect(dailyPhSwing([...day].reverse())).toEqual(dailyPhSwing(day));
  });

  test('of a record of the night alone is null, not 0', () => {
    const night = day.filter(({ minuteOfDay: m }) => m <= 5 * 60 || m >= 18 * 60);
    expect(dailyPhSwing(night)).toEqual({ value: null, reason: 'no-afternoon-sample' });
  });

  test('without a sample at dawn is null', () => {
    const late = day.filter(({ minuteOfDay: m }) => m < 4.5 * 60 || m > 7.5 * 60);
    expect(dailyPhSwing(late)).toEqual({ value: null, reason: 'no-dawn-sample' });
    expect(dailyPhSwing([])).toEqual({ value: null, reason: 'no-dawn-sample' });
  });

  test('bears a gap of three hours, and none above', () => {
    const without = (from: number, to: number): PhSample[] =>
      day.filter(({ minuteOfDay: m }) => m <= from || m >= to);
    expect(dailyPhSwing(without(9 * 60, 12 * 60)).reason).toBeNull();
    expect(dailyPhSwing(without(8 * 60, 12 * 60))).toEqual({ value: null, reason: 'gap' });
  });

  test('leaves out what is no number, and refuses what is no minute of a day', () => {
    const odd = { minuteOfDay: 600, ph: Number.NaN };
    expect(dailyPhSwing([...day, odd])).toEqual(dailyPhSwing(day));
    expect(() => dailyPhSwing([{ minuteOfDay: 1440, ph: 8 }])).toThrow(RangeError);
    expect(() => dailyPhSwing([{ minuteOfDay: -1, ph: 8 }])).toThrow(RangeError);
  });

  test('is of the local day', () => {
    const dayOf = localDayOf('Asia/Ho_Chi_Minh');
    expect(dayOf(Date.parse('2026-11-21T17:30:00Z'))).toBe('2026-11-22');
    expect(dayOf(Date.parse('2026-11-21T16:59:59Z'))).toBe('2026-11-21');
  });
});

test(`a day of which only its ends and its longest gap are kept swings the same (SEED=${seed})`, () => {
  const random = createRandom();
  let known = 0;
  for (let round = 0; round < 3000; round++) {
    const step = 5 + random() * 100;
    const until = 600 + random() * 839;
    const samples: PhSample[] = [];
    for (let minuteOfDay = random() * 500; minuteOfDay < until; ) {
      samples.push({ minuteOfDay, ph: 7 + 2 * random() });
      minuteOfDay += random() < 0.05 ? step + 120 * random() : step;
    }
    const minutes = samples.map(({ minuteOfDay }) => minuteOfDay);
    const values = samples.map(({ ph }) => ph);
    const kept = phSwingOfDay({
      firstMinute: minutes[0] ?? 0,
      lastMinute: minutes.at(-1) ?? 0,
      longestGapMinutes: Math.max(0, ...minutes.slice(1).map((at, i) => at - (minutes[i] ?? at))),
      lowest: Math.min(...values),
      highest: Math.max(...values),
    });
    expect(kept.value, `round ${round}`).toBe(dailyPhSwing(samples).value);
    if (kept.value !== null) known++;
  }
  expect(known).toBeGreaterThan(100);
});
