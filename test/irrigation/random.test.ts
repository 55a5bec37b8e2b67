import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ProgrammeRun } from '#src/contracts/irrigation';
import { runs } from '../support/random.ts';
import type { Manner } from './support/recording-desk.ts';
import { DAY, HOUR, MIDNIGHT, MINUTE, Stand } from './support/stand.ts';

type Step =
  | { do: 'run'; minutes: number }
  | { do: 'sleep'; minutes: number }
  | { do: 'jump'; minutes: number }
  | { do: 'restart' }
  | { do: 'die'; how: 'failAfter' | 'diesAfter' | 'diesBefore'; after: number }
  | { do: 'manner'; device: string; manner: Manner }
  | { do: 'hand'; programme: string; what: 'runNow' | 'stopRun' | 'accept' };

const PROGRAMMES = ['hourly', 'often', 'night', 'asked'];
const VALVES = ['v-1', 'v-2', 'v-3', 'v-4'];
const MOST_OPEN = 2;
/** Of each programme, of one run: minutes of each of its zones, and seconds a day of all. */
const DOSE_SECONDS = 600;
const DAILY_SECONDS = 5_400;
const LEASE_SECONDS = 420;
/** Over a pause of two minutes, with ten seconds after the last valve. */
const PAUSE_SECONDS = 131;

const manner: fc.Arbitrary<Manner> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.record({ grants: fc.integer({ min: 60, max: 700 }) }),
  fc.constant({ isOffline: true }),
  fc.constant({ refuses: 'INTERLOCK_MINIMUM_OFF' }),
  fc.constant({ refuses: 'INTERLOCK_TANK_LEVEL' }),
  fc.constant({ contradicts: true }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('run' as const),
      minutes: fc.integer({ min: 1, max: 45 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('sleep' as const),
      minutes: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 60, max: 3_000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      minutes: fc.integer({ min: -120, max: 120 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'restart' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('die' as const),
      how: fc.constantFrom(...(['failAfter', 'diesAfter', 'diesBefore'] as const)),
      after: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('manner' as const),
      device: fc.constantFrom(...VALVES),
      manner,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('hand' as const),
      programme: fc.constantFrom(...PROGRAMMES),
      what: fc.constantFrom(...(['runNow', 'stopRun', 'accept'] as const)),
    }),
  },
);

async function open(): Promise<Stand> {
  const stand = await Stand.open();
  const most = { type: 'most-open', count: MOST_OPEN, enabled: true } as const;
  await stand.valve('pump', { role: 'pump', interlocks: [most] });
  for (const device of VALVES) await stand.valve(device, { maxSeconds: LEASE_SECONDS });
  const common = {
    dose: { type: 'minutes', minutes: DOSE_SECONDS / 60 },
    missed: { policy: 'once', withinMinutes: 90 },
    budget: { seconds: DAILY_SECONDS, litres: null },
  } as const;
  const zones = (...devices: string[]) => devices.map((device) => ({ device }));
  const hourly = { type: 'cron', expression: '10 5,7,9,11 * * *' } as const;
  const often = { type: 'cron', expression: '5 6,8,10 * * *' } as const;
  const night = { type: 'window', from: '05:30', to: '07:30' } as const;
  await stand.save({ ...common, id: 'hourly', zones: zones('v-1', 'v-2'), start: hourly });
  const cycle = { runMinutes: 4, soakMinutes: 5 };
  await stand.save({ ...common, id: 'often', zones: zones('v-2', 'v-3'), start: often, cycle });
  await stand.save({ ...common, id: 'night', zones: zones('v-3', 'v-4'), start: night });
  const asked = { mode: 'propose', order: 'parallel', start: often } as const;
  await stand.save({ ...common, ...asked, id: 'asked', zones: zones('v-1', 'v-4') });
  return stand;
}

async function take(stand: Stand, one: Step): Promise<void> {
  const { programmes, clock } = stand;
  if (one.do === 'run') await stand.until(clock.wall + one.minutes * MINUTE);
  if (one.do === 'sleep') clock.advance(one.minutes * MINUTE);
  if (one.do === 'jump') clock.jump(one.minutes * MINUTE);
  if (one.do === 'restart') stand.restart();
  if (one.do === 'manner') stand.desk.manners.set(one.device, one.manner);
  if (one.do === 'die') {
    if (one.how === 'failAfter') stand.failAfter = one.after;
    else stand.desk[one.how] = one.after;
    await stand.until(clock.wall + 5 * MINUTE);
    stand.failAfter = Number.POSITIVE_INFINITY;
    stand.desk.diesAfter = Number.POSITIVE_INFINITY;
    stand.desk.diesBefore = Number.POSITIVE_INFINITY;
    stand.restart();
  }
  if (one.do !== 'hand') return;
  const { programme, what } = one;
  const proposed = (await stand.runs(programme)).find(({ state }) => state === 'proposed');
  if (what === 'accept') {
    if (proposed !== undefined) await hand(() => programmes.accept(programme, proposed.at, 'Tư'));
  } else await hand(() => programmes[what](programme, 'Tư'));
}

/** What may be refused to people; nothing else may be. */
async function hand(act: () => Promise<unknown>): Promise<void> {
  await act().catch((error: { code?: string }) => {
    expect(['PROGRAMME_RUNNING', 'PROGRAMME_NOT_PROPOSED']).toContain(error.code);
  });
}

/** Each start stays decided as it was, except as people answer it. */
function checkDecisions(before: Map<string, ProgrammeRun>, all: readonly ProgrammeRun[]): void {
  for (const run of all) {
    const key = `${run.programme} ${run.at}`;
    const known = before.get(key);
    before.set(key, run);
    if (known === undefined || known.decision === run.decision) continue;
    expect([known.decision, run.decision]).toEqual(['propose', 'run']);
  }
}

/** Nothing was given that no run asked for, and no run gave a zone more than its dose. */
function checkDoses(stand: Stand, all: readonly ProgrammeRun[]): void {
  const asked = new Map<string, string>();
  for (const run of all) {
    for (const { command, device } of run.pieces) {
      if (command === null) continue;
      expect(asked.has(command)).toBe(false);
      asked.set(command, `${run.programme} ${run.at} ${device}`);
    }
  }
  const given = new Map<string, number>();
  for (const { id, seconds } of stand.desk.given()) {
    const name = asked.get(id);
    expect(name).toBeDefined();
    given.set(name ?? '', (given.get(name ?? '') ?? 0) + seconds);
  }
  for (const seconds of given.values()) expect(seconds).toBeLessThanOrEqual(DOSE_SECONDS);
}

/** By the clock that does not jump: one lease of a valve at a time, so many of the pump's. */
function checkSupply(stand: Stand): void {
  const leases = stand.desk.leases().sort((a, b) => a.fromMonotonic - b.fromMonotonic);
  for (const lease of leases) {
    const beside = leases.filter(
      (other) =>
        other.fromMonotonic <= lease.fromMonotonic && other.toMonotonic > lease.fromMonotonic,
    );
    expect(beside.length).toBeLessThanOrEqual(MOST_OPEN);
    expect(new Set(beside.map(({ device }) => device)).size).toBe(beside.length);
    expect(lease.toMonotonic - lease.fromMonotonic).toBeLessThanOrEqual(LEASE_SECONDS * 1000);
  }
}

/** A pump begins only under an open valve, and ends with the last one or a pause after it. */
function checkPump(stand: Stand): void {
  const valves = stand.desk.leases();
  for (const { fromMonotonic: from, toMonotonic: to } of stand.desk.leases(true)) {
    const below = valves.filter((one) => one.fromMonotonic <= from && one.toMonotonic >= from);
    expect(below.length).toBeGreaterThan(0);
    const last = Math.max(...below.map(({ planned }) => planned));
    expect(to).toBeLessThanOrEqual(last + PAUSE_SECONDS * 1000);
  }
}

function checkBudgets(stand: Stand): void {
  const spent = new Map<string, number>();
  for (const { owner, from, fromMonotonic, toMonotonic } of stand.desk.leases()) {
    for (let left = toMonotonic - fromMonotonic, at = from; left > 0; ) {
      const day = Math.floor((at - MIDNIGHT) / DAY);
      const part = Math.min(left, MIDNIGHT + (day + 1) * DAY - at);
      spent.set(`${owner} ${day}`, (spent.get(`${owner} ${day}`) ?? 0) + part / 1000);
      left -= part;
      at += part;
    }
  }
  for (const seconds of spent.values()) expect(seconds).toBeLessThanOrEqual(DAILY_SECONDS);
}

test('whatever happens, each start is decided once, and no limit is passed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      const stand = await open();
      const decided = new Map<string, ProgrammeRun>();
      for (const one of steps) {
        await take(stand, one);
        const all = (await Promise.all(PROGRAMMES.map((id) => stand.runs(id)))).flat();
        checkDecisions(decided, all);
        checkDoses(stand, all);
      }
      // Left alone every run comes to its end.
      stand.desk.manners.clear();
      stand.clock.advance(30 * HOUR);
      for (const id of PROGRAMMES)
        await stand.save({ ...(await stored(stand, id)), enabled: false });
      await stand.until(stand.clock.wall + 2 * MINUTE);
      expect(await stand.state.programmes.openRuns()).toEqual([]);
      checkSupply(stand);
      checkPump(stand);
      checkBudgets(stand);
      await stand.state.stop();
    }),
    runs(Number(process.env['PROGRAMME_RUNS'] ?? 8)),
  );
}, 300_000);

async function stored(stand: Stand, id: string) {
  const programme = await stand.programmes.get(id);
  if (programme === undefined) throw new Error(`no programme ${id}`);
  return programme;
}
