import { describe, expect, test } from 'vitest';
import type { Rule } from '#src/contracts/rule';
import { loadKinds } from '#src/ingest/kinds';
import { samplesMetric } from '#src/pests/field-measures';
import { findPeaks } from '#src/pests/peaks';
import { compileRule } from '#src/rules/compile';
import type { Reading, RuleInput } from '#src/rules/compiled';
import { evaluate, instantsOf } from '#src/rules/evaluate';

const kinds = await loadKinds();
const DAY_MS = 86_400_000;
const timeZone = 'Asia/Ho_Chi_Minh';
/** 06:00 of a morning in Hà Nội. */
const MORNING = Date.parse('2026-11-20T23:00:00Z');

function ruleOf(id: string): Rule {
  const rule = [...kinds.values()].flatMap(({ rules }) => rules).find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

type Rows = ReadonlyArray<{ time: number; values: Readonly<Record<string, number>> }>;

function world(rule: Rule, rows: Rows, startedOn: string | null = null) {
  const kind = kinds.get(rule.kind);
  if (kind === undefined) throw new Error(`no kind ${rule.kind}`);
  const samplesOf = ({ metric }: RuleInput) =>
    rows.flatMap(({ time, values }) => {
      const value = values[metric] ?? (metric === '*' ? 1 : undefined);
      return value === undefined ? [] : [{ time, value }];
    });
  const first = rows[0]?.time ?? 0;
  const last = rows.at(-1)?.time ?? 0;
  const context = { kind, timeZone, startedOn, createdAt: first - 1, intervalSeconds: 3600 };
  return { samplesOf, context: { ...context, now: last } };
}

function intervals(id: string, rows: Rows, startedOn: string | null = null) {
  const rule = ruleOf(id);
  const { samplesOf, context } = world(rule, rows, startedOn);
  return evaluate(rule, samplesOf, context);
}

/** What a rule reads at each instant. */
function readings(id: string, rows: Rows, startedOn: string | null = null): Array<Reading | null> {
  const rule = ruleOf(id);
  const { samplesOf, context } = world(rule, rows, startedOn);
  const compiled = compileRule(rule, context);
  const run = compiled.start();
  return instantsOf(compiled.inputs, samplesOf).map((instant) => run.push(instant));
}

/** One night after the other; null: nothing was heard of it. */
function nights(catches: ReadonlyArray<number | null>, lamp = 3): Rows {
  return catches.flatMap((count, night) =>
    count === null
      ? []
      : [
          {
            time: MORNING + night * DAY_MS,
            values: { count_NILALU: count, lamp_hours: lamp },
          },
        ],
  );
}

const FLOOR = 'trap-brown-planthopper-scout';

describe('a night of a trap', () => {
  test.each([
    ['a whole night', 40, 3, 40, 'observed'],
    ['half a night counts double', 30, 1.5, 60, 'partly'],
    ['a long night counts less', 120, 6, 60, 'observed'],
  ])('%s', (_, count, lamp, standard, label) => {
    const [reading] = readings(FLOOR, nights([count], lamp));
    expect(reading?.value).toBeCloseTo(standard, 9);
    expect(reading?.beside).toMatchObject({ night: label });
    expect(reading?.beside?.['moonLit']).toBeGreaterThan(0.8);
  });

  test('with the lamp dark, or too short to be told, it is unknown and no zero', () => {
    expect(readings(FLOOR, nights([80], 0))).toEqual([null]);
    expect(readings(FLOOR, nights([80], 0.9))).toEqual([null]);
    // An alert that stands is not ended by a night of which nothing is known.
    const rows = [...nights([80, null]), { time: MORNING + 2 * DAY_MS, values: { lamp_hours: 0 } }];
    expect(intervals(FLOOR, rows)).toMatchObject([{ onset: MORNING, end: null }]);
  });

  test('reports before midnight and after it are one night; the next is another', () => {
    const evening = MORNING - 9 * 3_600_000;
    const rows = [
      { time: evening, values: { count_NILALU: 20, lamp_hours: 1 } },
      { time: MORNING, values: { count_NILALU: 31, lamp_hours: 2 } },
      { time: evening + DAY_MS, values: { count_NILALU: 10, lamp_hours: 2 } },
    ];
    const values = readings(FLOOR, rows).map((reading) => reading?.value);
    expect(values).toEqual([60, 51, 15]);
  });

  test('a trap without a lamp is judged by its tag, in place of the other rule', () => {
    const bare = ruleOf('trap-brown-planthopper-no-lamp-scout');
    expect(bare.topic).toBe(ruleOf(FLOOR).topic);
    expect(bare.scope).toEqual({ tag: 'no-lamp' });
    const rows = [{ time: MORNING, values: { count_NILALU: 51 } }];
    expect(intervals(bare.id, rows)).toHaveLength(1);
    expect(intervals(FLOOR, rows)).toEqual([]);
  });

  test('two dark nights in a row are said, one is not; silence of the lamp is', () => {
    const lamps = (hours: number[]): Rows =>
      hours.map((lamp, night) => ({
        time: MORNING + night * DAY_MS,
        values: { lamp_hours: lamp },
      }));
    expect(intervals('trap-nights-dark', lamps([3, 0, 3, 0]))).toEqual([]);
    const dark = intervals('trap-nights-dark', lamps([3, 0, 0.4, 3]));
    expect(dark).toMatchObject([{ onset: MORNING + 2 * DAY_MS, end: MORNING + 3 * DAY_MS }]);
    const weather = Array.from({ length: 72 }, (_, hour) => ({
      time: MORNING + hour * 3_600_000,
      values: { air_temperature: 27, ...(hour === 0 && { lamp_hours: 3 }) },
    }));
    expect(intervals('trap-nights-unheard', weather)).toMatchObject([
      { onset: MORNING + 2.5 * DAY_MS },
    ]);
  });
});

describe('the trend of a trap', () => {
  const quiet = Array.from({ length: 14 }, (_, night) => 20 + (night % 3));
  const RISE = 'trap-brown-planthopper-rise-scout';
  const PEAK = 'trap-brown-planthopper-peak-scout';

  test('twice the usual is a rise, and only above the floor', () => {
    // Median of the fourteen before is 21: three nights of 50 are 2.4 times it.
    const [rise, ...more] = intervals(RISE, nights([...quiet, 40, 60, 70]));
    expect(more).toEqual([]);
    expect(rise?.onset).toBe(MORNING + 16 * DAY_MS);
    expect(intervals(RISE, nights([...quiet.map((count) => count / 4), 20, 30, 30]))).toEqual([]);
    expect(intervals(RISE, nights([...quiet.map((count) => 3 * count), 70, 70, 70]))).toEqual([]);
  });

  test('needs half of the nights before; a night not observed is no zero', () => {
    const holes = quiet.map((count, night) => (night % 2 === 0 ? count : null));
    expect(intervals(RISE, nights([...holes, 60, 60, 60]))).toHaveLength(1);
    const few = quiet.map((count, night) => (night % 4 === 0 ? count : null));
    expect(intervals(RISE, nights([...few, 60, 60, 60]))).toEqual([]);
  });

  test('a peak is the one the formula finds, told when it is confirmed, with the next one', () => {
    const catches = [...quiet, 60, 150, 80, 30, 22, 21];
    expect(findPeaks(catches)).toEqual([15]);
    const [interval, ...more] = intervals(PEAK, nights(catches));
    expect(more).toEqual([]);
    // The fall is no steep one, so the second night after it confirms.
    expect(interval?.onset).toBe(MORNING + 17 * DAY_MS);
    expect(interval?.end).toBe(MORNING + 18 * DAY_MS);
    const reading = readings(PEAK, nights(catches))[17];
    expect(reading?.value).toBeCloseTo((60 + 150 + 80) / 3, 9);
    // The night that began at noon of 5 December; its next peak is five to six days early.
    expect(reading?.beside).toEqual({
      night: '2026-12-05',
      nextFrom: '2026-12-30',
      nextTo: '2026-12-31',
    });
  });

  test('flies per trap and day leave out nights without a count', () => {
    const rule = { ...ruleOf('trap-fruit-fly-scout'), enabled: true };
    expect(ruleOf(rule.id).enabled).toBe(false);
    const rows = [3, 0, 2, 1, 4].map((flies, day) => ({
      time: MORNING + (day + (day > 2 ? 2 : 0)) * DAY_MS,
      values: { count_DACUDO: flies },
    }));
    const values = readings(rule.id, rows);
    expect(values.slice(0, 4)).toEqual([null, null, null, null]);
    expect(values[4]?.value).toBeCloseTo(10 / 5, 4);
    expect(values[4]?.beside).toEqual({ flies: 10, days: 5 });
  });

  test('degree-days are those of whole days, and say what is missing', () => {
    const metric = kinds
      .get('insect-trap')
      ?.derived?.find(({ name }) => name === 'degree_days_LAPHFR');
    const days = Array.from({ length: 29 }, (_, day) => ({
      ...{ day: `d${day}`, from: 0, to: 0, sum: 0 },
      ...{ min: 24, max: 33, count: day === 0 ? 12 : 24, gapMs: 0 },
    }));
    const at = (rows: typeof days) => ({
      ...{ time: 0, localMinutes: 0, values: [27], agesMs: [0] },
      ...{ samples: () => [], days: () => rows, local: () => ({ day: '', minutes: 0 }) },
    });
    const derived = metric?.derive(at(days));
    // 24 to 33 °C give 15.1673 K·d by single sine; the last of the days is not over.
    expect(derived?.value).toBeCloseTo(28 * 15.1673, 1);
    expect(derived).toMatchObject({
      beside: { method: 'single-sine', missing: 2, estimated: 1 },
    });
    expect(metric?.derive(at(days.slice(3)))).toMatchObject({ value: null });
  });
});

/** One visit a week; the crop was sown on a day of which the visits are so many days after. */
function visits(metric: string, found: ReadonlyArray<readonly [day: number, value: number]>): Rows {
  return found.map(([day, value]) => ({
    time: SOWN + day * DAY_MS,
    values: { [metric]: value, [samplesMetric(metric)]: 10 },
  }));
}

const SOWN_ON = '2026-09-01';
/** Nine in the morning in Hà Nội. */
const SOWN = Date.parse('2026-09-01T02:00:00Z');

function opens(id: string, rows: Rows, startedOn: string | null = SOWN_ON): boolean {
  return intervals(id, rows, startedOn).length > 0;
}

describe('a field count', () => {
  test.each([
    ['hoppers-national-panicle-nilalu', 'density_NILALU', 50, 999, false],
    ['hoppers-national-panicle-nilalu-scout', 'density_NILALU', 50, 999, true],
    ['hoppers-national-panicle-nilalu', 'density_NILALU', 50, 1000, true],
    ['hoppers-national-panicle-nilalu-scout', 'density_NILALU', 50, 1000, false],
    ['hoppers-national-dough-nilalu', 'density_NILALU', 85, 1500, false],
    ['hoppers-national-dough-nilalu-scout', 'density_NILALU', 85, 1500, true],
    ['hoppers-national-dough-nilalu', 'density_NILALU', 85, 2000, true],
    ['hoppers-national-panicle-nilalu', 'density_NILALU', 85, 1500, false],
    ['hoppers-national-panicle-nilalu', 'density_NILALU', 30, 75, false],
    ['cnapme-litsinger', 'leaf_damage_CNAPME', 60, 14.9, false],
    ['cnapme-litsinger', 'leaf_damage_CNAPME', 60, 15, true],
    ['cnapme-ba-ria', 'leaf_damage_CNAPME', 40, 30, false],
    ['cnapme-ba-ria', 'leaf_damage_CNAPME', 41, 10, true],
    ['scirin-litsinger-vegetative', 'deadheart_SCIRIN', 20, 4.9, false],
    ['scirin-litsinger-vegetative', 'deadheart_SCIRIN', 20, 5, true],
    ['scirin-litsinger-reproductive', 'deadheart_SCIRIN', 60, 24.9, false],
    ['nilalu-ba-ria-tillering', 'per_tiller_NILALU', 30, 2, false],
    ['nilalu-ba-ria-tillering', 'per_tiller_NILALU', 30, 2.1, true],
    ['nilalu-bulletin-virus', 'per_tiller_NILALU', 30, 0, false],
    ['nilalu-bulletin-virus', 'per_tiller_NILALU', 30, 0.1, true],
    ['cabbage-complex-texas-plutma', 'larvae_PLUTMA', 200, 0.3, true],
  ])('%s: %s on day %d of %d: %s', (id, metric, day, value, isOpen) => {
    expect(opens(`survey-${id}`, visits(metric, [[day, value]]))).toBe(isOpen);
  });

  test('says its sample beside it, and without one it says nothing', () => {
    const id = 'survey-hoppers-national-panicle-nilalu';
    const rows = visits('density_NILALU', [[50, 1200]]);
    const [reading] = readings(id, rows, SOWN_ON);
    expect(reading).toMatchObject({ value: 1200, beside: { samples: 10 } });
    const bare = [{ time: SOWN + 50 * DAY_MS, values: { density_NILALU: 1200 } }];
    expect(opens(id, bare)).toBe(false);
  });

  test('of a site whose sowing is not known asks no rule of a stage', () => {
    const rows = visits('density_NILALU', [[50, 5000]]);
    expect(opens('survey-hoppers-national-panicle-nilalu', rows, null)).toBe(false);
    const moths = visits('moths_SCIRIN', [[50, 1]]);
    expect(opens('survey-scirin-kerala-moths', moths, null)).toBe(true);
  });

  test('ends with a count below, or when the stage is over; two visits missed end nothing', () => {
    const id = 'survey-hoppers-national-panicle-nilalu';
    const at = (day: number): number => SOWN + day * DAY_MS;
    const over = visits('density_NILALU', [
      ...([
        [45, 1100],
        [52, 400],
      ] as const),
    ]);
    expect(intervals(id, over, SOWN_ON)).toMatchObject([{ onset: at(45), end: at(52) }]);
    const passed = visits('density_NILALU', [
      ...([
        [66, 1100],
        [73, 1100],
      ] as const),
    ]);
    expect(intervals(id, passed, SOWN_ON)).toMatchObject([{ onset: at(66), end: at(73) }]);
    const one = visits('density_NILALU', [[45, 1100]]);
    expect(intervals(id, one, SOWN_ON)).toMatchObject([{ onset: at(45), end: null }]);
  });

  test('of two pests is added where each alone is below, in whichever order they come', () => {
    const id = 'survey-hoppers-national-panicle-together';
    const visit = (metric: string, value: number, minutes: number): Rows =>
      visits(metric, [[50, value]]).map((row) => ({ ...row, time: row.time + minutes * 60_000 }));
    const both = (brown: number, white: number, minutes: number): Rows =>
      [...visit('density_NILALU', brown, 0), ...visit('density_SOGAFU', white, minutes)].sort(
        (left, right) => left.time - right.time,
      );
    for (const minutes of [-20, 0, 20]) {
      expect([minutes, opens(id, both(600, 400, minutes))]).toEqual([minutes, true]);
      expect([minutes, opens(id, both(600, 399, minutes))]).toEqual([minutes, false]);
      // Alone it is enough: its own rule speaks, and this one keeps still.
      expect([minutes, opens(id, both(1100, 10, minutes))]).toEqual([minutes, false]);
    }
    expect(opens(id, both(600, 600, 25 * 60))).toBe(false);
    const [, second] = readings(id, both(600, 400, -20), SOWN_ON);
    expect(second).toMatchObject({ value: 1000, beside: { NILALU: 600, SOGAFU: 400 } });
  });
});
