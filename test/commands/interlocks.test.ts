import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkRunning,
  checkStart,
  LEASE_GRACE_MS,
  ownerOf,
  startRefusals,
  useOf,
} from '#src/commands/interlocks';
import type { Interlock, Lease } from '#src/contracts/actuator';
import type { EmergencyStop } from '#src/contracts/command';
import { followInlet, INLET_UNKNOWN, type InletState } from '#src/water/source-salinity';
import { runs } from '../support/random.ts';
import {
  actuatorOf,
  DAY,
  enabled,
  type Facts,
  NOW,
  partOf,
  situationOf,
  standing,
  stateOf,
} from './plant-scene.ts';

const MINUTE = 60_000;
const tank: Interlock = enabled({
  type: 'tank-level',
  device: 't1',
  metric: 'tank_level',
  lowPercent: 20,
});
const salt: Interlock = enabled({
  type: 'source-salinity',
  device: 's1',
  metric: 'source_salinity',
  most: 0.5,
});
const rain: Interlock = enabled({ type: 'rain', device: 'r1', metric: 'rain', mostMm: 5 });
const stale: Interlock = enabled({ type: 'stale', intervals: 3 });

function start(interlock: Interlock, facts: Facts, state = {}) {
  const part = partOf('v1', { interlocks: [interlock] }, state);
  return checkStart(part.actuator, situationOf([part], { facts }))?.code ?? null;
}

function running(interlock: Interlock, facts: Facts) {
  const part = standing('v1', 'on', { interlocks: [interlock] });
  return checkRunning(part.actuator, situationOf([part], { facts }))?.code ?? null;
}

function level(value: number, { age = 0, quality = 'good' as const } = {}): Facts {
  return { latest: { 't1 tank_level': { value, at: NOW - age, quality } } };
}

describe('numbers of the interlocks (C7)', () => {
  test.each([
    [4.9, null],
    [5.0, 'INTERLOCK_RAIN'],
    [0, null],
    [9_999, 'INTERLOCK_RAIN'],
    // Not known, or nonsense: there is nothing to protect.
    [null, null],
    [Number.NaN, null],
    [-1, null],
  ])('%s mm of rain in 24 h: %s', (rainMm, code) => {
    expect(start(rain, { rainMm })).toBe(code);
    expect(running(rain, { rainMm })).toBe(null);
  });

  test.each([
    [19.9, 'INTERLOCK_TANK_LEVEL', 'INTERLOCK_TANK_LEVEL'],
    [20, 'INTERLOCK_TANK_LEVEL', null],
    [24, 'INTERLOCK_TANK_LEVEL', null],
    [25, null, null],
    [Number.NaN, 'INTERLOCK_TANK_LEVEL', 'INTERLOCK_TANK_LEVEL'],
  ])('a tank of %s %%: start %s, run %s', (value, atStart, whileOn) => {
    expect(start(tank, level(value))).toBe(atStart);
    expect(running(tank, level(value))).toBe(whileOn);
  });

  test('an extension of what runs needs no margin of the tank', () => {
    expect(start(tank, level(21), { position: 'on' })).toBe(null);
    expect(start(tank, level(19), { position: 'on' })).toBe('INTERLOCK_TANK_LEVEL');
  });

  test.each([
    [299, 'INTERLOCK_MINIMUM_OFF'],
    [300, null],
    // A wall clock that went back does not shorten the rest.
    [-50, 'INTERLOCK_MINIMUM_OFF'],
  ])('%s s after it closed: %s', (seconds, code) => {
    const rest = enabled({ type: 'minimum-off', seconds: 300 });
    expect(start(rest, {}, { lastOffAt: NOW - seconds * 1000 })).toBe(code);
    expect(start(rest, {}, { lastOffAt: NOW - seconds * 1000, position: 'on' })).toBe(null);
  });

  test('31 minutes of silence at ten minutes lock, 30 do not', () => {
    expect(start(stale, { heardAt: NOW - 30 * MINUTE })).toBe(null);
    expect(start(stale, { heardAt: NOW - 31 * MINUTE })).toBe('INTERLOCK_STALE');
    expect(running(stale, { heardAt: NOW - 31 * MINUTE })).toBe('INTERLOCK_STALE');
    expect(start(stale, { heardAt: null })).toBe('INTERLOCK_STALE');
    const patient = enabled({ type: 'stale', intervals: 4 });
    expect(start(patient, { heardAt: NOW - 31 * MINUTE })).toBe(null);
  });

  test.each<[string, Array<[minutes: number, salinity: number]>, boolean]>([
    [
      '.49 keeps it open',
      [
        [0, 0.4],
        [30, 0.4],
        [40, 0.49],
      ],
      true,
    ],
    [
      '.51 twice closes',
      [
        [0, 0.4],
        [30, 0.4],
        [40, 0.51],
        [45, 0.51],
      ],
      false,
    ],
    [
      '.51 once does not',
      [
        [0, 0.4],
        [30, 0.4],
        [40, 0.51],
      ],
      true,
    ],
    [
      'one 3.0, then .4',
      [
        [0, 0.4],
        [30, 0.4],
        [40, 3],
        [45, 0.4],
      ],
      true,
    ],
    [
      '.46 for 31 min stays closed',
      [
        [0, 0.51],
        [1, 0.51],
        [2, 0.46],
        [17, 0.46],
        [33, 0.46],
      ],
      false,
    ],
    [
      '.44 for 30 min opens',
      [
        [0, 0.51],
        [1, 0.51],
        [2, 0.44],
        [17, 0.44],
        [32, 0.44],
      ],
      true,
    ],
    [
      '.44 for 29 min does not',
      [
        [0, 0.51],
        [1, 0.51],
        [2, 0.44],
        [17, 0.44],
        [31, 0.44],
      ],
      false,
    ],
  ])('salinity (C6): %s', (_, samples, isOpen) => {
    const last = samples.at(-1)?.[0] ?? 0;
    let gate: InletState = INLET_UNKNOWN;
    for (const [minutes, salinity] of samples) {
      const time = NOW - (last - minutes) * MINUTE;
      gate = followInlet(gate, { time, salinity }, 0.5).state;
    }
    const code = isOpen ? null : 'INTERLOCK_SOURCE_SALINITY';
    expect(start(salt, { gate })).toBe(code);
    expect(running(salt, { gate })).toBe(code);
  });
});

describe('nothing known', () => {
  test.each<[string, Interlock, Facts, string | null]>([
    ['no level', tank, {}, 'INTERLOCK_TANK_LEVEL'],
    ['an old level', tank, level(80, { age: 31 * MINUTE }), 'INTERLOCK_TANK_LEVEL'],
    ['a level of tomorrow', tank, level(80, { age: -11 * MINUTE }), 'INTERLOCK_TANK_LEVEL'],
    ['no salinity', salt, {}, 'INTERLOCK_SOURCE_SALINITY'],
    [
      'an open gate of long ago',
      salt,
      { gate: { isOpen: true, above: 0, lowSince: 0, lastTime: NOW - 31 * MINUTE } },
      'INTERLOCK_SOURCE_SALINITY',
    ],
    ['no rain gauge', rain, {}, null],
  ])('%s', (_, interlock, facts, code) => {
    expect(start(interlock, facts)).toBe(code);
    expect(running(interlock, facts)).toBe(code);
    expect(start({ ...interlock, enabled: false }, facts)).toBe(null);
    expect(running({ ...interlock, enabled: false }, facts)).toBe(null);
  });

  test('a level under a clock that is not believed is not known', () => {
    const latest = { 't1 tank_level': { value: 80, at: NOW, quality: 'clock' as const } };
    expect(start(tank, { latest })).toBe('INTERLOCK_TANK_LEVEL');
  });

  test('what must run when nobody knows is not kept standing by silence', () => {
    const part = partOf('a1', { role: 'aerator', failSafe: 'on', interlocks: [stale] });
    const situation = situationOf([part], { facts: { heardAt: null } });
    expect(checkStart(part.actuator, situation)).toBe(null);
    expect(checkRunning(part.actuator, situation)).toBe(null);
  });

  test('no fact and no number that is none makes a check throw', () => {
    const odd = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, -0),
      fc.integer(),
    );
    fc.assert(
      fc.property(odd, odd, odd, odd, (value, at, interval, seconds) => {
        const part = partOf(
          'v1',
          { interlocks: [tank, salt, rain, stale, enabled({ type: 'minimum-off', seconds: 300 })] },
          { lastOffAt: Number.isFinite(at) ? at : null },
        );
        const situation = situationOf([part], {
          use: { seconds, litres: value },
          facts: {
            latest: { 't1 tank_level': { value, at, quality: 'good' } },
            gate: { isOpen: true, above: 0, lowSince: at, lastTime: at },
            rainMm: value,
            heardAt: at,
            intervalSeconds: interval,
          },
        });
        startRefusals(part.actuator, situation);
        checkRunning(part.actuator, situation);
      }),
      runs(500),
    );
  });
});

describe('budgets of a day', () => {
  const seconds = enabled({ type: 'daily-seconds', most: 1800 });
  const litres = enabled({ type: 'daily-litres', most: 300 });
  const ask = (interlock: Interlock, use: object, order: object = {}) => {
    const part = partOf('v1', { interlocks: [interlock] });
    const asked = { owner: 'ann', maxSeconds: 600, ...order };
    const whole = { seconds: 0, litres: 0, ...use };
    return checkStart(part.actuator, situationOf([part], { use: whole, order: asked }));
  };

  test('seconds', () => {
    expect(ask(seconds, { seconds: 1200 })).toBe(null);
    expect(ask(seconds, { seconds: 1201 })).toEqual({
      code: 'INTERLOCK_DAILY_SECONDS',
      text: 'of 1800 s a day 599 s are left',
      field: 'maxSeconds',
    });
    expect(ask(seconds, { seconds: Number.NaN })?.code).toBe('INTERLOCK_DAILY_SECONDS');
  });

  test('a run over midnight takes from either day', () => {
    const part = partOf('v1', { interlocks: [seconds] });
    const at = (used: number, maxSeconds: number, untilMidnight: number) =>
      checkStart(
        part.actuator,
        situationOf([part], {
          use: { seconds: used, litres: 0 },
          dayEndsAt: NOW + untilMidnight * 1000,
          order: { owner: 'ann', maxSeconds },
        }),
      );
    expect(at(1700, 1600, 100)).toBe(null);
    expect(at(1700, 1600, 101)?.code).toBe('INTERLOCK_DAILY_SECONDS');
    expect(at(0, 2000, 100)?.code).toBe('INTERLOCK_DAILY_SECONDS');
  });

  test('litres, by the flow it is known to have', () => {
    expect(ask(litres, { litres: 100 })).toBe(null);
    expect(ask(litres, { litres: 101 })?.text).toContain('enough for 597 s');
    const unknown = partOf('v1', { interlocks: [litres], nominalFlow: null });
    const used = (sum: number) =>
      checkStart(unknown.actuator, situationOf([unknown], { use: { seconds: 0, litres: sum } }));
    expect(used(299)).toBe(null);
    expect(used(300)?.code).toBe('INTERLOCK_DAILY_LITRES');
  });

  test('a run ends with its budget', () => {
    const part = standing('v1', 'on', { interlocks: [seconds, litres] });
    const end = (use: { seconds: number; litres: number }) =>
      checkRunning(part.actuator, situationOf([part], { use }))?.code ?? null;
    expect(end({ seconds: 1799, litres: 299 })).toBe(null);
    expect(end({ seconds: 1800, litres: 0 })).toBe('INTERLOCK_DAILY_SECONDS');
    expect(end({ seconds: 0, litres: 300 })).toBe('INTERLOCK_DAILY_LITRES');
    expect(end({ seconds: 0, litres: Number.NaN })).toBe('INTERLOCK_DAILY_LITRES');
  });

  test('another day begins with nothing used', () => {
    const state = stateOf('v1', { use: { day: DAY, seconds: 7, litres: 8 } });
    expect(useOf(state, DAY)).toEqual({ seconds: 7, litres: 8 });
    expect(useOf(state, '2026-11-23')).toEqual({ seconds: 0, litres: 0 });
  });
});

describe('who may', () => {
  const lease = (change: Partial<Lease> = {}): Lease => ({
    command: 'c',
    from: NOW - MINUTE,
    until: NOW + MINUTE,
    grantedSeconds: 120,
    owner: 'bob',
    ...change,
  });
  const code = (state: object) => {
    const part = partOf('v1', {}, state);
    return checkStart(part.actuator, situationOf([part]))?.code ?? null;
  };

  test('a second owner waits for the end of the first', () => {
    expect(code({ position: 'on', lease: lease() })).toBe('ACTUATOR_OWNED');
    expect(code({ position: 'on', lease: lease({ owner: 'ann' }) })).toBe(null);
    expect(code({ lease: lease({ until: NOW - LEASE_GRACE_MS }) })).toBe('ACTUATOR_OWNED');
    expect(code({ lease: lease({ until: NOW - LEASE_GRACE_MS - 1 }) })).toBe(null);
    expect(code({ starting: [{ command: 'c', owner: 'bob' }] })).toBe('ACTUATOR_OWNED');
    expect(code({ starting: [{ command: 'c', owner: 'ann' }] })).toBe(null);
    // An extension of her own does not hide a start of his.
    const both = [
      { command: 'c', owner: 'ann' },
      { command: 'd', owner: 'bob' },
    ];
    expect(code({ lease: lease({ owner: 'ann' }), starting: both })).toBe('ACTUATOR_OWNED');
    expect(ownerOf(partOf('v1', {}, { lease: lease() }), NOW)).toBe('bob');
    expect(ownerOf(partOf('v1'), NOW)).toBe(null);
  });

  test.each([
    [null, 'COMMAND_NO_LEASE'],
    [0, 'COMMAND_NO_LEASE'],
    [1.5, 'COMMAND_NO_LEASE'],
    [Number.NaN, 'COMMAND_NO_LEASE'],
    [1, null],
    [3600, null],
    [3601, 'COMMAND_OVER_CAP'],
  ])('a lease of %s s: %s', (maxSeconds, expected) => {
    const part = partOf('v1');
    const order = { owner: 'ann', maxSeconds };
    const refusal = checkStart(part.actuator, situationOf([part], { order }));
    expect(refusal?.code ?? null).toBe(expected);
    if (refusal !== null) expect(refusal.field).toBe('maxSeconds');
  });

  test('the cap of the kind holds below a stored one', () => {
    const part = partOf('v1');
    const situation = situationOf([part], { kindMaxSeconds: 599 });
    expect(checkStart(part.actuator, situation)?.code).toBe('COMMAND_OVER_CAP');
  });

  test('what somebody has to lift first, all of it told', () => {
    const fault = { code: 'leak', at: NOW, command: null, text: { vi: 'a', en: 'b', fr: 'c' } };
    const part = partOf('v1', { enabled: false, failSafe: null, interlocks: [tank] }, { fault });
    const stops = [stop('coop:c1')];
    const codes = startRefusals(part.actuator, situationOf([part], { stops, order: null }));
    expect(codes.map((each) => each.code)).toEqual([
      'ACTUATOR_STOPPED',
      'ACTUATOR_NO_FAIL_SAFE',
      'ACTUATOR_DISABLED',
      'ACTUATOR_FAULTY',
      'INTERLOCK_TANK_LEVEL',
    ]);
  });

  test.each([
    ['coop:c1', 'off', true],
    ['coop:c2', 'off', false],
    ['site:z1', 'off', true],
    ['site:z2', 'off', false],
    ['device:v1', 'off', true],
    ['device:v2', 'off', false],
    ['coop:c1', 'on', false],
    ['site:z1', 'on', false],
    ['device:v1', 'on', true],
  ] as const)('a stop of %s holds what fails %s: %s', (scope, failSafe, holds) => {
    const part = partOf('v1', { failSafe });
    const situation = situationOf([part], { stops: [stop(scope)] });
    const code = holds ? 'ACTUATOR_STOPPED' : undefined;
    expect(checkStart(part.actuator, situation)?.code).toBe(code);
    expect(checkRunning(part.actuator, situation)?.code).toBe(code);
  });
});

function stop(scope: string): EmergencyStop {
  return { scope, coop: 'c1', at: NOW, by: 'ann', why: null };
}

describe('a supply and what it feeds', () => {
  const needs = enabled({ type: 'needs-open' });
  const most = (count: number) => enabled({ type: 'most-open', count });
  const pump = (interlocks: Interlock[], position: 'on' | 'off' = 'off') =>
    standing('p1', position, { role: 'pump', interlocks });
  const valve = (device: string, position: 'on' | 'off', supply = 'p1') =>
    standing(device, position, { supply });

  test('a pump needs an open valve, to start and to go on', () => {
    const check = (...valves: ReturnType<typeof valve>[]) => {
      const parts = [pump([needs]), ...valves];
      const situation = situationOf(parts);
      const before = checkStart(actuatorOf('p1', { interlocks: [needs] }), situation);
      const after = checkRunning(actuatorOf('p1', { interlocks: [needs] }), situation);
      expect(before?.code).toBe(after?.code);
      return before?.code ?? null;
    };
    expect(check(valve('v1', 'on'))).toBe(null);
    expect(check(valve('v1', 'off'), valve('v2', 'on'))).toBe(null);
    expect(check(valve('v1', 'off'))).toBe('INTERLOCK_NEEDS_OPEN');
    expect(check(partOf('v1', { supply: 'p1' }, { position: 'unknown' }))).toBe(
      'INTERLOCK_NEEDS_OPEN',
    );
    // Through a master valve with nothing open behind it there is no way out.
    const master = standing('m1', 'on', { role: 'master-valve', supply: 'p1' });
    expect(check(master, valve('v1', 'off', 'm1'))).toBe('INTERLOCK_NEEDS_OPEN');
    expect(check(master, valve('v1', 'on', 'm1'))).toBe(null);
  });

  test('no more than so many at once, through other supplies too', () => {
    const third = partOf('v3', { supply: 'm1' });
    const parts = [
      pump([most(2)]),
      standing('m1', 'on', { role: 'master-valve', supply: 'p1' }),
      valve('v1', 'on'),
      valve('v2', 'off'),
      third,
    ];
    const code = (changed: typeof parts) =>
      checkStart(third.actuator, situationOf(changed))?.code ?? null;
    expect(code(parts)).toBe(null);
    expect(code([...parts, valve('v2', 'on')])).toBe('INTERLOCK_MOST_OPEN');
    const onItsWay = { starting: [{ command: 'c', owner: 'bob' }] };
    expect(code([...parts, partOf('v2', { supply: 'p1' }, onItsWay)])).toBe('INTERLOCK_MOST_OPEN');
    const lost = { position: 'unknown', sequence: 4 } as const;
    expect(code([...parts, partOf('v2', { supply: 'p1' }, lost)])).toBe('INTERLOCK_MOST_OPEN');
    // The supply itself takes no place, and neither does an extension.
    const [, master] = parts;
    expect(checkStart(actuatorOf('m1', { supply: 'p1' }), situationOf(parts))).toBe(null);
    expect(master?.actuator.device).toBe('m1');
    expect(checkStart(actuatorOf('v1', { supply: 'p1' }), situationOf(parts))).toBe(null);
  });
});
