import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { systemClock } from '../src/base/clock.ts';
import { localClock } from '../src/base/local-clock.ts';
import { createLogger } from '../src/base/logger.ts';
import type { Command } from '../src/contracts/command.ts';
import type { Programme } from '../src/contracts/irrigation.ts';
import { planProgramme } from '../src/irrigation/programmes/plan.ts';
import type { Valve, World } from '../src/irrigation/programmes/world.ts';
import { createState } from '../src/state/state.ts';
import { type LoadDevice, wait } from './mqtt-load.ts';
import { load, type SluiceTarget, startSluice } from './server.ts';
import { median, percentile } from './statistics.ts';
import type { Figure, Provision } from './suites.ts';

const COOP = 'bench';
const CONTROLLERS = 50;
const ORDERS = 400;
const BACKGROUND_DEVICES = 100;
const PROGRAMMES = 1_000;
const OPEN = 10_000;
const DAY_MS = 86_400_000;
const LEASE_SECONDS = 600;

/** What commands cost: to the valve, in plans, and at a start. */
export async function measureCommands(provision: Provision): Promise<Figure[]> {
  return [...(await measureWay(provision)), measurePlans(), await measureRecovery(provision)];
}

/** UUIDv7 of RFC 9562, clause 5.7. */
function newId(at: number = Date.now()): string {
  const hex = at.toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4];
  const digits = `${hex.slice(0, 12)}7${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Valves `valve-0` and on, enabled, and the secrets they sign in with. */
async function provisionValves(server: SluiceTarget, count: number): Promise<LoadDevice[]> {
  const valves = Array.from({ length: count }, (_, index) => ({
    ...{ id: `valve-${index}`, coop: COOP },
    secret: `bench-secret-0123456789-0123456789-valve-${index}`,
  }));
  const lines = valves.map((valve) => JSON.stringify({ ...valve, kind: 'drip-controller' }));
  await server.call('POST', '/api/v1/devices/bulk', lines.join('\n'), {
    'content-type': 'application/x-ndjson',
  });
  for (const { id } of valves) {
    const safe = { role: 'irrigation-valve', enabled: true, failSafe: 'off', maxSeconds: 3_600 };
    await server.call('PUT', `/api/v1/actuators/${id}`, safe);
  }
  return valves;
}

/** From the order by the API to its message at the controller, under reports. */
async function measureWay(provision: Provision): Promise<Figure[]> {
  const server = await startSluice();
  const devices = await provision(server, BACKGROUND_DEVICES);
  const valves = await provisionValves(server, CONTROLLERS);
  const arrived = new Map<string, number>();
  const clients = await Promise.all(valves.map((valve) => listen(server, valve, arrived)));
  const background = load({
    ...{ port: server.port, devices, inFlight: 10 },
    ...{ seconds: 26, warmUpSeconds: 1, ratePerSecond: 1_000 },
  });
  await wait(2_000);
  const ways: number[] = [];
  for (let index = 0; index < ORDERS; index++) {
    const id = newId();
    const device = valves[index % CONTROLLERS]?.id ?? '';
    const isStart = Math.floor(index / CONTROLLERS) % 2 === 0;
    const what = isStart ? { action: 'open', maxSeconds: LEASE_SECONDS } : { action: 'close' };
    const orderedAt = performance.now();
    await server.call('POST', `/api/v1/devices/${device}/commands`, { id, ...what });
    const deadline = performance.now() + 5_000;
    while (!arrived.has(id) && performance.now() < deadline) await wait(1);
    ways.push((arrived.get(id) ?? Number.POSITIVE_INFINITY) - orderedAt);
    await wait(40);
  }
  await background;
  await Promise.all(clients.map((client) => client.endAsync(true)));
  await server.stop();
  ways.sort((left, right) => left - right);
  const what = 'Command by the API → message at the controller, at 1,000 reports/s';
  return [
    { what: `${what}, median`, value: `${percentile(ways, 0.5).toFixed(1)} ms` },
    { what: `${what}, p99`, value: `${percentile(ways, 0.99).toFixed(1)} ms`, goal: '≤ 50 ms' },
  ];
}

/** A controller that answers, and says when a command came. */
async function listen(
  server: SluiceTarget,
  { id, secret }: LoadDevice,
  arrived: Map<string, number>,
): Promise<MqttClient> {
  const url = `mqtt://127.0.0.1:${server.port}`;
  const client = await connectAsync(url, { clientId: id, username: id, password: secret });
  client.on('message', (_, payload) => {
    const command = JSON.parse(payload.toString()) as { id: string; maxSeconds?: number };
    if (!arrived.has(command.id)) arrived.set(command.id, performance.now());
    const granted = command.maxSeconds === undefined ? {} : { grantedSeconds: command.maxSeconds };
    const state = command.maxSeconds === undefined ? 'done' : 'running';
    const answer = JSON.stringify({ id: command.id, state, ...granted });
    client.publish(`sluice/v1/${COOP}/${id}/ack`, answer, { qos: 1 });
  });
  await client.subscribeAsync(`sluice/v1/${COOP}/${id}/command`, { qos: 1 });
  return client;
}

/** A fortnight of a thousand programmes of four zones, with rain and ET0 to come. */
function measurePlans(): Figure {
  const now = Date.parse('2026-11-22T17:00:00Z');
  const world = worldOf(now);
  const startedAt = performance.now();
  let runs = 0;
  for (let count = 0; count < PROGRAMMES; count++) {
    runs += planProgramme(programmeOf(count), world, { from: now, to: now + 14 * DAY_MS }).length;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const shown = runs.toLocaleString('en');
  return {
    what: `${PROGRAMMES.toLocaleString('en')} programmes of four zones planned for 14 days (${shown} runs)`,
    value: `${seconds.toFixed(2)} s`,
    goal: '≤ 2 s',
  };
}

function worldOf(now: number): World {
  const clock = localClock('Asia/Ho_Chi_Minh');
  const valve = (device: string): Valve => ({
    ...{ device, role: 'irrigation-valve', coop: COOP, site: 'plot', unusable: null, fault: null },
    ...{ maxSeconds: 3_600, restSeconds: 300, flow: 20, meter: null, supplies: [], mostOpen: null },
    ...{ feeds: false, needsOpen: false },
    ...{ daily: { seconds: null, litres: null }, used: { day: '', seconds: 0, litres: 0 } },
  });
  const days = Array.from({ length: 16 }, (_, ahead) => {
    const day = new Date(now + ahead * DAY_MS).toISOString().slice(0, 10);
    return [day, { et0: 4 + (ahead % 3), rain: ahead % 5, rainProbability: 70 }] as const;
  });
  return {
    ...{ now, clock, plots: new Map(), needs: new Map(), rain: new Map(), moisture: new Map() },
    valves: new Map([1, 2, 3, 4].map((place) => [`v-${place}`, valve(`v-${place}`)])),
    sky: new Map([['plot', new Map(days)]]),
    busy: [],
  };
}

function programmeOf(count: number): Programme {
  return {
    ...{ id: `p-${count}`, version: 1, coop: COOP, name: `P ${count}`, enabled: true },
    ...{ mode: 'auto', order: 'sequence', missed: { policy: 'skip' } },
    zones: [1, 2, 3, 4].map((place) => ({ device: `v-${place}` })),
    start: { type: 'cron', expression: `${count % 60} ${count % 24} * * *` },
    dose: { type: 'minutes', minutes: 20 },
    cycle: { runMinutes: 10, soakMinutes: 20 },
    conditions: { skipBeforeRain: 5, scaleByEt0: { reference: 4, least: 0.5, most: 1.5 } },
    budget: { litres: null, seconds: null },
  };
}

/** A start that finds ten thousand commands that nobody answered yet. */
async function measureRecovery(provision: Provision): Promise<Figure> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
  const server = await startSluice({}, dir);
  await provision(server, 1);
  await provisionValves(server, 100);
  await server.rest();
  await fillOutbox(path.join(dir, 'state.db'));
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const again = await startSluice({}, dir);
    times.push(again.startMs);
    await (round < 2 ? again.rest() : again.stop());
  }
  return {
    what: `Start with ${OPEN.toLocaleString('en')} open commands until it is ready`,
    value: `${(median(times) / 1000).toFixed(2)} s`,
    goal: '≤ 2 s',
  };
}

async function fillOutbox(file: string): Promise<void> {
  const logger = createLogger('silent');
  const state = createState({ file, clock: systemClock, logger });
  await state.start(new AbortController().signal);
  const now = systemClock.now();
  const commands = Array.from({ length: OPEN }, (_, index): Command => {
    const source = { type: 'person', name: 'bench', id: null } as const;
    return {
      ...{ id: newId(now + index), device: `valve-${index % 100}`, coop: COOP, site: null },
      ...{ action: 'close', to: 'off', maxSeconds: null, notAfter: now + DAY_MS },
      ...{ sequence: 1 + Math.floor(index / 100), source, owner: 'bench', why: null },
      ...{ state: 'queued', reason: null, createdAt: now, sentAt: null, attempts: 0 },
      ...{ grantedSeconds: null, startedAt: null, endedAt: null, before: 'unknown', proof: null },
      ...{ compensates: null, timeline: [{ at: now, state: 'queued', note: null }] },
    };
  });
  await state.commands.save(commands);
  await state.stop();
}
