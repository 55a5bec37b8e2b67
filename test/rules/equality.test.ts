import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluate } from '#src/rules/evaluate';
import type { Rule } from '../../src/contracts/rule.ts';
import type { StateService } from '../../src/state/state.ts';
import { Farm, MINUTE, openState, PLACE, ruleOf, T0, type TestState } from './harness.ts';
import { memoryState } from './memory-state.ts';

/** `TRACES=10000` for the long run. */
const RUNS = Number(process.env['TRACES'] ?? 2_000);
/** On the real state, which keeps its promises on a disk. */
const RUNS_ON_DISK = 100;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

let onDisk: StateService;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ state: onDisk, close } = await openState());
});
afterAll(() => close());

const threshold = fc
  .record({
    metric: fc.constantFrom('oxygen', 'ph'),
    beyond: fc.constantFrom('below' as const, 'above' as const),
    band: fc.constantFrom(0, 1),
    forMinutes: fc.constantFrom(0, 1, 3),
    clearMinutes: fc.constantFrom(0, 1, 3),
    gapMinutes: fc.constantFrom(1, 4, 30),
  })
  .map(({ metric, beyond, band, forMinutes, clearMinutes, gapMinutes }) => ({
    type: 'threshold' as const,
    metric,
    beyond,
    limit: 4,
    clear: beyond === 'below' ? 4 + band : 4 - band,
    forSeconds: forMinutes * 60,
    clearSeconds: clearMinutes * 60,
    gapSeconds: gapMinutes * 60,
  }));

const rules = fc
  .tuple(fc.array(threshold, { minLength: 1, maxLength: 3 }), fc.constantFrom(null, 120, 240, 900))
  .map(([thresholds, afterSeconds]): Rule[] => [
    ...thresholds.map((condition, index) => ruleOf(`threshold-${index}`, condition)),
    ruleOf('silence', { type: 'absence', afterSeconds }),
  ]);

/** One report: its minute in event time, and how many places later than its turn it arrives. */
const report = fc.record({
  minute: fc.nat(40),
  oxygen: fc.option(fc.constantFrom(3, 4, 4.5, 5, 6), { nil: undefined, freq: 8 }),
  ph: fc.option(fc.constantFrom(2, 3, 3.5, 4, 5), { nil: undefined, freq: 3 }),
  delay: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.nat(6) },
    { weight: 1, arbitrary: fc.nat(60) },
  ),
  copies: fc.constantFrom(1, 1, 1, 2),
});

/** What happens after a frame was journaled. */
const event = fc.record({
  accept: fc.boolean(),
  store: fc.constantFrom(0, 0, 1, 1, 2, 3, 100),
  reevaluate: fc.constantFrom(false, false, true),
  restart: fc.constantFrom(false, false, false, false, false, true),
  tick: fc.constantFrom(false, false, true),
  pass: fc.nat(3),
  failures: fc.constantFrom(0, 0, 0, 1, 2),
});

const trace = fc.record({
  rules,
  reports: fc.array(report, { minLength: 1, maxLength: 45 }),
  perFrame: fc.constantFrom(1, 1, 1, 4),
  events: fc.array(event, { minLength: 1, maxLength: 60 }),
  createdMinute: fc.constantFrom(-10, 0, 5),
});
type Trace = typeof trace extends fc.Arbitrary<infer T> ? T : never;

let traces = 0;

async function run(state: TestState, given: Trace): Promise<void> {
  const device = `probe-${traces++}`;
  await state.rules.removeStates('*');
  await state.cursors.set('rules', 0);
  const farm = new Farm(state, given.rules);
  await farm.addDevice(device, T0 + given.createdMinute * MINUTE);
  farm.clock.advance(41 * MINUTE);

  const inTime = [...given.reports].sort((a, b) => a.minute - b.minute);
  const arriving = inTime
    .flatMap((each, turn) =>
      Array.from({ length: each.copies }, (_, copy) => ({
        ...each,
        place: turn + each.delay * (copy + 1),
      })),
    )
    .sort((a, b) => a.place - b.place);
  for (let index = 0; index < arriving.length; index += given.perFrame) {
    const frame = arriving.slice(index, index + given.perFrame).map(({ minute, oxygen, ph }) => ({
      device,
      at: T0 + minute * MINUTE,
      values: { ...(oxygen && { oxygen }), ...(ph && { ph }) },
    }));
    const heard = frame.filter(({ values }) => Object.keys(values).length > 0);
    farm.journal(...heard);
    const now = given.events[index % given.events.length];
    if (now === undefined) continue;
    farm.clock.advance(now.pass * MINUTE);
    farm.failures = now.failures;
    if (now.accept) await farm.accept().catch(() => undefined);
    farm.failures = 0;
    farm.store.stored = Math.min(farm.store.stored + now.store, farm.store.journal.length);
    if (now.reevaluate) await farm.engine.reevaluate();
    if (now.tick) await farm.engine.tick();
    if (now.restart) await farm.restart();
  }
  await farm.settle();
  farm.clock.advance(20 * MINUTE);
  await farm.engine.tick();

  const context = {
    ...PLACE,
    now: farm.clock.now(),
    createdAt: T0 + given.createdMinute * MINUTE,
    intervalSeconds: 60,
  };
  const alerts = (await farm.alerts(device)).filter(({ onset, end }) => end !== onset);
  for (const rule of given.rules) {
    const { condition } = rule;
    const samples = farm.observations(device).flatMap(({ observedAt, values }) => {
      const value = condition.type === 'threshold' ? values[condition.metric] : 0;
      return value === undefined ? [] : [{ time: observedAt, value }];
    });
    const wanted = evaluate(rule, samples, context);
    const found = alerts.filter((alert) => alert.rule === rule.id);
    const times = (each: { onset: number; end: number | null }): unknown[] => [
      (each.onset - T0) / MINUTE,
      each.end && (each.end - T0) / MINUTE,
    ];
    expect(found.map(times), rule.id).toEqual(wanted.map(times));
    for (const [index, interval] of wanted.entries()) {
      if (interval.end === null) continue;
      const { worst, samples: shown } = found[index]?.evidence ?? {};
      expect({ worst, samples: shown }, `evidence of ${rule.id}`).toEqual({
        worst: interval.worst,
        samples: interval.samples,
      });
    }
  }
  await state.devices.remove(device);
}

test(
  `the live engine equals evaluate in whatever order (seed ${seed})`,
  async () => {
    const property = fc.asyncProperty(trace, (given) => run(memoryState(), given));
    await fc.assert(property, { seed, numRuns: RUNS });
  },
  60_000 + RUNS * 20,
);

test(`the same on a state that is a file (seed ${seed})`, async () => {
  const property = fc.asyncProperty(trace, (given) => run(onDisk, given));
  await fc.assert(property, { seed, numRuns: RUNS_ON_DISK });
}, 60_000);

test('evaluate does not depend on the order or the number of copies', () => {
  const samples = fc.array(
    fc.record({ time: fc.nat(40).map((minute) => T0 + minute * MINUTE), value: fc.nat(8) }),
  );
  const shuffled = samples.chain((list) => {
    // One value for each instant: which of two writes wins is a matter of order by intent.
    const unique = [...new Map(list.map((sample) => [sample.time, sample])).values()];
    return fc.tuple(
      fc.constant(unique),
      fc.shuffledSubarray([...unique, ...unique], { minLength: unique.length * 2 }),
    );
  });
  const context = { ...PLACE, now: T0 + 60 * MINUTE, createdAt: T0, intervalSeconds: 60 };
  fc.assert(
    fc.property(rules, shuffled, (given, [inOrder, anyOrder]) => {
      for (const rule of given) {
        const wanted = evaluate(rule, inOrder, context);
        if (!isDeepStrictEqual(evaluate(rule, anyOrder, context), wanted)) return false;
      }
      return true;
    }),
    { seed, numRuns: 2_000 },
  );
});
