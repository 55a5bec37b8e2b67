import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localClock } from '#src/base/local-clock';
import {
  type AerationView,
  decideAeration,
  isNight,
  type OxygenSample,
} from '#src/irrigation/aeration-decision';
import { energyOf } from '#src/irrigation/aeration-energy';
import { commandIdOf } from '#src/irrigation/command-id';
import { runs as runsOf, seed } from '../support/random.ts';

const clock = localClock('Asia/Ho_Chi_Minh');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Local midnight of 22 November 2026. */
const MIDNIGHT = Date.parse('2026-11-21T17:00:00Z');
const at = (hour: number): number => MIDNIGHT + hour * HOUR;

/** Samples every ten minutes between two local hours. */
function falling(from: number, to: number, value: (hour: number) => number): OxygenSample[] {
  const samples: OxygenSample[] = [];
  for (let hour = from; hour <= to + 1e-9; hour += 1 / 6) {
    samples.push({ time: at(hour), value: value(hour) });
  }
  return samples;
}

const resting = { isOurs: false, isWhole: false, changedAt: null, neededAt: null };

function viewAt(hour: number, change: Partial<AerationView> & { oxygen?: OxygenSample[] } = {}) {
  const { oxygen = [], ...rest } = change;
  const view: AerationView = {
    plan: { startBelow: 4, stopAbove: 5, baseline: null },
    now: at(hour),
    clock,
    readings: {
      ...{ oxygen, isDoubtful: false, temperatureC: 30, salinity: 15 },
      freshMs: 30 * MINUTE,
    },
    runs: resting,
    ...rest,
  };
  return view;
}

const codesOf = (view: AerationView): string[] =>
  decideAeration(view).reasons.map(({ code }) => code);

describe('what the oxygen asks for', () => {
  test('the projection for dawn starts it long before the water is bad', () => {
    // The worked case of the reference: 8.0 at 18:00, 6.8 at 20:00, 1.1 at 05:30.
    const oxygen = falling(18, 20, (hour) => 8 - 0.6 * (hour - 18));
    const verdict = decideAeration(viewAt(20, { oxygen }));
    expect(verdict).toMatchObject({ decision: 'start' });
    expect(verdict.projected).toBeCloseTo(1.1, 6);
    expect(verdict.reasons.at(-1)).toEqual({
      code: 'dawn-low',
      values: { projected: 1.1, startBelow: 4 },
    });
    expect(verdict.reasons[1]?.values).toMatchObject({ logLinear: 3.14 });
  });

  test('a good night asks for nothing', () => {
    const oxygen = falling(18, 22, (hour) => 8 - 0.1 * (hour - 18));
    expect(decideAeration(viewAt(22, { oxygen })).decision).toBe('none');
  });

  test('low oxygen starts at any hour, with the saturation beside it', () => {
    const oxygen = falling(9, 10, () => 3.2);
    const verdict = decideAeration(viewAt(10, { oxygen }));
    expect(verdict).toMatchObject({ decision: 'start', oxygen: 3.2, projected: null });
    expect(verdict.reasons.map(({ code }) => code)).toEqual([
      ...['oxygen', 'no-projection', 'oxygen-low'],
    ]);
    expect(verdict.reasons[0]?.values['percent']).toBe(46);
  });

  test('started aerators make the projection from dusk void', () => {
    const oxygen = falling(18, 21, (hour) => 8 - 0.6 * (hour - 18));
    const runs = { isOurs: true, isWhole: true, changedAt: at(20.2), neededAt: at(20) };
    const verdict = decideAeration(viewAt(21, { oxygen, runs }));
    expect(verdict).toMatchObject({ decision: 'keep', projected: null });
    expect(verdict.reasons.map(({ code }) => code)).toEqual([
      ...['oxygen', 'no-projection', 'not-yet-dawn'],
    ]);
  });

  test('a lease that ended too early is begun again in the night it was for', () => {
    const oxygen = falling(18, 23, () => 6);
    const runs = { ...resting, changedAt: at(22.5), neededAt: at(20) };
    expect(decideAeration(viewAt(23, { oxygen, runs })).decision).toBe('start');
    const yesterday = { ...runs, neededAt: at(20 - 24) };
    expect(decideAeration(viewAt(23, { oxygen, runs: yesterday })).decision).toBe('none');
  });
});

describe('when it may stop', () => {
  const runs = { isOurs: true, isWhole: true, changedAt: at(-3), neededAt: at(-3) };
  const rising = (from: number, to: number): OxygenSample[] =>
    falling(from, to, (hour) => 5.2 + 0.3 * (hour - from));

  test('after dawn and half an hour above the limit', () => {
    expect(codesOf(viewAt(6.4, { oxygen: rising(6, 6.4), runs }))).toContain('above-for');
    const verdict = decideAeration(viewAt(6.5, { oxygen: rising(6, 6.5), runs }));
    expect(verdict.decision).toBe('stop');
    expect(verdict.reasons.at(-1)).toEqual({
      code: 'oxygen-recovered',
      values: { minutes: 30, stopAbove: 5 },
    });
  });

  test('not before dawn, whatever the oxygen', () => {
    const oxygen = falling(0, 4, () => 9);
    expect(decideAeration(viewAt(4, { oxygen, runs })).decision).toBe('keep');
  });

  test('what was not measured does not count as above', () => {
    const oxygen = [...falling(5.5, 6, () => 6), ...falling(7, 7.2, (hour) => hour)];
    expect(codesOf(viewAt(7.2, { oxygen, runs }))).toContain('above-for');
  });

  test('a sensor that says the same for an hour stops nothing', () => {
    const oxygen = falling(6, 8, () => 7.5);
    expect(codesOf(viewAt(8, { oxygen, runs }))).toContain('oxygen-flat');
  });
});

describe('when nobody knows', () => {
  const oxygen = falling(5, 6, () => 7);
  const runs = { isOurs: true, isWhole: true, changedAt: at(-3), neededAt: at(-3) };

  test('what runs goes on, and it says why', () => {
    expect(codesOf(viewAt(9, { oxygen, runs }))).toEqual(['oxygen-stale', 'kept-blind']);
    expect(codesOf(viewAt(9, { runs }))).toEqual(['oxygen-missing', 'kept-blind']);
    expect(codesOf(viewAt(5.5, { oxygen, runs }))).toEqual(['oxygen-ahead', 'kept-blind']);
    const wild = falling(5, 9, () => 31);
    expect(codesOf(viewAt(9, { oxygen: wild, runs }))).toEqual(['oxygen-doubtful', 'kept-blind']);
  });

  test('the usual times stand in for the sensor', () => {
    const plan = { startBelow: 4, stopAbove: 5, baseline: { from: '21:00', to: '06:00' } };
    expect(decideAeration(viewAt(23, { oxygen, plan })).decision).toBe('start');
    expect(decideAeration(viewAt(12, { oxygen, plan })).decision).toBe('keep');
  });

  test('what was needed when it was last known is begun again', () => {
    const needed = { ...resting, neededAt: at(2) };
    expect(decideAeration(viewAt(9, { oxygen, runs: needed })).decision).toBe('start');
    expect(decideAeration(viewAt(9, { oxygen })).decision).toBe('keep');
  });
});

test(`it never stops but on fresh oxygen measured above for half an hour (seed ${seed})`, () => {
  const sample = fc.record({
    time: fc.integer({ min: at(-6), max: at(24) }),
    value: fc.oneof(fc.double({ min: 0, max: 12, noNaN: true }), fc.constantFrom(5, 5.1, 26, 40)),
  });
  const runs = fc.record({
    isOurs: fc.boolean(),
    isWhole: fc.boolean(),
    changedAt: fc.option(fc.integer({ min: at(-12), max: at(24) })),
    neededAt: fc.option(fc.integer({ min: at(-12), max: at(24) })),
  });
  const calm = fc
    .record({
      from: fc.double({ min: 4, max: 20, noNaN: true }),
      hours: fc.constantFrom(0.3, 1, 3),
    })
    .map(({ from, hours }) => falling(from, from + hours, (hour) => 6 + 0.2 * (hour - from)));
  const input = fc.record({
    samples: fc.oneof(fc.array(sample, { maxLength: 30 }), calm),
    lateHours: fc.double({ min: -1, max: 3, noNaN: true }),
    isDoubtful: fc.boolean(),
    freshMs: fc.constantFrom(15, 30, 90).map((minutes) => minutes * MINUTE),
    runs,
    baseline: fc.option(fc.constant({ from: '20:00', to: '06:00' })),
  });
  let stops = 0;
  fc.assert(
    fc.property(input, ({ samples, lateHours, isDoubtful, freshMs, runs, baseline }) => {
      const oxygen = [...samples].sort((left, right) => left.time - right.time);
      const newest = oxygen.at(-1);
      const now = Math.floor((newest?.time ?? at(12)) + lateHours * HOUR);
      const readings = { oxygen, isDoubtful, temperatureC: null, salinity: null, freshMs };
      const plan = { startBelow: 4, stopAbove: 5, baseline };
      const verdict = decideAeration({ plan, now, clock, readings, runs });
      expect(verdict.reasons.length).toBeGreaterThan(1);
      if (verdict.decision !== 'stop') return;
      stops++;
      expect(newest).toBeDefined();
      expect(isDoubtful).toBe(false);
      expect(now - (newest?.time ?? 0)).toBeLessThanOrEqual(freshMs);
      expect(isNight(now, clock)).toBe(false);
      expect(runs.isOurs).toBe(true);
      const lately = oxygen.filter(({ time }) => time >= (newest?.time ?? 0) - 30 * MINUTE);
      expect(lately.every(({ value }) => value > 5 && value <= 25)).toBe(true);
    }),
    runsOf(3_000),
  );
  expect(stops).toBeGreaterThan(20);
});

describe('energy', () => {
  const plan = {
    ...{ powerKw: 3, aerators: ['a', 'b'] },
    baseline: { from: '20:00', to: '06:00' },
  };
  const use = (seconds: number, day = '2026-11-22') => ({
    ...{ use: { day, seconds, litres: 0 }, lease: null },
  });

  test('each aerator has its part; yesterday does not count', () => {
    const energy = energyOf(plan, [use(7_200), use(3_600, '2026-11-21')], { now: at(4), clock });
    expect(energy).toEqual({ day: '2026-11-22', spent: 3, baseline: 12, saved: 9 });
  });

  test('what runs counts from midnight on before it is booked', () => {
    const lease = { command: 'c', from: at(-4), until: at(7), grantedSeconds: 39_600, owner: 'o' };
    const states = [{ ...use(3_600, '2026-11-21'), lease }, use(0)];
    expect(energyOf(plan, states, { now: at(2), clock }).spent).toBeCloseTo(3, 9);
  });

  test('what was spent beyond the usual is shown as that', () => {
    const energy = energyOf(plan, [use(50_000), use(50_000)], { now: at(18), clock });
    expect(energy.baseline).toBeCloseTo(18, 9);
    expect(energy.saved).toBeCloseTo(18 - 41.667, 2);
  });

  test('without usual times there is nothing to save against', () => {
    const alone = { ...plan, baseline: null };
    const energy = energyOf(alone, [use(1_200)], { now: at(4), clock });
    expect(energy).toMatchObject({ spent: 0.5, baseline: null, saved: null });
  });
});

test('the same order has the same id, in the form of a UUIDv7', () => {
  const id = commandIdOf(at(4), ['ao-1', 'sq-1', 'on']);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(commandIdOf(at(4), ['ao-1', 'sq-1', 'on'])).toBe(id);
  expect(commandIdOf(at(4), ['ao-1', 'sq-1', 'off'])).not.toBe(id);
  expect(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(at(4));
});
