import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '#src/rules/evaluate';
import { compileSeason, cutToSeason } from '#src/rules/season';
import type { RuleSeason } from '../../src/contracts/rule.ts';
import { LOW_OXYGEN, MINUTE, PLACE, ruleOf, T0 } from './harness.ts';
import { seed } from './seed.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Local midnight of 22 November 2026 in Viet Nam. */
const MIDNIGHT = T0 - 7 * HOUR;

const season = (when: RuleSeason, place: Partial<typeof PLACE> = {}) => {
  const found = compileSeason(when, { ...PLACE, ...place });
  if (found === null) throw new Error('it narrows');
  return found;
};

describe('when a rule asks', () => {
  test('nothing said is always', () => {
    expect(compileSeason(undefined, PLACE)).toBeNull();
    expect(compileSeason({}, PLACE)).toBeNull();
  });

  test('hours: the first minute belongs, the last does not', () => {
    const { isOn } = bound(season({ hours: { from: '08:00', to: '10:30' } }));
    expect([7.99, 8, 10.49, 10.5].map((hour) => isOn(MIDNIGHT + hour * HOUR))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('hours may pass midnight', () => {
    const { isOn } = bound(season({ hours: { from: '18:00', to: '07:00' } }));
    expect([0, 6.9, 7, 17.9, 18, 23.9].map((hour) => isOn(MIDNIGHT + hour * HOUR))).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
    ]);
  });

  test('dates: both belong, and they may pass the end of the year', () => {
    const at = (date: string) => Date.parse(`${date}T12:00:00+07:00`);
    const dry = bound(season({ dates: { from: '12-01', to: '04-30' } }));
    expect(['2026-11-30', '2026-12-01', '2027-04-30', '2027-05-01'].map(at).map(dry.isOn)).toEqual([
      false,
      true,
      true,
      false,
    ]);
    const wet = bound(season({ dates: { from: '05-01', to: '11-30' } }));
    expect(['2026-04-30', '2026-05-01', '2026-11-30', '2026-12-01'].map(at).map(wet.isOn)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test('days of the crop count from its start, and are unknown without one', () => {
    const when = { cropDays: { from: 0, to: 2 } };
    const { isOn } = bound(season(when, { startedOn: '2026-11-22' }));
    const days = [-1, 0, DAY - 1, 3 * DAY - 1, 3 * DAY].map((after) => isOn(MIDNIGHT + after));
    expect(days).toEqual([false, true, true, true, false]);
    expect(season(when).isOn(T0)).toBeNull();
    expect(season({ ...when, hours: { from: '00:00', to: '01:00' } }).isOn(T0)).toBeNull();
    expect(season(when).windows(T0, T0 + DAY)).toEqual([]);
  });

  function bound(found: ReturnType<typeof season>) {
    return { isOn: (time: number) => found.isOn(time) };
  }
});

const hours = fc.constantFrom('00:00', '01:30', '02:00', '02:30', '07:00', '18:00', '23:59');
const whens = fc.record(
  {
    hours: fc.record({ from: hours, to: hours }).filter(({ from, to }) => from !== to),
    dates: fc.record({
      from: fc.constantFrom('01-01', '03-28', '10-25', '12-31'),
      to: fc.constantFrom('01-01', '03-29', '10-26', '12-31'),
    }),
    cropDays: fc.constant({ from: 1, to: 300 }),
  },
  { requiredKeys: [] },
);

test(`its windows are where it is on, over clock changes too (seed ${seed})`, () => {
  const starts = fc.constantFrom(
    Date.UTC(2026, 2, 27),
    Date.UTC(2026, 9, 23),
    Date.UTC(2026, 11, 30),
  );
  const property = fc.property(
    fc.record({
      when: whens,
      start: starts,
      minute: fc.nat(1440),
      lasts: fc.integer({ min: 1, max: 5000 }),
    }),
    fc.constantFrom('Europe/Paris', 'Asia/Ho_Chi_Minh', 'Australia/Lord_Howe'),
    ({ when, start, minute, lasts }, timeZone) => {
      const place = { timeZone, startedOn: '2026-01-01' };
      const found = compileSeason(when, place);
      if (found === null) return;
      const from = start + minute * MINUTE;
      const to = from + lasts * MINUTE;
      const windows = found.windows(from, to);
      for (let time = from; time < to; time += 7 * MINUTE) {
        const isIn = windows.some((window) => time >= window.from && time < window.to);
        expect(isIn, new Date(time).toISOString()).toBe(found.isOn(time));
      }
      for (const [index, window] of windows.entries()) {
        expect(window.from).toBeLessThan(window.to);
        expect(window.from).toBeGreaterThan(windows[index - 1]?.to ?? 0);
      }
    },
  );
  fc.assert(property, { seed, numRuns: 400 });
});

describe('a silence is cut to the season', () => {
  const night = season({ hours: { from: '18:00', to: '06:00' } });
  const cut = (onset: number, end: number | null, now: number): string[] =>
    cutToSeason(
      {
        onset: MIDNIGHT + onset * HOUR,
        end: end && MIDNIGHT + end * HOUR,
        worst: null,
        samples: [],
        severities: [],
      },
      night,
      MIDNIGHT + now * HOUR,
    ).map((part) => {
      const hour = (time: number): number => (time - MIDNIGHT) / HOUR;
      return `${hour(part.onset)}-${part.end === null ? '…' : hour(part.end)}`;
    });
  const cases: [what: string, onset: number, end: number | null, now: number, parts: string[]][] = [
    ['within a window it stays', 19, 21, 30, ['19-21']],
    ['outside of it there is none', 7, 17, 30, []],
    ['one over several is several', 16, 44, 60, ['18-30', '42-44']],
    ['one that lasts, lasts while the season does', 16, null, 20, ['18-…']],
    ['and is over with it', 16, null, 31, ['18-30']],
    ['at the end of the season it is over', 16, null, 30, ['18-30']],
    ['at the instant the season begins it is there', 16, null, 18, ['18-…']],
    ['it goes on with the next window', 16, null, 43, ['18-30', '42-…']],
  ];
  test.each(cases)('%s', (_, onset, end, now, parts) => {
    expect(cut(onset, end, now)).toEqual(parts);
  });

  test('evaluate does so, from the metric that is missing', () => {
    const rule = {
      ...ruleOf('night-silence', { type: 'absence', afterSeconds: 3600, metric: 'ph' }),
      when: { hours: { from: '18:00', to: '06:00' } },
    };
    const asked: string[] = [];
    const context = {
      ...PLACE,
      now: MIDNIGHT + 20 * HOUR,
      createdAt: MIDNIGHT,
      intervalSeconds: 60,
    };
    const heard = [{ time: MIDNIGHT + 15 * HOUR, value: 1 }];
    const found = evaluate(
      rule,
      ({ metric }) => {
        asked.push(metric);
        return heard;
      },
      context,
    );
    expect(asked).toEqual(['ph']);
    expect(found.map(({ onset, end, severities }) => [onset, end, severities])).toEqual([
      [MIDNIGHT + HOUR, MIDNIGHT + 6 * HOUR, [{ time: MIDNIGHT + HOUR, severity: 'critical' }]],
      [MIDNIGHT + 18 * HOUR, null, [{ time: MIDNIGHT + 18 * HOUR, severity: 'critical' }]],
    ]);
  });
});

describe('a threshold out of its season', () => {
  const at = (hour: number, value: number) => ({ time: MIDNIGHT + hour * HOUR, value });
  const context = { ...PLACE, now: T0, createdAt: T0, intervalSeconds: 60 };
  const rule = (when: RuleSeason) =>
    ({
      ...LOW_OXYGEN,
      when,
      condition: { ...LOW_OXYGEN.condition, forSeconds: 0, clearSeconds: 0, gapSeconds: 7200 },
    }) as typeof LOW_OXYGEN;
  const said = (when: RuleSeason, samples: { time: number; value: number }[], place = PLACE) =>
    evaluate(rule(when), samples, { ...context, ...place }).map(({ onset, end, worst }) => [
      (onset - MIDNIGHT) / HOUR,
      end && (end - MIDNIGHT) / HOUR,
      worst,
    ]);

  test('is over, and does not open', () => {
    const samples = [at(16, 2), at(17, 2), at(18, 3), at(30, 1), at(31, 1), at(42, 2)];
    const nights: RuleSeason = { hours: { from: '18:00', to: '07:00' } };
    expect(said(nights, samples)).toEqual([
      [18, 31, 1],
      [42, null, 2],
    ]);
  });

  test('without the start of the crop it stays unknown', () => {
    const when: RuleSeason = { cropDays: { from: 0, to: 90 } };
    expect(said(when, [at(0, 2), at(1, 2)])).toEqual([]);
    expect(said(when, [at(0, 2)], { ...PLACE, startedOn: '2026-11-01' })).toEqual([[0, null, 2]]);
  });
});
