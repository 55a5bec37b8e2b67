import { describe, expect, test } from 'vitest';
import { evaluate } from '#src/rules/evaluate';
import type { Rule, RuleCondition } from '../../src/contracts/rule.ts';
import type { RuleInput } from '../../src/rules/compiled.ts';
import { createRandom, seed } from '../support/random.ts';
import { Farm, LOW_OXYGEN, MINUTE, openState, PLACE, ruleOf, T0 } from './harness.ts';
import { openStand } from './trial-stand.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Local time is seven hours ahead: T0 is 07:00, and 22:00 comes 15 hours after it. */
const NIGHT = T0 + 15 * HOUR;

const limits = { beyond: 'below', limit: 4, clear: 4.3 } as const;
const durations = { forSeconds: 300, clearSeconds: 300, gapSeconds: 1800 };
const oxygen = { metric: 'oxygen', ...limits, ...durations };

function bandedRule(id: string): Rule {
  const bands = [{ severity: 'critical', limit: 3, clear: 3.2 }] as const;
  const condition: RuleCondition = { type: 'threshold', ...oxygen, forSeconds: 0, bands };
  return { ...ruleOf(id, condition), severity: 'warning' };
}

/** One value a minute over the stretches `[minutes, value]`, from an instant on. */
function steps(from: number, parts: ReadonlyArray<readonly [number, number]>) {
  const samples: Array<{ time: number; value: number }> = [];
  let time = from;
  for (const [minutes, value] of parts) {
    for (let minute = 0; minute < minutes; minute++, time += MINUTE) samples.push({ time, value });
  }
  return samples;
}

/** A walk about the limit with gaps, one sample in one to three minutes. */
function walk(random: () => number, from: number, to: number) {
  const samples: Array<{ time: number; value: number }> = [];
  let value = 4.2;
  let time = from;
  while (time < to) {
    value = Math.min(9, Math.max(1, value + (random() - 0.5) * 0.6));
    samples.push({ time, value: Math.round(value * 100) / 100 });
    time += MINUTE * (random() < 0.004 ? 90 : 1 + Math.floor(random() * 3));
  }
  return samples;
}

const RULES: Rule[] = [
  LOW_OXYGEN,
  bandedRule('banded'),
  ruleOf('mean', {
    ...{ type: 'threshold', ...oxygen },
    view: { type: 'rolling', function: 'mean', overSeconds: 3600 },
  }),
  ruleOf('nights', {
    ...{ type: 'threshold', ...oxygen, beyond: 'above', limit: 3, clear: 2.5 },
    view: {
      type: 'days',
      each: 'swing',
      function: 'max',
      days: 2,
      minimumDays: 1,
      startsAt: '12:00',
    },
  }),
  ruleOf('both', {
    ...{ type: 'all', ...durations, maxAgeSeconds: 600 },
    of: [
      { type: 'test', metric: 'oxygen', ...limits },
      { type: 'test', metric: 'ph', ...limits },
    ],
  }),
  ruleOf('other', {
    ...{ type: 'threshold', ...oxygen, limit: -0.5, clear: -0.2 },
    view: { type: 'minus', metric: 'ph', device: 'neighbour', maxAgeSeconds: 900 },
  }),
  { ...LOW_OXYGEN, id: 'dusk', when: { hours: { from: '17:00', to: '23:30' } } },
  ruleOf('silence', { type: 'absence', afterSeconds: 1800 }),
  { ...ruleOf('ph-silence', { type: 'absence', afterSeconds: 900, metric: 'ph' }) },
];

test(`a dry run finds what the pure function finds, stretch by stretch (SEED=${seed})`, async () => {
  const stand = await openStand();
  const random = createRandom();
  await stand.addDevice('probe');
  await stand.addDevice('neighbour');
  const to = T0 + 4 * DAY;
  stand.clock.wall = to;
  const series = new Map<string, Array<{ time: number; value: number }>>();
  for (const [device, metric, until] of [
    ['probe', 'oxygen', to],
    ['probe', 'ph', to],
    ['neighbour', 'ph', to - 5 * HOUR],
  ] as const) {
    const samples = walk(random, T0 + Math.floor(random() * 20) * 1_000, until);
    series.set(`${device} ${metric}`, samples);
    stand.put(device, metric, samples);
  }
  // Both of its metrics are gone for a while: silence of the device itself.
  const isHeard = ({ time }: { time: number }) => time < T0 + 30 * HOUR || time > T0 + 33 * HOUR;
  for (const [name, samples] of series) series.set(name, samples.filter(isHeard));
  stand.series.points = stand.series.points.filter(isHeard);
  const context = { ...PLACE, now: to, createdAt: T0, intervalSeconds: 60 };
  const samplesOf = ({ metric, device }: RuleInput) =>
    metric === '*'
      ? [...(series.get('probe oxygen') ?? []), ...(series.get('probe ph') ?? [])]
      : (series.get(`${device ?? 'probe'} ${metric}`) ?? []);
  let intervals = 0;
  for (const each of RULES) {
    const rule = { ...each, scope: { coop: 'coop' } };
    const run = await stand.trials.dryRun({ rule, devices: ['probe'], from: T0, to });
    const expected = evaluate(rule, samplesOf, context);
    const found = run.intervals.map(({ device: _, ...interval }) => interval);
    expect([rule.id, found], `SEED=${seed}`).toEqual([rule.id, expected]);
    expect(run.figures.alerts, rule.id).toBe(expected.length);
    intervals += expected.length;
  }
  expect(intervals, `SEED=${seed}`).toBeGreaterThan(20);
});

test(`a dry run finds what the engine raised (SEED=${seed})`, async () => {
  const { state, close } = await openState();
  const rules = [LOW_OXYGEN, ruleOf('silence', { type: 'absence', afterSeconds: 600 })];
  const farm = new Farm(state, rules);
  await farm.addDevice('probe');
  const stand = await openStand(rules);
  await stand.addDevice('probe');
  const samples = walk(createRandom(), T0 + MINUTE, T0 + 8 * HOUR);
  for (const { time, value } of samples) {
    farm.clock.advance(Math.max(0, time - farm.clock.now()));
    farm.journal({ device: 'probe', at: time, values: { oxygen: value } });
  }
  await farm.settle();
  stand.put('probe', 'oxygen', samples);
  // The range ends before its end: one ms later the newest sample is in it.
  const to = farm.clock.now() + 1;
  stand.clock.wall = to;
  const alerts = await farm.alerts('probe');
  for (const rule of rules) {
    const run = await stand.trials.dryRun({ rule, from: T0, to });
    const raised = alerts.filter((alert) => alert.rule === rule.id);
    const spans = raised
      .map(({ onset, end }) => [onset, end])
      .sort(([a], [b]) => Number(a) - Number(b));
    expect(
      run.intervals.map(({ onset, end }) => [onset, end]),
      `SEED=${seed}`,
    ).toEqual(spans);
  }
  await close();
});

describe('figures', () => {
  const rule = bandedRule('banded');

  test('count calls, wakings and nights as a person counts them', async () => {
    const stand = await openStand([LOW_OXYGEN]);
    await stand.addDevice('probe');
    stand.clock.wall = T0 + 10 * DAY;
    // 12:00 warns; 23:00 warns, is critical at 23:10, eases at 23:20, critical again at 23:30, over
    // at 23:45; the next night 04:50 warns and lasts until 05:05.
    const first = T0 + 5 * HOUR;
    const second = NIGHT + HOUR;
    const third = T0 + 45 * HOUR + 50 * MINUTE;
    stand.put(
      'probe',
      'oxygen',
      steps(T0, [
        [300, 6],
        [10, 3.5],
        [650, 6],
      ]),
    );
    stand.put(
      'probe',
      'oxygen',
      steps(second, [
        [10, 3.5],
        [10, 2.8],
        [10, 3.5],
        [10, 2.9],
        [1750, 6],
        [10, 3.8],
        [600, 6],
      ]),
    );
    const run = await stand.trials.dryRun({ rule, from: T0, to: T0 + 3 * DAY });
    expect(run.intervals.map(({ onset }) => onset)).toEqual([first, second, third]);
    expect(run.intervals[1]?.severities.map(({ severity }) => severity)).toEqual([
      ...['warning', 'critical', 'warning', 'critical'],
    ]);
    expect(run.figures).toEqual({
      alerts: 3,
      notifications: 5,
      wakings: 4,
      worstNight: 3,
      // Three nights begin in three days.
      perNight: 4 / 3,
      seconds: (15 + 45 + 15) * 60,
    });
    expect(run).toMatchObject({ devices: 1, samples: 3_360, current: null, more: 0, remarks: [] });
  });

  test('stand beside those of the rule in force', async () => {
    const stand = await openStand([bandedRule('banded')]);
    await stand.addDevice('probe');
    stand.clock.wall = T0 + 2 * DAY;
    stand.put(
      'probe',
      'oxygen',
      steps(NIGHT, [
        [10, 6],
        [10, 3.5],
        [10, 6],
        [10, 3.5],
        [30, 6],
      ]),
    );
    const slower = ruleOf('banded', { type: 'threshold', ...oxygen, forSeconds: 900 });
    const run = await stand.trials.dryRun({ rule: slower, from: T0, to: T0 + DAY });
    expect(run.figures).toMatchObject({ alerts: 0, wakings: 0 });
    expect(run.current).toMatchObject({ alerts: 2, wakings: 2, notifications: 2 });
    expect(stand.history.queries.every(({ values }) => values === 'corrected')).toBe(true);
  });

  test('leave out calls outside the range, and say what was cut', async () => {
    const stand = await openStand();
    await stand.addDevice('probe');
    stand.clock.wall = T0 + DAY;
    stand.put(
      'probe',
      'oxygen',
      steps(T0, [
        [60, 3.5],
        [60, 6],
        [60, 3.5],
      ]),
    );
    const from = T0 + 30 * MINUTE;
    const run = await stand.trials.dryRun({ rule, from, to: T0 + 2 * DAY });
    expect(run.intervals.map(({ onset, end }) => [onset, end])).toEqual([
      [T0, T0 + 65 * MINUTE],
      [T0 + 120 * MINUTE, null],
    ]);
    expect(run.to).toBe(T0 + DAY);
    expect(run.figures).toMatchObject({ alerts: 2, notifications: 1 });
    expect(run.figures.seconds).toBe(35 * 60 + (DAY / 1000 - 120 * 60));
    expect(run.remarks.map(({ en }) => en)).toEqual([
      expect.stringContaining('1 alerts had begun before'),
      expect.stringContaining('1 alerts still last'),
      expect.stringContaining('cut off at now'),
    ]);
  });

  test('a silence that began before the range has its true onset, for a device never seen too', async () => {
    const stand = await openStand();
    await stand.addDevice('probe');
    await stand.addDevice('never');
    stand.clock.wall = T0 + 3 * DAY;
    stand.put('probe', 'ph', steps(T0, [[60, 7]]));
    const silence = ruleOf('silence', { type: 'absence', afterSeconds: 600 });
    const run = await stand.trials.dryRun({ rule: silence, from: T0 + DAY, to: T0 + 2 * DAY });
    expect(run.intervals.map(({ device, onset, end }) => [device, onset, end])).toEqual([
      ['never', T0 + 10 * MINUTE, null],
      ['probe', T0 + 69 * MINUTE, null],
    ]);
    expect(run.figures).toMatchObject({ alerts: 2, notifications: 0 });
  });
});

describe('a dry run', () => {
  test('judges two devices up to the instant at which both were heard', async () => {
    const stand = await openStand();
    await stand.addDevice('probe');
    await stand.addDevice('neighbour');
    stand.clock.wall = T0 + DAY;
    const view = { type: 'minus', metric: 'ph', device: 'neighbour', maxAgeSeconds: 7200 } as const;
    const condition: RuleCondition = { type: 'threshold', ...oxygen, limit: -1, clear: 0, view };
    const rule = { ...ruleOf('pair', condition), scope: { coop: 'coop' } };
    const onsets = async () => {
      const run = await stand.trials.dryRun({ rule, devices: ['probe'], from: T0, to: T0 + DAY });
      return run.intervals.map(({ onset }) => onset);
    };
    stand.put(
      'probe',
      'oxygen',
      steps(T0, [
        [60, 6],
        [60, 1],
      ]),
    );
    stand.put('neighbour', 'ph', steps(T0, [[50, 4]]));
    expect(await onsets()).toEqual([]);
    stand.put('neighbour', 'ph', [{ time: T0 + 90 * MINUTE, value: 4 }]);
    expect(await onsets()).toEqual([T0 + 65 * MINUTE]);
  });

  test('says that no device matches, or that another rule stands before it', async () => {
    const mine = { ...LOW_OXYGEN, id: 'mine', topic: 'oxygen', scope: { device: 'probe' } };
    const stand = await openStand([{ ...mine, enabled: false }]);
    await stand.addDevice('probe');
    stand.clock.wall = T0 + DAY;
    const span = { from: T0, to: T0 + DAY };
    const nowhere = { ...LOW_OXYGEN, scope: { tag: 'greenhouse' } };
    const none = await stand.trials.dryRun({ rule: nowhere, ...span });
    expect([none.devices, none.remarks[0]?.en]).toEqual([0, expect.stringContaining('No device')]);
    const behind = await stand.trials.dryRun({ rule: { ...LOW_OXYGEN, topic: 'oxygen' }, ...span });
    expect([behind.devices, behind.remarks[0]?.en]).toEqual([0, expect.stringContaining('"mine"')]);
    const off = await stand.trials.dryRun({ rule: { ...mine, enabled: false }, ...span });
    expect(off.devices).toBe(1);
    expect(off.remarks.map(({ en }) => en)).toEqual([
      expect.stringContaining('1 of 1 devices have no data'),
      expect.stringContaining('as if it were not'),
      expect.stringContaining('calls nobody'),
    ]);
  });

  test('names what fits when it is too large, and reads nothing', async () => {
    const stand = await openStand();
    for (let device = 0; device < 40; device++) await stand.addDevice(`probe-${device}`);
    stand.clock.wall = T0 + 400 * DAY;
    const ask = (days: number) =>
      stand.trials.dryRun({ rule: LOW_OXYGEN, from: T0, to: T0 + days * DAY });
    await expect(ask(30)).rejects.toMatchObject({
      code: 'DRY_RUN_TOO_LARGE',
      hint: 'Name up to 33 devices, or for 25 days.',
    });
    await expect(ask(367)).rejects.toMatchObject({ code: 'DRY_RUN_TOO_LARGE' });
    await expect(ask(0)).rejects.toMatchObject({ code: 'RANGE_EMPTY' });
    expect(stand.history.queries).toEqual([]);
    expect((await ask(25)).devices).toBe(40);
  });

  test('ends when nobody waits for it, and makes room for the next', async () => {
    const stand = await openStand();
    await stand.addDevice('probe');
    stand.clock.wall = T0 + 3 * DAY;
    stand.put('probe', 'oxygen', walk(createRandom(), T0, T0 + 3 * DAY));
    const request = { rule: LOW_OXYGEN, from: T0, to: T0 + 3 * DAY };
    const stopper = new AbortController();
    const both = [1, 2].map(() => stand.trials.dryRun(request, stopper.signal));
    await expect(stand.trials.dryRun(request)).rejects.toMatchObject({ code: 'DRY_RUN_BUSY' });
    stopper.abort();
    const ended = await Promise.allSettled(both);
    expect(ended.map((one) => one.status === 'rejected' && one.reason.code)).toEqual([
      'QUERY_CANCELLED',
      'QUERY_CANCELLED',
    ]);
    expect((await stand.trials.dryRun(request)).samples).toBeGreaterThan(1_000);
  });

  test('reads nothing of another cooperative', async () => {
    const stand = await openStand();
    await stand.state.coops.create({ id: 'others', name: 'Others' });
    await stand.addDevice('probe');
    await stand.addDevice('theirs', { coop: 'others' });
    stand.clock.wall = T0 + DAY;
    const request = { rule: LOW_OXYGEN, from: T0, to: T0 + DAY };
    expect((await stand.trials.dryRun({ ...request, coops: ['coop'] })).devices).toBe(1);
    const view = { type: 'minus', metric: 'ph', device: 'theirs', maxAgeSeconds: 60 } as const;
    const spying = ruleOf('spy', { type: 'threshold', ...oxygen, view });
    for (const scope of [{}, { coop: 'coop' }, { device: 'probe' }]) {
      const rule = { ...spying, scope };
      await expect(stand.trials.dryRun({ ...request, rule })).rejects.toMatchObject({
        code: 'RULE_INVALID',
      });
    }
  });
});

test('a dry run of a clock reads how the values were dated, and the learned interval counts', async () => {
  const clock = ruleOf('clock', {
    ...{ type: 'threshold', metric: 'clock_fault', beyond: 'above', limit: 0, clear: 0 },
    ...{ forSeconds: 900, clearSeconds: 900, gapSeconds: 7200 },
  });
  const stand = await openStand([clock]);
  await stand.addDevice('probe');
  const minute = (at: number): number => T0 + at * MINUTE;
  stand.put(
    'probe',
    'oxygen',
    [0, 10, 20, 30, 40, 50, 60, 70].map((at) => ({
      ...{ time: minute(at), value: 6 },
      quality: at >= 20 && at <= 40 ? ('clock' as const) : ('good' as const),
    })),
  );
  stand.put('probe', 'ph', [{ time: minute(45), value: 7, quality: 'clock' }]);
  const to = minute(180);
  stand.clock.wall = to;
  const spans = async (rule: Rule): Promise<Array<[number, number | null]>> => {
    const run = await stand.trials.dryRun({ rule, from: T0, to });
    return run.intervals.map(({ onset, end }) => [onset, end]);
  };
  expect(await spans(clock)).toEqual([[minute(40), minute(70)]]);
  const silence = ruleOf('silence', { type: 'absence', afterSeconds: null });
  expect(await spans(silence)).toHaveLength(9);
  await stand.state.presence.saveLearned([{ device: 'probe', seconds: 600, spacings: '[0,0]' }]);
  expect(await spans(silence)).toEqual([[minute(100), null]]);
});
