import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOpen, isTerminal } from '#src/contracts/command';
import type { Command } from '../../src/contracts/command.ts';
import { runs, seed } from '../support/random.ts';
import { HAND, MINUTE, SECOND, Stand } from './stand.ts';

/** What the test knows by itself, to hold the desk against. */
class Model {
  readonly orders: string[] = [];
  /** By id, once they are over. */
  readonly ended = new Map<string, Command['state']>();
  /** Good samples by device: when they were taken, by both clocks, and what they showed. */
  readonly samples = new Map<string, Array<{ at: number; monotonic: number; value: number }>>();
  readonly stopped = new Set<string>();
  /** Messages looked at so far. */
  seen = 0;
  readonly valves: readonly string[];
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.valves = [`${prefix}-a`, `${prefix}-b`];
  }

  valve(n: number): string {
    return this.valves[n % this.valves.length] ?? '';
  }
}

type Step = fc.AsyncCommand<Model, Stand>;

/** Each step of the model, whatever it is, leaves the promises kept. */
function step(name: string, run: (model: Model, stand: Stand) => Promise<unknown>): Step {
  return {
    check: () => true,
    async run(model, stand) {
      await run(model, stand);
      await stand.desk.idle();
      await checkPromises(model, stand);
    },
    toString: () => name,
  };
}

async function allCommands(model: Model, stand: Stand): Promise<Command[]> {
  const found: Command[] = [];
  for (const device of [...model.valves, `${model.prefix}-pump`]) {
    const { items } = await stand.desk.list({ device }, { limit: 500 });
    found.push(...items);
  }
  return found;
}

async function checkPromises(model: Model, stand: Stand): Promise<void> {
  const commands = await allCommands(model, stand);
  for (const command of commands) {
    const { id, state } = command;
    const before = model.ended.get(id);
    if (before !== undefined) expect(state, `${id} was over`).toBe(before);
    else if (isTerminal(state)) model.ended.set(id, state);
    if (state === 'effective') checkProof(model, stand, command);
  }
  for (const device of model.valves) {
    const own = commands.filter((one) => one.device === device && one.sequence > 0);
    const sequences = own.map(({ sequence }) => sequence);
    expect(new Set(sequences).size, `sequences of ${device}`).toBe(sequences.length);
    const live = own.filter((one) => one.to === 'on' && isOpen(one));
    const owners = new Set(live.map(({ owner }) => owner));
    expect([...owners].length, `owners of ${device}`).toBeLessThanOrEqual(1);
    const running = live.filter(({ startedAt }) => startedAt !== null);
    expect(running.length, `leases of ${device}`).toBeLessThanOrEqual(1);
    const lease = (await stand.desk.actuator(device))?.state.lease ?? null;
    expect(lease?.command ?? null, `lease of ${device}`).toBe(running[0]?.id ?? null);
  }
  const byId = new Map(commands.map((one) => [one.id, one]));
  for (const sent of stand.wire.sent.slice(model.seen)) {
    expect(sent.at, `${sent.id} after its notAfter`).toBeLessThan(sent.notAfter);
    const command = byId.get(sent.id);
    expect(command, 'published and not kept').toBeDefined();
    const isStopped = model.stopped.has(`device:${sent.device}`);
    expect(isStopped && sent.action === 'open', `${sent.id} started while stopped`).toBe(false);
  }
  model.seen = stand.wire.sent.length;
}

/** The proof is a sample that was really taken, in band, after there was a reason for it. */
function checkProof(model: Model, stand: Stand, { device, proof, id }: Command): void {
  const { value, at, expected } = proof ?? {};
  expect(typeof value, `proof of ${id}`).toBe('number');
  const { min = null, max = null } = expected ?? {};
  expect(min === null || (value ?? 0) >= min, `${id}: ${value} below ${min}`).toBe(true);
  expect(max === null || (value ?? 0) <= max, `${id}: ${value} above ${max}`).toBe(true);
  const taken = model.samples
    .get(device)
    ?.filter((one) => one.at === at && one.value === value)
    .at(-1);
  expect(taken, `${id}: nobody measured ${value}`).toBeDefined();
  const sent = stand.wire.sent.find((one) => one.id === id);
  // Wall times of before and after a jump cannot be compared.
  expect(taken?.monotonic, `${id}: measured before`).toBeGreaterThan(sent?.monotonic ?? Infinity);
}

const valve = fc.nat(1);
const owner = fc.constantFrom('Lan', 'morning');

/** As a device does it that works: it answers what it was sent last, and its water follows. */
const obey = fc.record({ valve, isShown: fc.boolean() }).map(({ valve: n, isShown }) =>
  step(`obey ${n}${isShown ? ' and show it' : ''}`, async (model, stand) => {
    const device = model.valve(n);
    const [command] = (await allCommands(model, stand))
      .filter((one) => one.device === device && one.attempts > 0)
      .sort((left, right) => right.sequence - left.sequence);
    if (command === undefined) return;
    await stand.ack(command, 'accepted');
    await stand.ack(command, command.to === 'on' ? 'running' : 'done');
    if (!isShown) return;
    for (const seconds of [20, 70]) {
      await stand.pass(seconds * SECOND, 10 * SECOND);
      const at = stand.clock.now();
      const value = command.to === 'on' ? 12 : 0;
      const known = model.samples.get(device) ?? [];
      const monotonic = stand.clock.monotonic();
      model.samples.set(device, [...known, { at, monotonic, value }]);
      await stand.report(device, { flow_rate: value });
    }
  }),
);

const steps = [
  obey,
  obey,
  fc
    .record({ valve, owner, maxSeconds: fc.integer({ min: 1, max: 900 }), after: fc.nat(120) })
    .map(({ valve: n, owner: who, maxSeconds, after }) =>
      step(`open ${n} by ${who} for ${maxSeconds} s`, async (model, stand) => {
        const notAfter = stand.clock.now() + (after + 1) * SECOND;
        const request = stand.request(model.valve(n), { owner: who, maxSeconds, notAfter });
        model.orders.push(request.id);
        await stand.desk.order(request).catch((error: { code: string }) => {
          expect(error.code).toMatch(/^(ACTUATOR|INTERLOCK)_/);
        });
      }),
    ),
  fc.record({ valve, owner }).map(({ valve: n, owner: who }) =>
    step(`close ${n} by ${who}`, async (model, stand) => {
      const request = stand.request(model.valve(n), { action: 'close', owner: who });
      model.orders.push(request.id);
      // Never refused, whatever stands.
      await stand.desk.order(request);
    }),
  ),
  fc
    .record({
      which: fc.nat(5),
      word: fc.constantFrom('accepted', 'running', 'running', 'done', 'done', 'refused', 'failed'),
      granted: fc.option(fc.nat(1_200), { nil: undefined }),
      times: fc.integer({ min: 1, max: 2 }),
    })
    .map(({ which, word, granted, times }) =>
      step(`ack ${which} ${word} ${granted ?? ''} x${times}`, async (model, stand) => {
        const command = (await allCommands(model, stand))
          .filter(({ attempts }) => attempts > 0)
          .sort((left, right) => (left.id < right.id ? 1 : -1))[which];
        if (command === undefined) return;
        const more = granted === undefined ? {} : { grantedSeconds: granted };
        for (let time = 0; time < times; time++) await stand.ack(command, word, more);
      }),
    ),
  fc.record({ valve, isUp: fc.boolean() }).map(({ valve: n, isUp }) =>
    step(`${isUp ? 'connect' : 'disconnect'} ${n}`, async (model, stand) => {
      if (isUp) stand.wire.connect(model.valve(n));
      else stand.wire.online.delete(model.valve(n));
    }),
  ),
  fc
    .integer({ min: 1, max: 240 })
    .map((seconds) =>
      step(`wait ${seconds} s`, (_, stand) => stand.pass(seconds * SECOND, 12_000)),
    ),
  fc
    .record({ valve, flow: fc.constantFrom(0, 0, 3, 12, 12), lag: fc.integer({ min: 0, max: 30 }) })
    .map(({ valve: n, flow, lag }) =>
      step(`flow of ${n} is ${flow}`, async (model, stand) => {
        const device = model.valve(n);
        const at = stand.clock.now() - lag * SECOND;
        const known = model.samples.get(device) ?? [];
        const monotonic = stand.clock.monotonic() - lag * SECOND;
        model.samples.set(device, [...known, { at, monotonic, value: flow }]);
        await stand.report(device, { flow_rate: flow }, { at });
      }),
    ),
  fc
    .constantFrom(-3_600_000, -90_000, 90_000, 3_600_000)
    .map((ms) => step(`clock ${ms} ms`, async (_, stand) => stand.clock.jump(ms))),
  fc
    .integer({ min: 0, max: 180 })
    .map((away) => step(`restart after ${away} s`, (_, stand) => stand.restart(away * SECOND))),
  fc.record({ valve }).map(({ valve: n }) =>
    step(`stop ${n}`, async (model, stand) => {
      const scope = `device:${model.valve(n)}`;
      await stand.desk.emergencyStop(scope, null, HAND);
      model.stopped.add(scope);
    }),
  ),
  fc.record({ valve }).map(({ valve: n }) =>
    step(`release ${n}`, async (model, stand) => {
      const scope = `device:${model.valve(n)}`;
      await stand.desk.release(scope, HAND).catch((error: { confirmation: string }) => {
        const { confirmation } = error;
        return stand.desk.release(scope, { ...HAND, confirmation });
      });
      model.stopped.delete(scope);
      await stand.desk.clearFault(model.valve(n), 'looked', HAND);
    }),
  ),
];

/** Time passes and nobody says anything any more: everything ends. */
async function checkEnd(model: Model, stand: Stand): Promise<void> {
  stand.wire.online.clear();
  await stand.pass(26 * 60 * MINUTE, 20 * MINUTE);
  await checkPromises(model, stand);
  const open = (await allCommands(model, stand)).filter(isOpen);
  expect(open.map(({ id, state, to }) => `${id} ${state} ${to}`)).toEqual([]);
  for (const scope of model.stopped) {
    const hand = await stand.desk.release(scope, HAND).catch((error: unknown) => error);
    const { confirmation } = hand as { confirmation: string };
    await stand.desk.release(scope, { ...HAND, confirmation });
  }
}

test(`whatever happens in whatever order, the promises hold (SEED=${seed})`, async () => {
  const stand = await Stand.open();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: '+1' }), async (commands) => {
      const model = new Model(`r${count++}`);
      const pump = `${model.prefix}-pump`;
      await stand.valve(pump, { role: 'pump', witness: null });
      for (const device of model.valves) {
        const isFed = device.endsWith('a');
        await stand.valve(device, { supply: isFed ? pump : null });
        stand.wire.connect(device);
      }
      model.seen = stand.wire.sent.length;
      await fc.asyncModelRun(async () => ({ model, real: stand }), commands);
      await checkEnd(model, stand);
    }),
    { ...runs(Number(process.env['RUNS'] ?? 40)), endOnFailure: false, maxSkipsPerRun: 10 },
  );
}, 120_000);
