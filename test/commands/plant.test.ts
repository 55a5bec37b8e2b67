import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { actuatorFaults } from '#src/commands/plant';
import { risksOf } from '#src/commands/risks';
import type { World } from '#src/commands/world';
import {
  ACTUATOR_ROLES,
  type Actuator,
  type Interlock,
  type Witness,
} from '#src/contracts/actuator';
import { type DeviceKind, defineDeviceKind, type Metric } from '#src/contracts/device-kind';
import type { Device } from '#src/contracts/state';
import { runs } from '../support/random.ts';
import { actuatorOf, enabled, FLOW_WITNESS } from './plant-scene.ts';

const words = { vi: 'x', en: 'x', fr: 'x' };
const metric = (name: string, unit: string, shape: Metric['shape'] = 'gauge'): Metric => ({
  ...{ name, unit, shape, label: words, decimals: 1 },
  ...{ min: 0, max: shape === 'state' ? 1 : 10_000 },
});
const base = {
  title: words,
  siteKind: 'zone',
  intervalSeconds: 300,
  rules: [],
  simulator: { simulate: () => ({}) } as unknown as DeviceKind['simulator'],
} as const;

let world: World;
const devices = new Map<string, Device>();

beforeAll(() => {
  const valve = defineDeviceKind({
    ...base,
    name: 'valve-box',
    metrics: [
      metric('flow_rate', 'L/min'),
      metric('flow_total', 'L', 'total'),
      metric('valve_open', '1', 'state'),
      metric('oxygen', 'mg/L'),
      metric('tank_level', '%'),
      metric('salinity', 'g/kg'),
      metric('rain', 'mm', 'count'),
      metric('depth', 'mm'),
    ],
    commands: [
      { action: 'open', label: words, maxSeconds: 7200 },
      { action: 'close', label: words },
    ],
    actuator: {
      role: 'irrigation-valve',
      on: 'open',
      off: 'close',
      position: 'valve_open',
      witness: null,
    },
  });
  const probe = defineDeviceKind({
    ...base,
    name: 'probe',
    metrics: [metric('rain', 'mm', 'count')],
  });
  const device = (id: string, change: Partial<Device> = {}): Device => ({
    ...{ id, coop: 'c1', site: 'z1', kind: 'valve-box', name: null, intervalSeconds: null },
    ...{ tags: [], gateway: null, createdAt: 0 },
    ...change,
  });
  for (const each of [
    ...['v1', 'v2', 'm1', 'p1', 'a1'].map((id) => device(id)),
    device('slow', { intervalSeconds: 3600 }),
    device('probe', { kind: 'probe' }),
    device('foreign', { coop: 'c2' }),
  ]) {
    devices.set(each.id, each);
  }
  world = {
    kinds: new Map([valve, probe].map((kind) => [kind.name, kind])),
    devices: {
      find: (id) => devices.get(id),
      intervalSeconds: (id) => devices.get(id)?.intervalSeconds ?? null,
    },
    actuators: new Map(),
  };
});

/** Fields at fault of an actuator among others. */
function fields(change: Partial<Actuator>, others: readonly Actuator[] = [], device = 'v1') {
  const actuators = new Map(others.map((each) => [each.device, each]));
  const { version: _, ...draft } = actuatorOf(device, change);
  const found = actuatorFaults(draft, { ...world, actuators });
  for (const { why, hint } of found) {
    expect(why).not.toBe('');
    expect(hint).toMatch(/\.$/);
  }
  return found.map(({ field }) => field);
}

const witness = (change: Partial<Witness>): Partial<Actuator> => ({
  witness: { ...FLOW_WITNESS, ...change },
});
const band = (min: number | null, max: number | null) => ({ min, max });
const pump = (change: Partial<Actuator> = {}) => actuatorOf('p1', { role: 'pump', ...change });
const master = (change: Partial<Actuator> = {}) =>
  actuatorOf('m1', { role: 'master-valve', ...change });

test('what is well has no fault', () => {
  expect(fields({})).toEqual([]);
  expect(fields({ witness: null, nominalFlow: null, enabled: false, failSafe: null })).toEqual([]);
  expect(fields({ supply: 'm1' }, [master({ supply: 'p1' }), pump()])).toEqual([]);
  const aerator = {
    role: 'aerator',
    failSafe: 'on',
    ...witness({
      metric: 'oxygen',
      view: 'slope',
      on: band(0.1, null),
      off: band(null, -0.1),
      withinSeconds: 1800,
    }),
  } as const;
  expect(fields(aerator)).toEqual([]);
});

test.each<[string, Partial<Actuator>, string[]]>([
  ['an unknown device', { device: 'nobody' }, ['device']],
  ['a kind without commands', { device: 'probe' }, ['device', 'witness.metric']],
  ['another cooperative', { coop: 'c2' }, ['coop', 'witness.device']],
  ['another site', { site: 'z2' }, ['site']],
  ['a cap over the kind’s', { maxSeconds: 7201 }, ['maxSeconds']],
  ['no cap', { maxSeconds: 0 }, ['maxSeconds']],
  ['a cap that is no number', { maxSeconds: Number.NaN }, ['maxSeconds']],
  ['enabled without a direction', { failSafe: null }, ['failSafe']],
  ['a valve that fails open', { failSafe: 'on' }, ['failSafe']],
  ['an aerator that fails off', { role: 'aerator' }, ['failSafe']],
  ['a flow of nothing', { nominalFlow: 0 }, ['nominalFlow']],
  ['a flow like that of rest', { nominalFlow: 0.3 }, ['nominalFlow']],
  ['a flow that is no number', { nominalFlow: Number.NaN }, ['nominalFlow']],
  ['an unknown witness', witness({ device: 'nobody' }), ['witness.device']],
  ['a witness of others', witness({ device: 'foreign' }), ['witness.device']],
  ['an unknown metric', witness({ metric: 'colour' }), ['witness.metric']],
  [
    'its own word',
    witness({ metric: 'valve_open', on: band(1, null), off: band(null, 0) }),
    ['witness.metric'],
  ],
  ['a total by its value', witness({ metric: 'flow_total', on: band(5, null) }), ['witness.view']],
  ['no time', witness({ withinSeconds: 0 }), ['witness.withinSeconds']],
  ['three hours', witness({ withinSeconds: 10_800 }), ['witness.withinSeconds']],
  ['half seconds', witness({ withinSeconds: 0.5 }), ['witness.withinSeconds']],
  [
    'a short slope',
    witness({ view: 'slope', on: band(1, null), withinSeconds: 599 }),
    ['witness.withinSeconds'],
  ],
  ['a learned slope', witness({ view: 'slope', withinSeconds: 600 }), ['witness.on']],
  ['a learned oxygen', witness({ metric: 'oxygen' }), ['witness.on']],
  ['a band without limits', witness({ on: band(null, null) }), ['witness.on']],
  ['a band upside down', witness({ on: band(9, 8) }), ['witness.on']],
  ['a band of no number', witness({ on: band(Number.NaN, 8) }), ['witness.on']],
  ['a band no value reaches', witness({ on: band(10_001, null) }), ['witness.on']],
  ['bands that overlap', witness({ on: band(0.2, 5) }), ['witness.on']],
  [
    'bands that overlap without end',
    witness({ on: band(null, 5), off: band(null, -1) }),
    ['witness.off'],
  ],
  ['a learned flow and no rest', witness({ off: band(1, null) }), ['witness.off']],
  ['an unknown supply', { supply: 'nobody' }, ['supply']],
  ['itself as supply', { supply: 'v1' }, ['supply']],
])('%s', (_, change, expected) => {
  expect(fields(change, [], change.device ?? 'v1')).toEqual(expected);
});

describe('supply', () => {
  test('feeds only from where water comes, and within one cooperative', () => {
    expect(fields({ supply: 'v2' }, [actuatorOf('v2')])).toEqual(['supply']);
    expect(fields({ supply: 'p1' }, [pump({ coop: 'c2' })])).toEqual(['supply']);
    expect(fields({ role: 'aerator', failSafe: 'on', supply: 'p1' }, [pump()])).toEqual(['supply']);
    // What feeds others stays something that can.
    const fed = actuatorOf('v2', { supply: 'm1' });
    expect(fields({}, [fed], 'm1')).toEqual(['role']);
    expect(fields({ role: 'inlet' }, [fed], 'm1')).toEqual([]);
  });

  test('any circle is refused, and nothing else is, whatever the tree', () => {
    const ids = ['v1', 'v2', 'm1', 'p1', 'a1'];
    const supplies = fc.tuple(...ids.map(() => fc.option(fc.constantFrom(...ids))));
    fc.assert(
      fc.property(supplies, (chosen) => {
        // Saved one after the other, as people do; what is refused is not kept.
        const saved = new Map<string, Actuator>(
          ids.map((id) => [id, actuatorOf(id, { role: 'pump' })]),
        );
        ids.forEach((id, index) => {
          const draft = actuatorOf(id, { role: 'pump', supply: chosen[index] ?? null });
          const found = actuatorFaults(draft, { ...world, actuators: saved });
          const isCircle = reaches(draft.supply, id, saved);
          expect(found.length > 0).toBe(isCircle);
          if (!isCircle) saved.set(id, draft);
        });
      }),
      runs(300),
    );
  });
});

function reaches(from: string | null, to: string, saved: ReadonlyMap<string, Actuator>): boolean {
  return from !== null && (from === to || reaches(saved.get(from)?.supply ?? null, to, saved));
}

describe('interlocks', () => {
  const tank = { device: 'v2', metric: 'tank_level' };
  test.each<[string, Interlock[], string[]]>([
    [
      'well',
      [
        enabled({ type: 'tank-level', ...tank, lowPercent: 20 }),
        enabled({ type: 'rain', device: 'probe', metric: 'rain', mostMm: 5 }),
      ],
      [],
    ],
    [
      'a tank on an unknown device',
      [enabled({ type: 'tank-level', device: 'x', metric: 'tank_level', lowPercent: 20 })],
      ['interlocks.0.device'],
    ],
    [
      'a tank of others',
      [enabled({ type: 'tank-level', device: 'foreign', metric: 'tank_level', lowPercent: 20 })],
      ['interlocks.0.device'],
    ],
    [
      'a tank by its flow',
      [enabled({ type: 'tank-level', device: 'v2', metric: 'flow_rate', lowPercent: 20 })],
      ['interlocks.0.metric'],
    ],
    [
      'a mark no tank reaches',
      [enabled({ type: 'tank-level', ...tank, lowPercent: 96 })],
      ['interlocks.0.lowPercent'],
    ],
    [
      'rain by another depth',
      [enabled({ type: 'rain', device: 'v2', metric: 'depth', mostMm: 5 })],
      ['interlocks.0.metric'],
    ],
    [
      'rain in percent',
      [enabled({ type: 'rain', ...tank, mostMm: 5 })],
      ['interlocks.0.metric', 'interlocks.0.metric'],
    ],
    [
      'rain of nothing',
      [enabled({ type: 'rain', device: 'probe', metric: 'rain', mostMm: 0 })],
      ['interlocks.0.mostMm'],
    ],
    [
      'salt by a tank',
      [enabled({ type: 'source-salinity', ...tank, most: 1 })],
      ['interlocks.0.metric'],
    ],
    [
      'salt of nothing',
      [enabled({ type: 'source-salinity', device: 'v2', metric: 'salinity', most: 0 })],
      ['interlocks.0.most'],
    ],
    [
      'salt that could never open',
      [enabled({ type: 'source-salinity', device: 'slow', metric: 'salinity', most: 1 })],
      ['interlocks.0.device'],
    ],
    ['a day of nothing', [enabled({ type: 'daily-seconds', most: 0 })], ['interlocks.0.most']],
    ['litres of nothing', [enabled({ type: 'daily-litres', most: 0 })], ['interlocks.0.most']],
    [
      'an endless rest',
      [enabled({ type: 'minimum-off', seconds: Infinity })],
      ['interlocks.0.seconds'],
    ],
    ['half an interval', [enabled({ type: 'stale', intervals: 0.5 })], ['interlocks.0.intervals']],
    [
      'two of one',
      [enabled({ type: 'stale', intervals: 3 }), enabled({ type: 'stale', intervals: 4 })],
      ['interlocks.1'],
    ],
    ['a need of what feeds nothing', [enabled({ type: 'needs-open' })], ['interlocks.0']],
    [
      'a number of what feeds nothing',
      [enabled({ type: 'most-open', count: 2 })],
      ['interlocks.0'],
    ],
    [
      'none at once',
      [enabled({ type: 'most-open', count: 0 })],
      ['interlocks.0.count', 'interlocks.0'],
    ],
    [
      'a type nobody knows',
      [{ type: 'moon', enabled: true } as unknown as Interlock],
      ['interlocks.0.type'],
    ],
  ])('%s', (_, interlocks, expected) => {
    expect(fields({ interlocks })).toEqual(expected);
    // What is switched off is still well formed, and looks at nothing.
    const off = interlocks.map((each) => ({ ...each, enabled: false }));
    const formed = expected.filter((field) => field !== 'interlocks.0');
    expect(fields({ interlocks: off })).toEqual(formed);
  });

  test('litres need a meter', () => {
    const interlocks = [enabled({ type: 'daily-litres', most: 100 })];
    expect(fields({ interlocks })).toEqual([]);
    expect(fields({ interlocks, witness: null })).toEqual(['interlocks.0']);
    expect(fields({ interlocks, ...witness({ metric: 'oxygen', on: band(1, null) }) })).toEqual([
      'interlocks.0',
    ]);
  });

  test('a plant is built from its supply down', () => {
    const interlocks = [enabled({ type: 'needs-open' }), enabled({ type: 'most-open', count: 2 })];
    const draft = { role: 'pump', interlocks } as const;
    expect(fields({ ...draft, enabled: false }, [], 'p1')).toEqual([]);
    const valve = actuatorOf('v1', { supply: 'p1' });
    expect(fields({ supply: 'p1' }, [pump({ ...draft, enabled: false })])).toEqual([]);
    expect(fields(draft, [valve], 'p1')).toEqual([]);
  });

  test.each([
    'tank-level',
    'source-salinity',
    'rain',
    'stale',
    'daily-litres',
    'needs-open',
    'most-open',
  ] as const)('no %s keeps an aerator standing', (type) => {
    const all = {
      device: 'v2',
      metric: 'tank_level',
      lowPercent: 20,
      most: 1,
      mostMm: 5,
      intervals: 3,
      count: 2,
    };
    const interlocks = [{ ...all, type, enabled: true } as Interlock];
    expect(fields({ role: 'aerator', failSafe: 'on', interlocks })).toContain('interlocks.0');
  });
});

test('nothing that a person may send makes it throw', () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Infinity));
  const limit = fc.option(number);
  const device = fc.constantFrom('v1', 'v2', 'm1', 'p1', 'nobody', 'foreign', 'probe', 'slow');
  const name = fc.constantFrom('flow_rate', 'oxygen', 'valve_open', 'tank_level', 'rain', 'none');
  const draft = fc.record({
    device,
    role: fc.constantFrom(...ACTUATOR_ROLES),
    enabled: fc.boolean(),
    failSafe: fc.option(fc.constantFrom('on' as const, 'off' as const)),
    maxSeconds: number,
    nominalFlow: limit,
    supply: fc.option(device),
    witness: fc.option(
      fc.record({
        device: fc.option(device),
        metric: name,
        view: fc.constantFrom('value' as const, 'slope' as const),
        on: fc.oneof(fc.constant('learned' as const), fc.record({ min: limit, max: limit })),
        off: fc.record({ min: limit, max: limit }),
        withinSeconds: number,
      }),
    ),
    interlocks: fc.array(
      fc.record({
        type: fc.constantFrom(
          'minimum-off',
          'daily-litres',
          'tank-level',
          'rain',
          'source-salinity',
          'stale',
          'most-open',
          'needs-open',
        ),
        enabled: fc.boolean(),
        device,
        metric: name,
        ...{
          most: number,
          seconds: number,
          lowPercent: number,
          mostMm: number,
          intervals: number,
          count: number,
        },
      }) as unknown as fc.Arbitrary<Interlock>,
      { maxLength: 4 },
    ),
  });
  fc.assert(
    fc.property(draft, (change) => {
      const found = actuatorFaults(actuatorOf('v1', change), {
        ...world,
        actuators: new Map([['p1', pump()]]),
      });
      const isSafe = change.failSafe === (change.role === 'aerator' ? 'on' : 'off');
      if (change.enabled && !isSafe && change.device !== 'nobody') expect(found).not.toEqual([]);
    }),
    runs(1_000),
  );
});

describe('what needs a second word', () => {
  const tank: Interlock = enabled({
    type: 'tank-level',
    device: 'v2',
    metric: 'tank_level',
    lowPercent: 20,
  });
  const before = actuatorOf('v1', {
    supply: 'p1',
    interlocks: [
      tank,
      enabled({ type: 'minimum-off', seconds: 300 }),
      enabled({ type: 'daily-seconds', most: 600 }),
    ],
  });
  const change = (index: number, interlock: Partial<Interlock>): Partial<Actuator> => ({
    interlocks: before.interlocks.map((each, at) =>
      at === index ? ({ ...each, ...interlock } as Interlock) : each,
    ),
  });

  test.each<[string, Partial<Actuator>, RegExp | null]>([
    ['nothing', {}, null],
    ['a lower cap', { maxSeconds: 60 }, null],
    ['a name of things', { nominalFlow: 30, enabled: false }, null],
    ['a higher cap', { maxSeconds: 7200 }, /7200 s at once instead of 3600/],
    ['no direction', { failSafe: null }, /not declared any more; it was off/],
    ['the other direction', { failSafe: 'on' }, /becomes on; it was off/],
    ['no witness', { witness: null }, /proves/],
    ['no supply', { supply: null }, /p1 is not stopped/],
    ['an interlock off', change(0, { enabled: false }), /whatever tank-level says/],
    ['no interlocks', { interlocks: before.interlocks.slice(1) }, /whatever tank-level says/],
    ['a lower mark', change(0, { lowPercent: 19 }), /19 instead of 20/],
    ['a higher mark', change(0, { lowPercent: 30 }), null],
    ['another tank', change(0, { device: 'v1' }), /another sensor/],
    ['a shorter rest', change(1, { seconds: 299 }), /299 instead of 300/],
    ['a longer rest', change(1, { seconds: 301 }), null],
    ['more a day', change(2, { most: 601 }), /601 instead of 600/],
    ['less a day', change(2, { most: 599 }), null],
  ])('%s', (_, changed, expected) => {
    const risks = risksOf(before, { ...before, ...changed });
    if (expected === null) expect(risks).toEqual([]);
    else expect(risks).toEqual([expect.stringMatching(expected)]);
  });

  test('a new actuator and an interlock that was off take nothing away', () => {
    expect(risksOf(undefined, before)).toEqual([]);
    const off = { ...before, interlocks: [{ ...tank, enabled: false }] };
    expect(risksOf(off, { ...before, interlocks: [] })).toEqual([]);
  });
});
