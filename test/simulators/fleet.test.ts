import { createServer, type Server } from 'node:net';
import { Aedes } from 'aedes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FleetMessage, type FleetOptions, runFleet } from '#simulators/fleet';
import { fleetPlan } from '#simulators/plan';
import { readValues } from '#simulators/report';
import { seedOf } from '#simulators/worlds/chance';
import { createWorld, fallingOxygen } from '#simulators/worlds/world';
import { sleep } from '#src/base/clock';
import { loadKinds } from '#src/ingest/kinds';

const kinds = await loadKinds();
const world = createWorld(1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Date.UTC(2026, 10, 22, 5);
/** How long something may take to happen on a busy machine. */
const soon = { timeout: 10_000 };
const SECRET = 'a-secret-of-at-least-thirty-two-characters';

interface Reading {
  observedAt: string;
  sequence: number;
  boot: string;
  values: Record<string, number | string>;
}

/** A bare broker that keeps what arrived on each topic, in order. */
let broker: Aedes;
let server: Server;
let brokerUrl: string;
let arrived: Array<{ topic: string; payload: string }>;
/** What the broker answers to a publish; null accepts. */
let refuse: (topic: string) => Error | null;

async function listen(port = 0): Promise<void> {
  broker = await Aedes.createBroker();
  broker.authorizePublish = (_client, packet, done) => {
    const error = refuse(packet.topic);
    if (error === null) {
      arrived.push({ topic: packet.topic, payload: packet.payload.toString() });
    }
    done(error);
  };
  server = createServer(broker.handle);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  brokerUrl = `mqtt://127.0.0.1:${address.port}`;
}

async function shutDown(): Promise<void> {
  await new Promise<void>((resolve) => broker.close(resolve));
  await new Promise((resolve) => server.close(resolve));
}

beforeEach(async () => {
  arrived = [];
  refuse = () => null;
  await listen();
});
afterEach(shutDown);

function reportsArrived(): Map<string, Reading[]> {
  const byDevice = new Map<string, Reading[]>();
  for (const { topic, payload } of arrived) {
    if (!topic.endsWith('/report')) continue;
    expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(64 * 1024);
    const device = topic.split('/')[3] ?? '';
    const parsed = JSON.parse(payload) as Reading | Reading[];
    const reports = Array.isArray(parsed) ? parsed : [parsed];
    expect(reports.length).toBeLessThanOrEqual(500);
    byDevice.set(device, [...(byDevice.get(device) ?? []), ...reports]);
  }
  return byDevice;
}

function devices(count: number): FleetOptions['devices'] {
  return fleetPlan(kinds, count).devices.map((device) => ({ ...device, secret: SECRET }));
}

/** A fleet whose time is over, so that it only fills in what lies behind. */
function backfill(count: number, change: Partial<FleetOptions> = {}): FleetOptions {
  return {
    brokerUrl,
    kinds,
    world,
    devices: devices(count),
    startAt: now,
    from: now - DAY,
    until: now,
    boot: 'b1',
    reconnect: { minMs: 20, maxMs: 50 },
    ...change,
  };
}

/** Stops a fleet that hangs before the test does. */
const patience = (): AbortSignal => AbortSignal.timeout(20_000);

describe('back-filling', () => {
  test('sends every report once, in order, and what a reader can compute', async () => {
    const options = backfill(9);
    const summary = await runFleet(options, patience());
    const byDevice = reportsArrived();
    let total = 0;
    for (const device of options.devices) {
      const kind = kinds.get(device.kind);
      if (kind === undefined) throw new Error('no kind');
      const reports = byDevice.get(device.id) ?? [];
      total += reports.length;
      expect(reports.length).toBe(86_400 / kind.intervalSeconds);
      for (const [place, report] of reports.entries()) {
        const time = Date.parse(report.observedAt);
        expect(report.sequence).toBe(place);
        expect(report.boot).toBe('b1');
        expect(report.values).toEqual(
          readValues(kind, {
            world,
            seed: device.seed ?? 0,
            time,
            intervalSeconds: kind.intervalSeconds,
          }),
        );
      }
    }
    expect(summary).toMatchObject({ total, sent: total, acknowledged: total, connected: 0 });
  });

  test('reads every night’s catch exactly once, whatever the interval', async () => {
    const kind = [...kinds.values()].find((one) =>
      one.metrics.some((metric) => metric.name === 'lamp_hours'),
    );
    if (kind === undefined) throw new Error('no trap');
    for (const intervalSeconds of [600, 3600, 5400, 86_400]) {
      arrived = [];
      const device = { id: 't', coop: 'c', kind: kind.name, secret: SECRET, intervalSeconds };
      await runFleet(backfill(0, { devices: [device], from: now - 10 * DAY }), patience());
      const nights = (reportsArrived().get('t') ?? []).filter((one) => 'lamp_hours' in one.values);
      expect(nights.length, `${intervalSeconds} s`).toBe(10);
    }
  });

  test('rain adds up to the same in short intervals and in long ones', () => {
    const kind = [...kinds.values()].find((one) =>
      one.metrics.some((metric) => metric.name === 'rain'),
    );
    if (kind === undefined) throw new Error('no rain gauge');
    const rainOf = (intervalSeconds: number): number => {
      let sum = 0;
      for (let time = now - 20 * DAY; time < now; time += intervalSeconds * 1000) {
        const input = { world, seed: 1, time: time + intervalSeconds * 1000, intervalSeconds };
        sum += readValues(kind, input)?.['rain'] ?? 0;
      }
      return sum;
    };
    const daily = rainOf(86_400);
    expect(daily).toBeGreaterThan(10);
    expect(rainOf(3_600)).toBeCloseTo(daily, 6);
    expect(rainOf(60)).toBeCloseTo(daily, 6);
  });

  test('says hello and goodbye with a status', async () => {
    const stopper = new AbortController();
    const running = runFleet(
      { brokerUrl, kinds, world, devices: devices(1), until: Date.now() + HOUR },
      stopper.signal,
    );
    const topic = `sluice/v1/mo-phong/${devices(1)[0]?.id}/status`;
    await expect.poll(() => arrived, soon).toContainEqual(expect.objectContaining({ topic }));
    stopper.abort();
    await running;
    await expect
      .poll(() => arrived.filter((one) => one.topic === topic).map((one) => one.payload), soon)
      .toEqual(['{"online":true,"firmware":"simulator-1.0.0"}', '{"online":false}']);
  });
});

describe('live', () => {
  test('keeps the rate that was asked for', async () => {
    const startAt = Date.now();
    const options = {
      brokerUrl,
      kinds,
      world,
      devices: devices(10),
      ratePerSecond: 100,
      until: startAt + 1_000,
    };
    const summary = await runFleet(options, patience());
    expect(summary.acknowledged).toBeGreaterThanOrEqual(90);
    expect(summary.acknowledged).toBeLessThanOrEqual(110);
    // Live reports go out one by one as they are due, apart from those a slow moment joins.
    const messages = arrived.filter((one) => one.topic.endsWith('/report')).length;
    expect(messages).toBeGreaterThan(30);
  });

  test('compresses time: an hour in a second', async () => {
    const began = performance.now();
    const options = backfill(3, { from: now, until: now + HOUR, speed: 3600 });
    const summary = await runFleet(options, patience());
    const tookMs = performance.now() - began;
    expect(tookMs).toBeGreaterThan(800);
    expect(tookMs).toBeLessThan(10_000);
    expect(summary.acknowledged).toBe(summary.total);
    expect(summary.total).toBeGreaterThan(20);
  });

  test('the falling oxygen is below 3 mg/L for 300 s within 45 s of the start', () => {
    const kind = [...kinds.values()].find(({ metrics }) =>
      metrics.some(({ name }) => name === 'dissolved_oxygen'),
    );
    if (kind === undefined) throw new Error('no pond device');
    for (const name of ['thuan-hoa-pond-1', 'thuan-hoa-pond-3', 'thuan-hoa-pond-12']) {
      const seed = seedOf(name);
      const fallen = createWorld(1, fallingOxygen(seed, now));
      let since: number | null = null;
      let openedAt: number | null = null;
      for (let time = now - 600_000; time < now + 600_000 && openedAt === null; time += 10_000) {
        const values = readValues(kind, { world: fallen, seed, time, intervalSeconds: 10 });
        const below = (values?.['dissolved_oxygen'] ?? 99) < 3;
        since = below ? (since ?? time) : null;
        if (since !== null && time - since >= 300_000) openedAt = time;
      }
      expect(openedAt).not.toBeNull();
      expect((openedAt ?? 0) - now).toBeGreaterThanOrEqual(10_000);
      expect((openedAt ?? 0) - now).toBeLessThanOrEqual(45_000);
    }
  });
});

describe('faults', () => {
  test('loss: reports are missing, their sequence numbers show it, and all is counted', async () => {
    const summary = await runFleet(backfill(6, { faults: { loss: 0.1 } }), patience());
    const reports = [...reportsArrived().values()].flat();
    expect(summary.lost).toBeGreaterThan(0.05 * summary.total);
    expect(summary.lost).toBeLessThan(0.15 * summary.total);
    expect(reports.length).toBe(summary.total - summary.lost);
    expect(summary.acknowledged).toBe(reports.length);
    const gaps = [...reportsArrived().values()].some((list) =>
      list.some((report, place) => report.sequence !== place),
    );
    expect(gaps).toBe(true);
  });

  test('duplicates: the same bytes twice, counted apart', async () => {
    const options = backfill(6, { faults: { duplicate: 1 } });
    const summary = await runFleet(options, patience());
    const payloads = arrived
      .filter((one) => one.topic.endsWith('/report'))
      .map((one) => one.payload);
    expect(payloads.length).toBe(2 * new Set(payloads).size);
    expect(summary).toMatchObject({ acknowledged: summary.total, repeated: summary.total });
  });

  test('late: held spans arrive behind newer reports, and none is missing', async () => {
    const options = backfill(4, { faults: { late: { share: 0.3, delaySeconds: 3600 } } });
    const summary = await runFleet(options, patience());
    let late = 0;
    for (const reports of reportsArrived().values()) {
      let newest = 0;
      for (const report of reports) {
        const time = Date.parse(report.observedAt);
        if (time < newest) late++;
        newest = Math.max(newest, time);
      }
      const sequences = reports.map((report) => report.sequence).sort((a, b) => a - b);
      expect(sequences).toEqual(sequences.map((_, place) => place));
    }
    expect(late).toBeGreaterThan(0.1 * summary.total);
    expect(late).toBeLessThan(0.5 * summary.total);
    expect(summary.acknowledged).toBe(summary.total);
  });

  test('clock error: all observed times of the device are off alike', async () => {
    const sound = await sentTimes({});
    const wrong = await sentTimes({ clock: { share: 1, offsetMs: -2 * HOUR } });
    expect(wrong).toEqual(sound.map((time) => time - 2 * HOUR));
  });

  async function sentTimes(faults: FleetOptions['faults']): Promise<number[]> {
    const times: number[] = [];
    await runFleet(
      backfill(1, {
        ...(faults === undefined ? {} : { faults }),
        onSent: (message) => times.push(...message.reports.map((report) => report.observedAt)),
      }),
      patience(),
    );
    return times;
  }

  test('sensor faults: one value of a share of the reports is spoiled, each in its way', async () => {
    const device = devices(17).find((one) => kinds.get(one.kind)?.siteKind === 'pond');
    if (device === undefined) throw new Error('no pond device');
    const kind = kinds.get(device.kind);
    const readings = async (faults: FleetOptions['faults']): Promise<Reading[]> => {
      arrived = [];
      await runFleet(backfill(0, { devices: [device], faults: faults ?? {} }), patience());
      return reportsArrived().get(device.id) ?? [];
    };
    const sound = await readings({});
    for (const fault of ['stuck', 'spike', 'range', 'text'] as const) {
      const spoilt = await readings({ sensor: { share: 0.5, faults: [fault] } });
      const wrong = spoilt.flatMap((report, place) =>
        Object.entries(report.values).filter(([name, value]) => {
          const right = sound[place]?.values[name];
          return value !== right;
        }),
      );
      expect(wrong.length, fault).toBeGreaterThan(60);
      expect(wrong.length, fault).toBeLessThan(200);
      for (const [name, value] of wrong) {
        const metric = kind?.metrics.find((one) => one.name === name);
        if (fault === 'text') expect(value).toBe('NaN');
        else if (fault === 'range') expect(value).toBeGreaterThan(metric?.max ?? 0);
        else expect(value).toBeLessThanOrEqual(metric?.max ?? 0);
      }
    }
  });

  test('cut connections: what was not acknowledged is sent again until it is', async () => {
    const sent: FleetMessage[] = [];
    const acknowledged: FleetMessage[] = [];
    const options = backfill(5, {
      from: now - 5 * DAY,
      faults: { cut: 0.5 },
      onSent: (message) => sent.push(message),
      onAcknowledged: (message) => acknowledged.push(message),
    });
    const summary = await runFleet(options, patience());
    expect(summary.acknowledged).toBe(summary.total);
    expect(new Set(acknowledged)).toEqual(new Set(sent));
    expect(acknowledged.length).toBe(sent.length);
    // Each acknowledged report did arrive, and more than once only as the same bytes.
    const payloads = new Set(arrived.map((one) => one.payload));
    for (const message of acknowledged) expect(payloads).toContain(message.payload);
  });
});

describe('a broker that fails', () => {
  test('gets every report after it came back, in the order of the device', async () => {
    const { port } = new URL(brokerUrl);
    const acknowledged: string[] = [];
    const startAt = Date.now();
    const running = runFleet(
      {
        brokerUrl,
        kinds,
        world,
        devices: devices(5),
        ratePerSecond: 200,
        until: startAt + 1_500,
        reconnect: { minMs: 20, maxMs: 50 },
        onAcknowledged: (message) => acknowledged.push(message.payload),
      },
      patience(),
    );
    await expect.poll(() => acknowledged.length, soon).toBeGreaterThan(20);
    await shutDown();
    await sleep(300);
    await listen(Number(port));
    const summary = await running;
    expect(summary.acknowledged).toBe(summary.total);
    for (const reports of reportsArrived().values()) {
      const first = [...new Set(reports.map((report) => report.sequence))];
      expect(first).toEqual(first.map((_, place) => place));
    }
  });

  test('that refuses the credentials is named, and tried again', async () => {
    let tries = 0;
    broker.authenticate = (_client, _user, _password, done) => {
      tries++;
      done(Object.assign(new Error('no'), { returnCode: 5 as const }), false);
    };
    const stopper = new AbortController();
    const problems: Array<string | null> = [];
    const running = runFleet(
      backfill(1, { progressMs: 20, onProgress: ({ problem }) => problems.push(problem) }),
      stopper.signal,
    );
    await expect.poll(() => tries, soon).toBeGreaterThan(2);
    const [device] = devices(1);
    const problem = new RegExp(`${device?.id}: .*[Nn]ot authorized`);
    await expect.poll(() => problems.at(-1), soon).toMatch(problem);
    stopper.abort();
    await running;
  });

  test('that never acknowledges stops the sender at its window', async () => {
    const sent: FleetMessage[] = [];
    broker.authorizePublish = () => undefined;
    const stopper = new AbortController();
    const options = backfill(1, {
      from: now - 200 * DAY,
      window: 3,
      onSent: (message) => sent.push(message),
    });
    const running = runFleet(options, stopper.signal);
    await expect.poll(() => sent.length, soon).toBe(4);
    await sleep(200);
    expect(sent.length).toBe(4);
    stopper.abort();
    expect((await running).acknowledged).toBe(0);
  });
});

test('a fleet of an unknown kind says which kinds there are', async () => {
  const device = { id: 'x', coop: 'c', kind: 'tide-gauge', secret: SECRET };
  await expect(runFleet(backfill(0, { devices: [device] }), patience())).rejects.toMatchObject({
    code: 'KIND_UNKNOWN',
    hint: expect.stringContaining([...kinds.keys()][0] ?? ''),
  });
});

test('a thousand devices report through one process', async () => {
  const options = backfill(1_000, { from: now - HOUR, connectsPerSecond: 1_000 });
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listener);
  const summary = await runFleet(options, patience());
  process.off('warning', listener);
  expect(summary.acknowledged).toBe(summary.total);
  expect(reportsArrived().size).toBe(1_000);
  expect(warnings).toEqual([]);
});
