import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Attempt,
  type Cause,
  type CompensationPlan,
  codeOf,
  compensationFor,
  type Trouble,
} from '#src/commands/compensation';
import { FAULT_WORDS } from '#src/commands/fault-words';
import { type PlantPart, plantOf } from '#src/commands/parts';
import type { Verdict } from '#src/commands/witness';
import type { Position } from '#src/contracts/actuator';
import { type CommandState, TERMINAL_STATES } from '#src/contracts/command';
import { FAULT_ACTION, type HydraulicFault } from '#src/water/hydraulic-faults';
import { runs } from '../support/random.ts';
import { standing } from './plant-scene.ts';

function verdict(to: Position, value = to === 'on' ? 0 : 20): Verdict {
  return {
    command: 'c',
    cause: to === 'on' ? 'start' : 'stop',
    to,
    state: 'contradicted',
    proof: { device: 'v1', metric: 'flow_rate', value, at: 0, expected: { min: null, max: 0.2 } },
    note: '',
  };
}

const contradicted = (to: Position, value?: number): Cause => ({
  type: 'verdict',
  verdict: verdict(to, value),
});
const water = (fault: HydraulicFault): Cause => ({ type: 'fault', fault });

/** v1 and v2 hang on m1, which hangs on p1 with v3. */
const plant: PlantPart[] = [
  standing('p1', 'on', { role: 'pump' }),
  standing('m1', 'on', { role: 'master-valve', supply: 'p1' }),
  standing('v1', 'on', { supply: 'm1' }),
  standing('v2', 'on', { supply: 'm1' }),
  standing('v3', 'on', { supply: 'p1' }),
];

function ask(cause: Cause, attempts: Attempt[], change: Partial<Trouble> = {}, parts = plant) {
  const part = change.part ?? parts.find(({ actuator }) => actuator.device === 'v1');
  if (part === undefined) throw new Error('the plant has no v1');
  return compensationFor({
    ...{ cause, part, plant: plantOf(parts), attempts },
    ...{ isConnected: () => true, isFlow: true, secondsLeft: 0 },
    ...change,
  });
}

const off = (device: string, state: CommandState): Attempt => ({ device, to: 'off', state });
const orders = ({ orders }: CompensationPlan) => orders.map(({ device, to }) => `${device} ${to}`);
const faults = ({ faults }: CompensationPlan) =>
  faults.map(({ device, code, severity }) => `${device} ${code} ${severity}`);

/** Asks until it ends, each order coming out as said, and tells what was done. */
function play(
  cause: Cause,
  outcome: (device: string) => CommandState,
  change: Partial<Trouble> = {},
  parts = plant,
) {
  const attempts: Attempt[] = [];
  const told: string[] = [];
  for (let step = 0; step < 20; step++) {
    const plan = ask(cause, attempts, change, parts);
    told.push(...orders(plan), ...faults(plan));
    if (plan.state !== 'trying') return [...told, plan.state];
    for (const { device, to } of plan.orders) attempts.push({ device, to, state: outcome(device) });
  }
  return [...told, 'endless'];
}

describe('a valve that does not close', () => {
  const cause = contradicted('off');
  test('is closed once more', () => {
    expect(play(cause, () => 'effective')).toEqual(['v1 off', 'well']);
  });

  test('is cut off by the next supply, with all that hangs on it', () => {
    const outcome = (device: string) => (device === 'v1' ? 'contradicted' : 'effective');
    expect(play(cause, outcome)).toEqual([
      'v1 off',
      'm1 off',
      'v2 off',
      'v1 stuck-valve critical',
      'failed',
    ]);
  });

  test('by the one above when that fails as well', () => {
    const outcome = (device: string) =>
      ['v1', 'm1'].includes(device) ? 'contradicted' : 'effective';
    expect(play(cause, outcome)).toEqual([
      ...['v1 off', 'm1 off', 'v2 off', 'p1 off', 'v3 off'],
      ...['v1 stuck-valve critical', 'm1 does-not-stop critical', 'failed'],
    ]);
  });

  describe('and never answered', () => {
    const unheard = { ...cause, isUnanswered: true } as Cause;
    const alone = [standing('v1', 'on')];
    const tried = (state: CommandState, isAnswered: boolean): Attempt[] => [
      { device: 'v1', to: 'off', state, isAnswered },
    ];
    const out = { isConnected: () => false };
    test.each<[string, Attempt[], Partial<Trouble>, string[]]>([
      ['is out of reach', [], out, ['v1 off', 'v1 no-answer critical', 'failed']],
      ['is lost again', tried('sent', false), out, ['v1 no-answer critical', 'failed']],
      ['says it closed, and is waited for', tried('running', true), out, ['trying']],
      ['says it closed, and nothing denies it', tried('unproven', true), {}, ['well']],
      [
        'says it closed, and flows',
        tried('contradicted', true),
        {},
        [...['v1 stuck-valve critical', 'failed']],
      ],
      [
        'still does not answer, and flows',
        tried('contradicted', false),
        {},
        [...['v1 no-answer critical', 'failed']],
      ],
    ])('%s', (_, attempts, change, expected) => {
      const plan = ask(unheard, attempts, change, alone);
      expect([...orders(plan), ...faults(plan), plan.state]).toEqual(expected);
    });
  });

  test('and told when nothing is left', () => {
    const alone = [standing('v1', 'on')];
    expect(play(cause, () => 'contradicted', {}, alone)).toEqual([
      'v1 off',
      'v1 stuck-valve critical',
      'failed',
    ]);
    // That nothing was proved is no success.
    expect(play(cause, () => 'unproven', {}, alone)).toEqual([
      'v1 off',
      'v1 stuck-valve critical',
      'failed',
    ]);
  });

  test('it waits for each', () => {
    expect(ask(cause, [off('v1', 'sent')])).toEqual({ orders: [], faults: [], state: 'trying' });
    const waiting = [off('v1', 'expired'), off('m1', 'running'), off('v2', 'running')];
    expect(ask(cause, waiting)).toEqual({ orders: [], faults: [], state: 'trying' });
  });

  test('not for one that cannot be reached', () => {
    const isConnected = (device: string) => device !== 'v1';
    expect(orders(ask(cause, [], { isConnected }))).toEqual(['v1 off', 'm1 off', 'v2 off']);
    const lost = [off('v1', 'queued')];
    expect(orders(ask(cause, lost, { isConnected }))).toEqual(['m1 off', 'v2 off']);
    const alone = [standing('v1', 'on')];
    const plan = ask(cause, [], { isConnected }, alone);
    expect([...orders(plan), ...faults(plan), plan.state]).toEqual([
      'v1 off',
      'v1 stuck-valve critical',
      'failed',
    ]);
  });

  test('what stands already is not stopped with the supply', () => {
    const parts = plant.map((each) =>
      each.actuator.device === 'v2' ? standing('v2', 'off', { supply: 'm1' }) : each,
    );
    expect(orders(ask(cause, [off('v1', 'contradicted')], {}, parts))).toEqual(['m1 off']);
  });

  test('a drip is a leak', () => {
    const outcome = (device: string) => (device === 'v1' ? 'contradicted' : 'effective');
    expect(play(contradicted('off', 2), outcome)).toContain('v1 leak critical');
  });
});

describe('a start without effect', () => {
  test('is stopped, and told at once', () => {
    expect(play(contradicted('on'), () => 'unproven')).toEqual([
      'v1 off',
      'v1 blockage warn',
      'failed',
    ]);
    expect(play(contradicted('on', 40), () => 'effective')).toEqual([
      ...['v1 off', 'm1 off', 'v2 off', 'v1 burst critical', 'failed'],
    ]);
  });

  test('that then does not stop is cut off', () => {
    const outcome = (device: string) => (device === 'v1' ? 'contradicted' : 'effective');
    expect(play(contradicted('on'), outcome)).toEqual([
      'v1 off',
      'v1 blockage warn',
      'm1 off',
      'v2 off',
      'failed',
    ]);
  });

  test('by what else was seen', () => {
    const part = standing('v1', 'on');
    const code = (seen: Trouble['seen'], value = 0) =>
      codeOf({ part, isFlow: true, ...(seen && { seen }) }, verdict('on', value));
    expect(code(undefined)).toBe('blockage');
    expect(code({ reported: 'closed' })).toBe('stuck-valve');
    expect(code({ reported: 'failed' })).toBe('stuck-valve');
    expect(code({ pressureKpa: 100, nominalPressureKpa: 100 })).toBe('dead-meter');
    expect(code({ pressureKpa: 30, nominalPressureKpa: 100 })).toBe('low-pressure');
    expect(code(undefined, 27)).toBe('burst');
    expect(codeOf({ part, isFlow: false }, verdict('on'))).toBe('no-effect');
    expect(codeOf({ part, isFlow: false }, verdict('off'))).toBe('does-not-stop');
    const unlearned = standing('v1', 'on', { nominalFlow: null });
    expect(codeOf({ part: unlearned, isFlow: true }, verdict('on'))).toBe('blockage');
    expect(codeOf({ part: unlearned, isFlow: true }, verdict('off', 1))).toBe('stuck-valve');
  });
});

describe('an aerator', () => {
  const part = standing('a1', 'on', { role: 'aerator', failSafe: 'on' });
  const around = { part, isFlow: false };
  test('that does not run is started once more, for what is left', () => {
    const plan = ask(contradicted('on'), [], { ...around, secondsLeft: 899.5 });
    expect(plan.orders).toMatchObject([{ device: 'a1', to: 'on', maxSeconds: 899 }]);
    const retried = { ...around, secondsLeft: 900 };
    expect(play(contradicted('on'), () => 'effective', retried)).toEqual(['a1 on', 'well']);
    expect(play(contradicted('on'), () => 'unproven', retried)).toEqual([
      'a1 on',
      'a1 no-effect critical',
      'failed',
    ]);
    expect(play(contradicted('on'), () => 'effective', around)).toEqual([
      'a1 no-effect critical',
      'failed',
    ]);
  });

  test('that does not stop costs electricity', () => {
    expect(play(contradicted('off'), () => 'contradicted', around)).toEqual([
      'a1 off',
      'a1 does-not-stop warn',
      'failed',
    ]);
  });

  test('is never stopped for a fault', () => {
    for (const fault of Object.keys(FAULT_ACTION) as HydraulicFault[]) {
      expect(orders(ask(water(fault), [], around))).toEqual([]);
    }
  });
});

describe('a fault of the water', () => {
  test.each<[HydraulicFault, string[]]>([
    ['leak', ['v1 off', 'm1 off', 'v2 off', 'v1 leak critical', 'failed']],
    ['burst', ['v1 off', 'm1 off', 'v2 off', 'v1 burst critical', 'failed']],
    ['low-pressure', ['v1 off', 'm1 off', 'v2 off', 'v1 low-pressure warn', 'failed']],
    ['stuck-valve', ['v1 off', 'm1 off', 'v2 off', 'v1 stuck-valve critical', 'failed']],
    ['blockage', ['v1 off', 'v1 blockage warn', 'failed']],
    ['dead-meter', ['v1 off', 'v1 dead-meter warn', 'failed']],
  ])('%s', (fault, expected) => {
    expect(play(water(fault), () => 'effective')).toEqual(expected);
  });
});

test('a verdict that contradicts nothing asks for nothing', () => {
  for (const state of ['effective', 'unproven'] as const) {
    const cause = { type: 'verdict', verdict: { ...verdict('off'), state } } as const;
    expect(ask(cause, [])).toEqual({ orders: [], faults: [], state: 'well' });
  }
});

test('whatever comes of its orders it ends, asks nobody twice and starts no water', () => {
  const ids = ['v1', 'm1', 'p1', 'v2', 'v3'];
  const outcome = fc.record(
    Object.fromEntries(ids.map((id) => [id, fc.constantFrom(...TERMINAL_STATES)])),
  );
  const cause = fc.oneof(
    fc
      .constantFrom('on' as const, 'off' as const)
      .chain((to) => fc.constantFrom(0, 2, 20, 40).map((value) => contradicted(to, value))),
    fc.constantFrom(...(Object.keys(FAULT_ACTION) as HydraulicFault[])).map(water),
  );
  fc.assert(
    fc.property(outcome, cause, fc.subarray(ids), (outcomes, found, reached) => {
      const isConnected = (device: string) => reached.includes(device);
      const told = play(found, (device) => outcomes[device] ?? 'refused', { isConnected });
      const asked = told.filter((each) => / (on|off)$/.test(each));
      expect(['well', 'failed']).toContain(told.at(-1));
      expect(new Set(asked).size).toBe(asked.length);
      expect(asked.filter((each) => each.endsWith(' on'))).toEqual([]);
      // A valve that is proved to be open is cut off by all there is, until one is proved to stand.
      if (
        found.type === 'verdict' &&
        found.verdict.to === 'off' &&
        outcomes['v1'] !== 'effective'
      ) {
        expect(told.some((each) => each.startsWith('v1 ') && each.endsWith('critical'))).toBe(true);
        expect(asked).toContain('m1 off');
        if (outcomes['m1'] !== 'effective') expect(asked).toContain('p1 off');
      }
    }),
    runs(1_000),
  );
});

test('every fault has its words', () => {
  for (const words of Object.values(FAULT_WORDS)) {
    for (const text of Object.values(words)) expect(text).toMatch(/\.$/);
  }
});
