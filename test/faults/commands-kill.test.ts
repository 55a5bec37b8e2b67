import { expect, onTestFinished, test } from 'vitest';
import { type ActuatorView, type Command, isTerminal } from '#src/contracts/command';
import { loadKinds } from '#src/ingest/kinds';
import { Chance } from '../commands/support/chance.ts';
import { deviceSecret, eventually } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { seed } from '../support/random.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ObedientController } from './obedient-controller.ts';

const KILLS = Number(process.env['ROUNDS'] ?? 6);
const CONTROLLERS = 4;
const COOP = 'an-binh';
const SITE = 'khu-1';
/** The pump draws its current as soon as the valve lets pass. */
const WITNESS = {
  ...{ device: null, metric: 'pump_current', view: 'value', withinSeconds: 2 },
  ...{ on: { min: 1, max: null }, off: { min: null, max: 0.5 } },
};
/** Beyond its lease; and what a second of the device's clock, and one look of the desk, may add. */
const OVER_MS = 2_000;
/** Some reports of a valve that stands. */
const REST_MS = 3_500;
const LATE_MS = 2_500;

interface Order {
  id: string;
  device: string;
  action: 'open' | 'close';
  maxSeconds?: number;
  owner: string;
  notAfter: string;
}

const deviceOf = (place: number): string => `van-${place}`;

async function setUp(server: TestServer, kind: string): Promise<void> {
  await server.call('POST', '/coops', { id: COOP, name: COOP });
  await server.call('POST', '/sites', { id: SITE, coop: COOP, kind: 'zone', name: SITE });
  for (let place = 0; place < CONTROLLERS; place++) {
    const id = deviceOf(place);
    const secret = deviceSecret(id);
    const device = { id, coop: COOP, site: SITE, kind, secret, intervalSeconds: 1 };
    await server.call('POST', '/devices', device);
    const lease = { maxSeconds: 60, failSafe: 'off', enabled: true };
    await server.call('PUT', `/actuators/${id}`, { ...lease, witness: WITNESS, interlocks: [] });
  }
}

function drawOrder(chance: Chance): Order {
  const isStart = chance.is(0.7);
  return {
    id: chance.id(Date.now()),
    device: deviceOf(chance.whole(0, CONTROLLERS - 1)),
    action: isStart ? 'open' : 'close',
    ...(isStart && { maxSeconds: chance.whole(1, 6) }),
    owner: chance.of(['Lan', 'Hoa']),
    notAfter: new Date(Date.now() + chance.between(1_500, 6_000)).toISOString(),
  };
}

/** Orders until the server is gone; who gets no answer asks again with the same id. */
async function orderSome(
  server: TestServer,
  { chance, orders, signal }: { chance: Chance; orders: Map<string, Order>; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const again = [...orders.values()].at(-1);
    const order = again !== undefined && chance.is(0.3) ? again : drawOrder(chance);
    orders.set(order.id, order);
    const { device, ...body } = order;
    // Refused by its owner or its end, or killed meanwhile.
    await server.call('POST', `/devices/${device}/commands`, body).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, chance.between(20, 250)));
  }
}

async function allCommands(server: TestServer): Promise<Command[]> {
  const all: Command[] = [];
  let cursor = '';
  for (;;) {
    const route = `/commands?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { items, next } = await server.call<{ items: Command[]; next: string | null }>(
      'GET',
      route,
    );
    all.push(...items);
    if (next === null) return all;
    cursor = next;
  }
}

/** What a valve that was in all of it comes to when it is opened and closed in peace. */
async function openAgain(
  server: TestServer,
  { device, chance }: { device: string; chance: Chance },
): Promise<string[]> {
  // Long enough at rest for its witness to have said so.
  await eventually(
    'a valve that stands',
    async () => {
      const { state } = await server.call<ActuatorView>('GET', `/actuators/${device}`);
      const since = new Date(state.since ?? Date.now()).getTime();
      return state.position === 'off' && state.lease === null && Date.now() - since > REST_MS;
    },
    30_000,
  );
  const verdictOn = async (order: object): Promise<string> => {
    const id = chance.id(Date.now());
    await server.call('POST', `/devices/${device}/commands`, { id, owner: 'Lan', ...order });
    const ended = async () => {
      const { items } = await server.call<{ items: Command[] }>(
        'GET',
        `/commands?device=${device}`,
      );
      return items.find((one) => one.id === id && isTerminal(one.state));
    };
    return (await eventually('its verdict', ended, 30_000)).state;
  };
  // On a busy machine a report comes too late to prove anything.
  const verdict = async (order: object, tries = 3): Promise<string> => {
    const state = await verdictOn(order);
    return state === 'unproven' && tries > 1 ? verdict(order, tries - 1) : state;
  };
  const opened = await verdict({ action: 'open', maxSeconds: 20 });
  return [opened, await verdict({ action: 'close' })];
}

test(
  `valves keep their leases through ${KILLS} kills (seed ${seed})`,
  async () => {
    const chance = new Chance(seed);
    const kind = [...(await loadKinds()).values()].find(
      ({ actuator }) => actuator?.role === 'irrigation-valve',
    );
    if (kind === undefined) throw new Error('there is no kind of valves');
    const environment = { SLUICE_DATA_DIR: temporaryFolder() };
    let server = await startServer(environment);
    onTestFinished(() => server.kill());
    await setUp(server, kind.name);
    const controllers = Array.from({ length: CONTROLLERS }, (_, place) => {
      const id = deviceOf(place);
      return new ObedientController(
        { id, coop: COOP, secret: deviceSecret(id) },
        kind,
        seed + place,
      );
    });
    const stopper = new AbortController();
    let port = server.mqttPort;
    const running = controllers.map((one) => one.run(() => port, stopper.signal));
    const orders = new Map<string, Order>();
    for (let kill = 0; kill < KILLS; kill++) {
      const over = new AbortController();
      const ordering = orderSome(server, { chance, orders, signal: over.signal });
      await new Promise((resolve) => setTimeout(resolve, chance.between(200, 2_500)));
      const gone = server.kill();
      port = 0;
      over.abort();
      await Promise.all([gone, ordering]);
      server = await startServer(environment);
      port = server.mqttPort;
    }
    await eventually(
      'the end of every command',
      async () => {
        const all = await allCommands(server);
        return all.every(({ state }) => isTerminal(state)) && all;
      },
      60_000,
    );
    const proven = await Promise.all(
      controllers.map((_, place) => openAgain(server, { device: deviceOf(place), chance })),
    );
    stopper.abort();
    await Promise.all(running);
    expect(proven).toEqual(controllers.map(() => ['effective', 'effective']));
    const commands = await allCommands(server);
    expectKept(controllers, new Map(commands.map((one) => [one.id, one])), orders);
  },
  90_000 + KILLS * 8_000,
);

function expectKept(
  controllers: readonly ObedientController[],
  commands: ReadonlyMap<string, Command>,
  orders: ReadonlyMap<string, Order>,
): void {
  let count = 0;
  for (const { account, model } of controllers) {
    const { runs } = model.truth();
    const ids = runs.map(({ command }) => command);
    expect(new Set(ids).size, `${account.id}: each command runs once`).toBe(ids.length);
    let last: { owner: string; until: number; sequence: number } | undefined;
    for (const { command: id, from, until } of runs) {
      count++;
      const command = commands.get(id);
      const order = orders.get(id);
      expect(command, `${id} is known`).toBeDefined();
      if (command === undefined || order === undefined) continue;
      const end = until ?? model.now;
      expect(end - from, id).toBeLessThanOrEqual((order.maxSeconds ?? 0) * 1_000 + OVER_MS);
      expect(from, id).toBeLessThanOrEqual(Date.parse(order.notAfter) + LATE_MS);
      if (last !== undefined) {
        expect(command.sequence, id).toBeGreaterThan(last.sequence);
        if (last.owner !== command.owner) expect(from, `${id} waits`).toBeGreaterThan(last.until);
      }
      last = { owner: command.owner, until: end, sequence: command.sequence };
    }
    expect(model.truth().isOn, `${account.id} is closed`).toBe(false);
  }
  expect(count).toBeGreaterThan(KILLS);
}
