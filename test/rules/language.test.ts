import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reportedValue } from '#src/contracts/clock-fault';
import { evaluate } from '#src/rules/evaluate';
import type { Rule } from '../../src/contracts/rule.ts';
import type { Sample } from '../../src/rules/sample.ts';
import type { StateService } from '../../src/state/state.ts';
import { arbitraryRules } from './arbitrary-rules.ts';
import { Farm, MINUTE, openState, PLACE, type Report, T0, type TestState } from './harness.ts';
import { memoryState } from './memory-state.ts';

/** `TRACES=10000` for the long run. */
const TRACES = Number(process.env['TRACES'] ?? 1_500);
/** On the real state, which keeps its promises on a disk. */
const TRACES_ON_DISK = Math.ceil(TRACES / 25);
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const TIMEOUT_MS = 60_000 + TRACES * 40;

let onDisk: StateService;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ state: onDisk, close } = await openState());
});
afterAll(() => close());

const DEVICE = 'probe-1';
const OTHER = 'probe-2';

/** One report: its minute in event time, and how many places later than its turn it arrives. */
const report = fc.record({
  device: fc.constantFrom(DEVICE, DEVICE, OTHER),
  minute: fc.nat(40),
  oxygen: fc.option(fc.constantFrom(2, 3, 4, 4.5, 5, 6), { nil: undefined, freq: 8 }),
  ph: fc.option(fc.constantFrom(2, 3, 3.5, 4, 5), { nil: undefined, freq: 3 }),
  delay: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.nat(6) },
    { weight: 1, arbitrary: fc.nat(60) },
  ),
  copies: fc.constantFrom(1, 1, 1, 2),
});

/** What people say of values, before or after they were judged. */
const correction = fc.record({
  device: fc.constantFrom(DEVICE, DEVICE, OTHER),
  metric: fc.constantFrom('oxygen', 'ph'),
  from: fc.nat(40),
  length: fc.constantFrom(null, 1, 5, 20),
  work: fc.constantFrom(
    { type: 'flag' as const, flag: 'invalid' as const },
    { type: 'flag' as const, flag: 'suspect' as const },
    { type: 'calibration' as const, gain: 1, offset: 1.5 },
    { type: 'value' as const, value: 4 },
  ),
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
  correct: fc.option(correction, { nil: undefined, freq: 1 }),
  takeBack: fc.constantFrom(false, false, true),
});
const rareEvent = event.map((each) =>
  each.pass === 3 ? each : { ...each, correct: undefined, takeBack: false },
);

const trace = fc.record({
  rules: arbitraryRules(OTHER),
  reports: fc.array(report, { minLength: 1, maxLength: 50 }),
  perFrame: fc.constantFrom(1, 1, 1, 4),
  events: fc.array(rareEvent, { minLength: 1, maxLength: 60 }),
  createdMinute: fc.constantFrom(-10, 0, 5),
  /** Minutes whose reports came with an unusable time. */
  faults: fc.array(fc.nat(40), { maxLength: 40 }),
  /** Recorded before anything was reported. */
  corrections: fc.array(correction, { maxLength: 2 }),
});
type Trace = typeof trace extends fc.Arbitrary<infer T> ? T : never;
type Event = Trace['events'][number];

function correct(farm: Farm, { from, length, ...rest }: Trace['corrections'][number]): void {
  const start = T0 + from * MINUTE;
  farm.correct({ ...rest, from: start, to: length === null ? null : start + length * MINUTE });
}

async function step(farm: Farm, now: Event): Promise<void> {
  farm.clock.advance(now.pass * MINUTE);
  farm.failures = now.failures;
  if (now.accept) await farm.accept().catch(() => undefined);
  farm.failures = 0;
  farm.store.stored = Math.min(farm.store.stored + now.store, farm.store.journal.length);
  if (now.correct !== undefined) correct(farm, now.correct);
  if (now.takeBack) farm.takeBack();
  if (now.reevaluate) await farm.engine.reevaluate();
  if (now.tick) await farm.engine.tick();
  if (now.restart) await farm.restart();
}

function arrivals({ reports, perFrame, faults }: Trace): Report[][] {
  const arriving = [...reports]
    .sort((a, b) => a.minute - b.minute)
    .flatMap((each, turn) =>
      Array.from({ length: each.copies }, (_, copy) => ({
        ...each,
        place: turn + each.delay * (copy + 1),
      })),
    )
    .sort((a, b) => a.place - b.place);
  const frames: Report[][] = [];
  for (let index = 0; index < arriving.length; index += perFrame) {
    const frame = arriving.slice(index, index + perFrame).map(({ device, minute, oxygen, ph }) => ({
      device,
      at: T0 + minute * MINUTE,
      quality: faults.includes(minute) ? ('clock' as const) : ('good' as const),
      values: { ...(oxygen && { oxygen }), ...(ph && { ph }) },
    }));
    frames.push(frame.filter(({ values }) => Object.keys(values).length > 0));
  }
  return frames;
}

/** What is stored of a series, as it is judged; every observation of the device for `*`. */
function samplesOf(farm: Farm, device: string, metric: string): Sample[] {
  const samples = new Map<number, Sample>();
  for (const observation of farm.observations(device)) {
    const { observedAt: time } = observation;
    const raw = metric === '*' ? 0 : reportedValue(observation, metric);
    if (raw === undefined) continue;
    const corrected = farm.corrections.of(device)?.apply(metric, time, raw);
    const value = corrected === null ? Number.NaN : (corrected?.value ?? raw);
    samples.set(time, { time, value, isSuspect: corrected?.suspect === true });
  }
  return [...samples.values()];
}

let traces = 0;

/** The trace with devices of its own: a state that is a file remembers earlier ones. */
async function run(state: TestState, given: Trace): Promise<void> {
  const names = `-${traces++}`;
  const text = JSON.stringify(given).replaceAll(/probe-[12]/g, (name) => name + names);
  await runNamed(state, JSON.parse(text), { device: DEVICE + names, other: OTHER + names });
}

async function runNamed(
  state: TestState,
  given: Trace,
  { device, other }: { device: string; other: string },
): Promise<void> {
  await state.rules.removeStates('*');
  await state.cursors.set('rules', 0);
  const farm = new Farm(state, given.rules);
  const createdAt = T0 + given.createdMinute * MINUTE;
  for (const each of [device, other]) await farm.addDevice(each, createdAt);
  for (const each of given.corrections) correct(farm, each);
  farm.clock.advance(41 * MINUTE);
  for (const [turn, frame] of arrivals(given).entries()) {
    farm.journal(...frame);
    const now = given.events[turn % given.events.length];
    if (now !== undefined) await step(farm, now);
  }
  await farm.settle();
  farm.clock.advance(20 * MINUTE);
  await farm.engine.tick();
  await compare(farm, { rules: given.rules, device, createdAt });
  await expectSilenceOfRestarts(farm);
  for (const change of farm.changes) {
    if (change.before !== undefined || change.after.end === null) continue;
    // Nobody hears of what was over when it became known.
    expect(change.after.timeline[0]?.event).toBe('recorded');
  }
  for (const each of [device, other]) await state.devices.remove(each);
}

async function compare(
  farm: Farm,
  { rules, device: own, createdAt }: { rules: readonly Rule[]; device: string; createdAt: number },
): Promise<void> {
  const context = { ...PLACE, now: farm.clock.now(), createdAt, intervalSeconds: 60 };
  const alerts = (await farm.alerts(own)).filter(({ onset, end }) => end !== onset);
  const minutes = (time: number): number => (time - T0) / MINUTE;
  for (const rule of rules) {
    const wanted = evaluate(
      rule,
      ({ metric, device }) => samplesOf(farm, device ?? own, metric),
      context,
    );
    const found = alerts.filter((alert) => alert.rule === rule.id);
    type Told = Pick<(typeof wanted)[number], 'onset' | 'end' | 'severities'>;
    const told = ({ onset, end, severities }: Told): unknown[] => [
      minutes(onset),
      end && minutes(end),
      severities.map(({ time, severity }) => `${minutes(time)} ${severity}`),
    ];
    expect(found.map(told), rule.id).toEqual(wanted.map(told));
    for (const [index, interval] of wanted.entries()) {
      if (interval.end === null) continue;
      const { worst, samples } = found[index]?.evidence ?? {};
      expect({ worst, samples }, `evidence of ${rule.id}`).toEqual({
        worst: interval.worst,
        samples: interval.samples,
      });
    }
  }
}

async function expectSilenceOfRestarts(farm: Farm): Promise<void> {
  const said = farm.changes.length;
  await farm.restart();
  await farm.settle();
  expect(farm.changes.slice(said)).toEqual([]);
}

test(
  `the whole language: live equals evaluate in whatever order (seed ${seed})`,
  async () => {
    const property = fc.asyncProperty(trace, (given) => run(memoryState(), given));
    await fc.assert(property, { seed, numRuns: TRACES });
  },
  TIMEOUT_MS,
);

test(
  `the same on a state that is a file (seed ${seed})`,
  async () => {
    const property = fc.asyncProperty(trace, (given) => run(onDisk, given));
    await fc.assert(property, { seed, numRuns: TRACES_ON_DISK });
  },
  TIMEOUT_MS,
);
