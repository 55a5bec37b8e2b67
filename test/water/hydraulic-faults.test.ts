import { describe, expect, test } from 'vitest';
import {
  bandAround,
  FAULT_ACTION,
  followFault,
  type HydraulicSample,
  learnBand,
  type SuspicionSince,
  suspectFault,
} from '#src/water/hydraulic-faults';
import {
  FAIL_SAFE,
  INTERLOCKS,
  isRainLocked,
  isRunOver,
  isStale,
  mayDraw,
  offSecondsLeft,
} from '#src/water/interlocks';
import { createRandom, seed } from '../support/random.ts';
import { expectNear } from './vectors.ts';

const open: HydraulicSample = {
  commanded: 'open',
  reported: 'open',
  secondsSinceChange: 300,
  flowLpm: 20,
  pressureKpa: 100,
  band: bandAround(20),
  nominalPressureKpa: 100,
  leakLpm: 0.2,
};
const closed: HydraulicSample = { ...open, commanded: 'closed', reported: 'closed', flowLpm: 0 };

/** The first fault of one kind of sample that repeats every second, and when it came. */
function watch(sample: HydraulicSample, from: number, to: number) {
  let since: SuspicionSince | null = null;
  for (let second = from; second <= to; second++) {
    const step = followFault(since, { ...sample, secondsSinceChange: second });
    since = step.since;
    if (step.fault !== null) return { fault: step.fault, second };
  }
  return { fault: null, second: null };
}

describe('one sample', () => {
  test.each([
    ['nominal', {}, null, 'in-band'],
    ['a quarter of the flow', { flowLpm: 5 }, 'blockage', 'flow-below-band'],
    ['thirty percent', { flowLpm: 6 }, null, 'in-band'],
    ['still filling', { flowLpm: 5, secondsSinceChange: 59 }, null, 'too-soon'],
    ['130 %', { flowLpm: 26 }, null, 'in-band'],
    ['above 130 %', { flowLpm: 26.1 }, 'burst', 'flow-above-band'],
    ['49 kPa', { pressureKpa: 49 }, 'low-pressure', 'pressure-below-band'],
    ['50 kPa', { pressureKpa: 50 }, null, 'in-band'],
    ['150 kPa', { pressureKpa: 150 }, null, 'in-band'],
    ['151 kPa', { pressureKpa: 151 }, 'high-pressure', 'pressure-above-band'],
    ['no flow at full pressure', { flowLpm: 0 }, 'dead-meter', 'pressure-without-flow'],
    ['no flow, pressure up', { flowLpm: 0, pressureKpa: 130 }, 'blockage', 'flow-below-band'],
    ['no flow, no gauge', { flowLpm: 0, pressureKpa: null }, 'blockage', 'flow-below-band'],
    ['a dry pump', { flowLpm: 0, pressureKpa: 2 }, 'low-pressure', 'pressure-below-band'],
    ['silence', { flowLpm: null, pressureKpa: null }, null, 'nothing-measured'],
    ['not a number', { flowLpm: Number.NaN, pressureKpa: null }, null, 'nothing-measured'],
    ['nothing learned', { band: null, pressureKpa: null }, null, 'nothing-measured'],
    ['the valve failed', { reported: 'failed' }, 'stuck-valve', 'valve-reports-failure'],
    ['other state', { reported: 'closed' }, 'stuck-valve', 'valve-reports-other-state'],
    ['120 s', { reported: 'closed', secondsSinceChange: 120 }, null, 'in-band'],
  ] as const)('open, %s', (_, change, fault, reason) => {
    expect(suspectFault({ ...open, ...change })).toMatchObject({ fault, reason });
  });

  test.each([
    ['dry', {}, null, 'in-band'],
    ['what the meter cannot tell', { flowLpm: 0.05 }, null, 'in-band'],
    ['a leak', { flowLpm: 0.5 }, 'leak', 'flow-with-all-closed'],
    ['draining down', { flowLpm: 0.5, secondsSinceChange: 119 }, null, 'too-soon'],
    ['silence', { flowLpm: null }, null, 'nothing-measured'],
    [
      'a leak and a valve that lies',
      { flowLpm: 9, reported: 'open' },
      'leak',
      'flow-with-all-closed',
    ],
    ['reported open', { reported: 'open' }, 'stuck-valve', 'valve-reports-other-state'],
  ] as const)('closed, %s', (_, change, fault, reason) => {
    expect(suspectFault({ ...closed, ...change })).toMatchObject({ fault, reason });
  });

  test('a time that is not a number is refused', () => {
    expect(() => suspectFault({ ...open, secondsSinceChange: Number.NaN })).toThrow(RangeError);
    expect(() => suspectFault({ ...closed, leakLpm: Number.NaN })).toThrow(RangeError);
  });

  test('every fault says what it closes', () => {
    for (const { close, severity } of Object.values(FAULT_ACTION)) {
      expect(close).toMatch(/^(valve|supply|none)$/);
      expect(severity).toMatch(/^(warn|critical)$/);
    }
  });
});

describe('what holds is a fault', () => {
  test('a leak of 60 s after the drain is none, of 61 s is one', () => {
    const leak = { ...closed, flowLpm: 0.5 };
    expect(watch(leak, 120, 180).fault).toBeNull();
    expect(watch(leak, 0, 300)).toEqual({ fault: 'leak', second: 181 });
    expect(watch({ ...closed, flowLpm: 0.05 }, 0, 600).fault).toBeNull();
  });

  test('a burst and a pressure hold for 30 s, a blockage is told at once', () => {
    expect(watch({ ...open, flowLpm: 26.1 }, 100, 400)).toEqual({ fault: 'burst', second: 130 });
    expect(watch({ ...open, pressureKpa: 49 }, 100, 400)).toEqual({
      fault: 'low-pressure',
      second: 130,
    });
    expect(watch({ ...open, flowLpm: 5 }, 0, 400)).toEqual({ fault: 'blockage', second: 60 });
    expect(watch({ ...open, flowLpm: 0 }, 0, 400)).toEqual({ fault: 'dead-meter', second: 180 });
    expect(watch({ ...open, reported: 'closed' }, 0, 400)).toEqual({
      fault: 'stuck-valve',
      second: 121,
    });
  });

  test('a good sample ends a suspicion, silence does not, a new command does', () => {
    const burst = { ...open, flowLpm: 30 };
    const begun = followFault(null, { ...burst, secondsSinceChange: 100 }).since;
    const good = followFault(begun, { ...open, secondsSinceChange: 110 });
    expect(good.since).toBeNull();
    const silent = { ...open, flowLpm: null, pressureKpa: null, secondsSinceChange: 115 };
    const quiet = followFault(begun, silent);
    expect(quiet).toMatchObject({ since: begun, fault: null });
    expect(followFault(quiet.since, { ...burst, secondsSinceChange: 130 }).fault).toBe('burst');
    expect(followFault(begun, { ...burst, secondsSinceChange: 40 }).since?.sinceSeconds).toBe(40);
  });

  test('a plant in its band is never called faulty', () => {
    const random = createRandom(seed);
    let since: SuspicionSince | null = null;
    for (let second = 60; second < 5000; second++) {
      const flowLpm = 6 + 20 * random();
      const pressureKpa = 50 + 100 * random();
      const sample = { ...open, flowLpm, pressureKpa, secondsSinceChange: second };
      const step = followFault(since, sample);
      since = step.since;
      expect(step.fault).toBeNull();
    }
  });
});

describe('the band a valve teaches', () => {
  test('is around the median of its runs', () => {
    const { band } = learnBand([20, 21, 19, 20, 55]);
    expect(band?.nominalLpm).toBe(20);
    expectNear(band?.lowestLpm ?? null, 6, 1e-9);
    expectNear(band?.highestLpm ?? null, 26, 1e-9);
    expect(learnBand([1, 2, 3, ...Array(20).fill(10)]).band?.nominalLpm).toBe(10);
  });

  test.each([
    [[20, 20, 20, 20], undefined, 'too-few-runs'],
    [[5, 20, 40, 10, 30], undefined, 'unsteady'],
    [[0, 0, 0, 0, 0], undefined, 'unsteady'],
    [[14, 14, 14, 14, 14], 20, 'drifted'],
  ] as const)('%j declared %s: %s', (runs, declared, reason) => {
    expect(learnBand(runs, declared)).toEqual({ band: null, reason });
  });

  test('what is not a number teaches nothing', () => {
    expect(() => learnBand([20, 20, 20, 20, Number.NaN])).toThrow(RangeError);
    expect(() => learnBand([20, 20, 20, 20, 20], Number.NaN)).toThrow(RangeError);
    expect(() => bandAround(0)).toThrow(RangeError);
  });
});

describe('interlocks', () => {
  test('a run is over at its limit', () => {
    expect(isRunOver(3599, 3600)).toBe(false);
    expect(isRunOver(3600, 3600)).toBe(true);
    expect(isRunOver(Number.NaN, 3600)).toBe(true);
    expect(() => isRunOver(1, Number.NaN)).toThrow(RangeError);
  });

  test('rain locks at 5 mm', () => {
    expect(isRainLocked(4.9)).toBe(false);
    expect(isRainLocked(5)).toBe(true);
    expect(isRainLocked(null)).toBe(false);
    expect(() => isRainLocked(Number.NaN)).toThrow(RangeError);
  });

  test('a tank stops its pump at the mark and lets it start 5 % above', () => {
    expect(mayDraw(19.9, 20, true)).toBe(false);
    expect(mayDraw(20, 20, true)).toBe(true);
    expect(mayDraw(24, 20, false)).toBe(false);
    expect(mayDraw(25, 20, false)).toBe(true);
    expect(mayDraw(null, 20, true)).toBe(false);
    expect(mayDraw(Number.NaN, 20, true)).toBe(false);
  });

  test('31 minutes of silence at an interval of 10 are stale', () => {
    expect(isStale(30 * 60, 600)).toBe(false);
    expect(isStale(31 * 60, 600)).toBe(true);
    expect(isStale(null, 600)).toBe(true);
    expect(isStale(Number.NaN, 600)).toBe(true);
    expect(isStale(-3600, 600)).toBe(true);
  });

  test('a valve rests 300 s', () => {
    expect(offSecondsLeft(299)).toBe(1);
    expect(offSecondsLeft(300)).toBe(0);
    expect(offSecondsLeft(null)).toBe(0);
    expect(() => offSecondsLeft(Number.NaN)).toThrow(RangeError);
  });

  test('without knowledge valves close and aerators run', () => {
    expect(FAIL_SAFE).toMatchObject({ 'irrigation-valve': 'closed', aerator: 'on' });
    expect(INTERLOCKS.evidence).toBe('D');
  });
});
