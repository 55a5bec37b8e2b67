import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PlantPart, plantOf } from '#src/commands/parts';
import {
  type Demand,
  demandOn,
  followMeter,
  isElsewhere,
  litresSince,
  type MeterMemory,
  type MeterSample,
  meanOfRun,
  settleMeter,
  startMeter,
} from '#src/commands/watch';
import { runs } from '../support/random.ts';
import { FLOW_WITNESS, partOf, standing } from './plant-scene.ts';
import { at } from './witness-scene.ts';

const shared = { witness: { ...FLOW_WITNESS, device: 'm' } };
const meter = { device: 'm', metric: 'flow_rate' };

function part(device: string, position: 'on' | 'off', seconds = 0, actuator = {}): PlantPart {
  return partOf(device, { ...shared, ...actuator }, { position, since: at(seconds) });
}

const demand = (...parts: PlantPart[]): Demand => demandOn(plantOf(parts), meter);
const one = demand(part('v1', 'on'));
const none = demand(part('v1', 'off'));

function sample(
  seconds: number,
  flowLpm: number | null,
  other: Partial<MeterSample> = {},
): MeterSample {
  return { at: at(seconds), receivedAt: at(seconds), quality: 'good', flowLpm, ...other };
}

/** The faults that are told of a meter, with the second of each, and what is remembered. */
function watch(samples: readonly MeterSample[], asked: Demand, from = startMeter(at(0))) {
  let memory: MeterMemory = from;
  const told: Array<[number, string]> = [];
  const litres = new Map<string, number>();
  for (const each of samples) {
    const step = followMeter(memory, each, asked);
    memory = step.memory;
    if (step.fault !== null) told.push([(step.fault.at - at(0)) / 1000, step.fault.fault]);
    for (const [device, more] of step.litres) litres.set(device, (litres.get(device) ?? 0) + more);
  }
  return { memory, told, litres };
}

const every = (
  step: number,
  to: number,
  flow: number | ((second: number) => number),
  from = step,
) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => {
    const second = from + index * step;
    return sample(second, typeof flow === 'number' ? flow : flow(second));
  });

describe('the numbers of C7', () => {
  test.each<[string, Demand, MeterSample[], Array<[number, string]>]>([
    ['.05 L/min with all closed is none', none, every(1, 400, 0.05), []],
    ['.5 L/min is a leak after draining and 61 s', none, every(1, 400, 0.5), [[181, 'leak']]],
    ['drained late', none, every(1, 400, (second) => (second < 170 ? 5 : 0)), []],
    ['a quarter of the flow', one, every(10, 300, 5), [[60, 'blockage']]],
    ['30 % of it', one, every(10, 300, 6), []],
    ['130 % of it', one, every(1, 300, 26), []],
    ['more, for 30 s', one, every(1, 300, 26.1), [[31, 'burst']]],
    ['more, for 29 s', one, every(1, 300, (second) => (second < 30 ? 26.1 : 20)), []],
    [
      'two leaks, with an end between',
      none,
      every(1, 900, (second) => (second > 300 && second < 400 ? 0 : 1)),
      [
        [181, 'leak'],
        [461, 'leak'],
      ],
    ],
    ['a silent meter', one, [sample(60, null), sample(120, null)], []],
    ['a bad clock', one, [sample(120, 0, { quality: 'clock' })], []],
  ])('%s', (_, asked, samples, expected) => {
    expect(watch(samples, asked).told).toEqual(expected);
  });

  test('pressure, once five good runs taught what is usual', () => {
    let memory = startMeter(at(0));
    const run = (index: number, flow: number, kpa: number) => {
      const from = index * 1000;
      const asked = demand(part('v1', 'on', from));
      const samples = [60, 100, 140, 200, 300].map((second) =>
        sample(from + second, flow, { pressureKpa: kpa }),
      );
      const step = watch(samples, asked, memory);
      memory = step.memory;
      return step.told;
    };
    // Nobody knows yet what it should be.
    expect(run(0, 19, 40)).toEqual([]);
    memory = startMeter(at(0));
    for (let index = 0; index < 5; index++) expect(run(index, 20, 100)).toEqual([]);
    expect(run(5, 20, 50)).toEqual([]);
    expect(run(6, 20, 49)).toEqual([[6100, 'low-pressure']]);
    expect(run(7, 20, 151)).toEqual([[7100, 'high-pressure']]);
    expect(run(8, 0, 100)).toEqual([[8200, 'dead-meter']]);
    expect(memory.pressures).toHaveLength(6);
  });

  test.each([
    ['on', 0, 121, true],
    ['on', 0, 120, false],
    ['off', 1, 121, true],
    ['off', 0, 500, false],
    ['on', 1, 500, false],
    ['on', 0, -1, false],
  ] as const)('told %s, it says %s after %s s', (to, position, seconds, expected) => {
    const said = { at: at(seconds), receivedAt: at(seconds), quality: 'good' as const, position };
    expect(isElsewhere(said, { to, since: at(0) })).toBe(expected);
    expect(isElsewhere({ ...said, quality: 'clock' }, { to, since: at(0) })).toBe(false);
    // A clock that runs ahead does not make it late.
    expect(isElsewhere({ ...said, receivedAt: at(60) }, { to, since: at(0) })).toBe(false);
  });
});

describe('what should flow', () => {
  const state = (...parts: PlantPart[]) => demand(...parts).state;
  test('is known by the plant', () => {
    expect(state(part('v1', 'off'), part('v2', 'off'))).toBe('closed');
    expect(state(part('v1', 'off'), part('v2', 'on'))).toBe('flowing');
    const lost = partOf('v2', shared, { position: 'unknown', sequence: 1 });
    expect(state(part('v1', 'off'), lost)).toBe('unknown');
    const fresh = partOf('v2', shared, { position: 'unknown' });
    expect(state(part('v1', 'off'), fresh)).toBe('closed');
    const begun = partOf('v2', shared, { starting: [{ command: 'c', owner: 'ann' }] });
    expect(state(part('v1', 'off'), begun)).toBe('unknown');
    // Behind a pump that stands nothing is asked for.
    const pump = (position: 'on' | 'off') =>
      standing('p1', position, { role: 'pump', witness: null });
    const fed = { supply: 'p1' };
    expect(state(part('v1', 'on', 0, fed), pump('off'))).toBe('idle');
    expect(state(part('v1', 'on', 0, fed), pump('on'))).toBe('flowing');
  });

  test('several on one meter: their sum, since the last of them changed', () => {
    const both = demand(part('v1', 'on', 0), part('v2', 'on', 500), part('v3', 'off', 100));
    expect(both.open.map(({ device }) => device)).toEqual(['v1', 'v2']);
    expect(both.changedAt).toBe(at(500));
    expect(watch(every(10, 900, 38, 510), both).told).toEqual([]);
    // 11 of 40 is as little as 5.5 of 20.
    expect(watch(every(10, 900, 11, 510), both).told).toEqual([[560, 'blockage']]);
    expect(watch(every(10, 900, 53, 510), both).told).toEqual([[540, 'burst']]);
    const step = followMeter(startMeter(at(500)), sample(600, 11), both);
    expect(step.fault?.devices).toEqual(['v1', 'v2']);
    // One of them is not known: nothing of their sum is.
    const unlearned = demand(part('v1', 'on'), part('v2', 'on', 0, { nominalFlow: null }));
    expect(watch(every(10, 900, 1), unlearned).told).toEqual([]);
  });

  test('a pump and its valves on one meter are one water', () => {
    const valve = { supply: 'p1' };
    const asked = demand(
      part('p1', 'on', 0, { role: 'pump', nominalFlow: null }),
      part('v1', 'on', 0, valve),
      part('v2', 'off', 0, valve),
    );
    expect(asked.open.map(({ device }) => device)).toEqual(['v1']);
    expect(watch(every(10, 300, 20), asked).told).toEqual([]);
    // Pressed against closed valves whatever flows is a leak.
    const pressed = demand(part('p1', 'on', 0, { role: 'pump' }), part('v1', 'off', 0, valve));
    expect(pressed.state).toBe('closed');
    expect(watch(every(10, 300, 1), pressed).told).toEqual([[190, 'leak']]);
  });

  test('a main meter asks for what its open ends take', () => {
    const own = (device: string) => ({ supply: 'p1', witness: { ...FLOW_WITNESS, device } });
    const asked = demand(
      part('p1', 'on', 0, { role: 'pump', nominalFlow: 100 }),
      part('v1', 'on', 0, own('v1')),
      part('v2', 'on', 0, own('v2')),
      part('v3', 'off', 0, own('v3')),
    );
    expect(asked.open).toMatchObject([{ device: 'p1', band: { nominalLpm: 40 } }]);
  });
});

describe('a change', () => {
  test('what was observed before it is not judged by it', () => {
    const late = demand(part('v1', 'off', 300));
    const { told } = watch(every(10, 300, 20), late);
    expect(told).toEqual([]);
    // Neither by a clock that claims to be ahead of it.
    const ahead = [400, 500, 600].map((second) => sample(second, 20, { receivedAt: at(300) }));
    expect(watch(ahead, late).told).toEqual([]);
  });

  test('it ends a suspicion', () => {
    const { memory } = watch(every(1, 170, 1), none);
    expect(memory.suspicion).not.toBe(null);
    const again = demand(part('v1', 'off', 175));
    expect(watch(every(1, 300, 1, 171), again, memory).told).toEqual([]);
  });
});

describe('litres', () => {
  test('of one valve, in the end the flow times the time', () => {
    const { litres, memory } = watch(every(60, 600, 20), one);
    expect(litres.get('v1')).toBeCloseTo(200);
    expect(litresSince(memory, at(630), one).get('v1')).toBeCloseTo(10);
    const settled = settleMeter(memory, at(630), one);
    expect(settled.litres.get('v1')).toBeCloseTo(10);
    expect(litresSince(settled.memory, at(630), one).size).toBe(0);
    // What is closed uses nothing, whatever its meter says.
    expect(watch(every(60, 600, 20), none).litres.size).toBe(0);
  });

  test('since it opened, whatever its meter said before', () => {
    const { memory } = watch(every(60, 300, 0), none);
    const opened = demand(part('v1', 'on', 310));
    expect(watch([sample(370, 20)], opened, memory).litres.get('v1')).toBeCloseTo(20);
  });

  test('an older word that comes late changes nothing', () => {
    const late = [sample(60, 20), sample(120, 20), sample(90, 0), sample(180, 20)];
    expect(watch(late, one).litres.get('v1')).toBeCloseTo(60);
  });

  test('before the first sample, at the usual flow', () => {
    expect(litresSince(startMeter(at(0)), at(120), one).get('v1')).toBeCloseTo(40);
    const unlearned = demand(part('v1', 'on', 0, { nominalFlow: null }));
    expect(litresSince(startMeter(at(0)), at(120), unlearned).get('v1') ?? 0).toBe(0);
    expect(watch([sample(120, 10)], unlearned).litres.get('v1')).toBeCloseTo(20);
  });

  test('shared by their usual flows, else evenly', () => {
    const both = demand(
      part('v1', 'on', 0, { nominalFlow: 30 }),
      part('v2', 'on', 0, { nominalFlow: 10 }),
    );
    const { litres } = watch(every(60, 600, 40), both);
    expect(litres.get('v1')).toBeCloseTo(300);
    expect(litres.get('v2')).toBeCloseTo(100);
    const even = demand(part('v1', 'on', 0, { nominalFlow: null }), part('v2', 'on'));
    expect(watch(every(60, 600, 40), even).litres.get('v1')).toBeCloseTo(200);
  });

  test('none twice and none lost, whatever is repeated, out of order or settled between', () => {
    const seconds = fc.uniqueArray(fc.integer({ min: 1, max: 900 }), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(
        seconds,
        fc.array(fc.nat(29)),
        fc.array(fc.integer({ min: 1, max: 900 })),
        (times, repeats, settles) => {
          const ordered = times.toSorted((a, b) => a - b);
          let memory = startMeter(at(0));
          let sum = 0;
          const add = (litres: ReadonlyMap<string, number>) => {
            sum += litres.get('v1') ?? 0;
          };
          ordered.forEach((second, index) => {
            const before = ordered[index - 1] ?? 0;
            for (const settle of settles
              .filter((each) => each > before && each < second)
              .sort((a, b) => a - b)) {
              const settled = settleMeter(memory, at(settle), one);
              memory = settled.memory;
              add(settled.litres);
            }
            for (const each of [
              second,
              ...repeats.map((repeat) => ordered[Math.min(index, repeat)] ?? second),
            ]) {
              const step = followMeter(memory, sample(each, 20), one);
              memory = step.memory;
              add(step.litres);
            }
          });
          expect(sum).toBeCloseTo((20 * (ordered.at(-1) ?? 0)) / 60, 6);
        },
      ),
      runs(300),
    );
  });
});

describe('what a run teaches', () => {
  test('its mean once its pipes are full', () => {
    const { memory } = watch(
      every(10, 600, (second) => (second < 60 ? second / 3 : 21)),
      one,
    );
    expect(meanOfRun(memory, 'v1')).toBeCloseTo(21);
    expect(meanOfRun(memory, 'v2')).toBe(null);
  });

  test.each<[string, MeterSample[], Demand]>([
    ['too short', every(10, 50, 20), one],
    [
      'a fault in it',
      [...every(10, 300, 20), ...every(10, 400, 5, 310), ...every(10, 600, 20, 410)],
      one,
    ],
    ['others beside it', every(10, 600, 40), demand(part('v1', 'on'), part('v2', 'on'))],
    // As little as this hides in its band.
    [
      'a little one beside it',
      every(10, 600, 25),
      demand(part('v1', 'on'), part('v2', 'on', 0, { nominalFlow: 5 })),
    ],
  ])('nothing: %s', (_, samples, asked) => {
    expect(meanOfRun(watch(samples, asked).memory, 'v1')).toBe(null);
  });

  test('each run its own', () => {
    const { memory } = watch(every(10, 600, 20), one);
    const second = demand(part('v1', 'on', 1000));
    expect(meanOfRun(watch(every(10, 1600, 22, 1010), second, memory).memory, 'v1')).toBeCloseTo(
      22,
    );
    // A neighbour that joined spoils it for good.
    const joined = demand(part('v1', 'on'), part('v2', 'on', 610));
    const spoilt = watch(every(10, 900, 40, 620), joined, memory).memory;
    const left = demand(part('v1', 'on'), part('v2', 'off', 910));
    expect(meanOfRun(watch(every(10, 1200, 20, 920), left, spoilt).memory, 'v1')).toBe(null);
  });
});

test('no sample makes it throw or count what is no number', () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Infinity, -1, 0));
  const odd = fc.record({
    at: fc.integer({ min: -1000, max: 5000 }).map(at),
    receivedAt: fc.integer({ min: -1000, max: 5000 }).map(at),
    quality: fc.constantFrom('good' as const, 'clock' as const),
    flowLpm: fc.option(number),
    pressureKpa: fc.option(number),
  });
  const plants = [
    one,
    none,
    demand(part('v1', 'on'), part('v2', 'on', 500)),
    demand(part('v1', 'on', 0, { nominalFlow: null })),
  ];
  fc.assert(
    fc.property(fc.array(fc.tuple(odd, fc.constantFrom(...plants))), (events) => {
      let memory = startMeter(at(0));
      for (const [each, asked] of events) {
        const step = followMeter(memory, each, asked);
        memory = step.memory;
        for (const litres of step.litres.values()) expect(litres).toBeGreaterThanOrEqual(0);
      }
    }),
    runs(500),
  );
});
