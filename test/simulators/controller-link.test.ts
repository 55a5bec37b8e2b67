import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ControllerFaultType } from '#simulators/controllers/controller-faults';
import { type FleetOptions, runFleet } from '#simulators/fleet';
import { createWorld } from '#simulators/worlds/world';
import { AppError } from '#src/base/errors';
import { loadKinds } from '#src/ingest/kinds';
import { SECRET, type Stand, startStand, until } from '../broker/support.ts';

const kinds = await loadKinds();
const drip = [...kinds.values()].find(({ actuator }) => actuator?.role === 'irrigation-valve');
const aerator = [...kinds.values()].find(({ actuator }) => actuator?.role === 'aerator');
const HOUR_MS = 3_600_000;
/** Noon in Vietnam: no irrigation and no aerator by the world's own hours. */
const NOON = Date.UTC(2026, 10, 22, 5);

let stand: Stand;
let stopper: AbortController;
let running: Promise<unknown>;

beforeEach(async () => {
  stand = await startStand({ devices: 2 });
  stopper = new AbortController();
});
afterEach(async () => {
  stopper.abort();
  await running;
  await stand.broker.stop();
});

/** `d-1`, a controller in its own time, which may run faster than ours. */
async function startDevice(
  change: Partial<FleetOptions> = {},
  kind = drip?.name ?? '',
): Promise<void> {
  const device = { id: 'd-1', coop: 'coop-a', kind, secret: SECRET, seed: 7 };
  running = runFleet(
    {
      brokerUrl: `mqtt://127.0.0.1:${stand.port}`,
      devices: [device],
      kinds,
      world: createWorld(1),
      startAt: NOON,
      reconnect: { minMs: 20, maxMs: 50 },
      ...change,
    },
    stopper.signal,
  );
  await until('it listens', () => stand.broker.send('d-1', 'command', '{"not":"a command"}'));
}

let sequence = 0;
/** Orders, and answers whether it was handed to the device. */
function order(change: Record<string, unknown> = {}): Promise<boolean> {
  sequence++;
  const notAfter = new Date(NOON + 12 * HOUR_MS).toISOString();
  const command = { id: `c${sequence}`, action: 'open', maxSeconds: 600, notAfter, sequence };
  return stand.broker.send('d-1', 'command', JSON.stringify({ ...command, ...change }));
}

interface Said {
  id: string;
  state: string;
  reason?: string;
  grantedSeconds?: number;
}

function answers(): Said[] {
  return stand.journal.texts('ack').map((text) => JSON.parse(text) as Said);
}

function states(): string[] {
  return answers().map(({ state, reason }) =>
    reason === undefined ? state : `${state} ${reason}`,
  );
}

function newest(metric: string): number | undefined {
  const reports = stand.journal
    .texts()
    .flatMap((text) => JSON.parse(text) as Array<{ values: Record<string, number> }>);
  return reports.findLast(({ values }) => values[metric] !== undefined)?.values[metric];
}

describe('a simulated controller on our broker', () => {
  test('obeys, answers and reports what follows', async () => {
    await startDevice({ speed: 60, liveIntervalSeconds: 30 });
    expect(await order({ maxSeconds: 150 })).toBe(true);
    await until('it runs', () => states().includes('running'));
    expect(answers()[0]).toMatchObject({ state: 'accepted', grantedSeconds: 150 });
    await until('water flows', () => (newest('flow_rate') ?? 0) > 15);
    expect(newest('valve_open')).toBe(1);
    await until('the lease is over', () => states().includes('done lease-over'), 20_000);
    await until('the water stands', () => newest('flow_rate') === 0);
    expect(newest('valve_open')).toBe(0);
    expect(states()).toEqual(['accepted', 'running', 'done lease-over']);
  });

  test('reports at a change and when it has settled, long before its interval', async () => {
    await startDevice({ speed: 60 });
    const before = stand.journal.texts().length;
    await order();
    // 90 s are a second and a half; its interval of five minutes are five.
    await until('it reports its effect', () => (newest('flow_rate') ?? 0) > 15, 4_000);
    expect(stand.journal.texts().length).toBeGreaterThanOrEqual(before + 2);
    const numbers = stand.journal.texts().map((text) => JSON.parse(text).sequence as number);
    expect(numbers).toEqual(numbers.map((_, place) => place));
  });

  test('is stopped at once, extended by a new start and refuses what is old', async () => {
    await startDevice();
    await order();
    await order({ maxSeconds: 900 });
    await until('it is extended', () => states().length >= 3);
    const copy = { id: `c${sequence}`, sequence };
    await order({ ...copy, maxSeconds: 1 });
    await order({ sequence: 1 });
    await order({ action: 'close', notAfter: undefined });
    await until('it is over', () => states().includes('done'));
    const said = states();
    expect(said.filter((state) => state === 'done replaced')).toHaveLength(1);
    expect(said.slice(-4)).toEqual([expect.any(String), 'refused older', 'done stopped', 'done']);
    expect(said.filter((state) => state === 'refused older')).toHaveLength(1);
    expect(answers().every(({ grantedSeconds }) => grantedSeconds !== 1)).toBe(true);
    await until('it is closed', () => newest('valve_open') === 0);
  });

  test('loses its connection with its power and tells of the reboot', async () => {
    const types: ControllerFaultType[] = ['reboot'];
    await startDevice({ speed: 120, faults: { controller: { share: 1, types } } });
    await order();
    await until('it runs', () => states().includes('running'));
    await until('it is gone', () => !stand.broker.connected('d-1'), 20_000);
    await until('it is back', () => states().includes('failed reboot'), 20_000);
    await until('it is off', () => newest('valve_open') === 0);
  });

  test('keeps its answers until they are acknowledged', async () => {
    await startDevice();
    const { answer } = stand.journal;
    let refusals = 0;
    stand.journal.answer = (done, index) => {
      const isAnswer = stand.journal.messages[index]?.topic === 'ack';
      if (!isAnswer || refusals > 0) return answer(done, index);
      // What is not stored is not acknowledged: the connection closes instead.
      refusals++;
      done(new AppError('JOURNAL_FULL', 'no room'));
    };
    await order();
    await until('it says it again', () => states().filter((one) => one === 'accepted').length > 1);
    await until('it runs', () => states().includes('running'));
    expect(answers()[1]).toEqual(answers()[0]);
  });

  test('of a pond: its current follows', async () => {
    await startDevice({ speed: 60 }, aerator?.name);
    await order({ action: 'start', maxSeconds: 3600 });
    await until('the motor draws', () => (newest('motor_current') ?? 0) > 5);
    await until('it says so', () => states().includes('running'));
    await order({ action: 'stop' });
    await until('the motor stands', () => newest('motor_current') === 0);
    expect(states()).toEqual(['accepted', 'running', 'done stopped', 'done']);
  });
});

test('devices that move nothing do not listen', async () => {
  const kind = [...kinds.values()].find(({ actuator }) => actuator === undefined);
  const device = { id: 'd-2', coop: 'coop-a', kind: kind?.name ?? '', secret: SECRET };
  running = runFleet(
    {
      brokerUrl: `mqtt://127.0.0.1:${stand.port}`,
      devices: [device],
      kinds,
      world: createWorld(1),
    },
    stopper.signal,
  );
  await until('it is there', () => stand.broker.connected('d-2'));
  await until('it said so', () => stand.journal.texts('status').length > 0);
  expect(await stand.broker.send('d-2', 'command', '{}')).toBe(false);
});
