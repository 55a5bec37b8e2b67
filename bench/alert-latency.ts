import { connect } from 'mqtt';
import { type LoadDevice, type LoadResult, wait } from './mqtt-load.ts';
import { load, type SluiceTarget, startSluice } from './server.ts';
import { percentile } from './statistics.ts';
import type { Figure } from './suites.ts';

const ALERTS = 200;
const BACKGROUND_DEVICES = 100;

/** From the PUBLISH of a report to its alert on the event stream, under background load. */
export async function measureAlertLatency(
  provision: (server: SluiceTarget, count: number) => Promise<LoadDevice[]>,
  ratePerSecond: number,
): Promise<Figure[]> {
  const server = await startSluice();
  const devices = await provision(server, BACKGROUND_DEVICES + ALERTS);
  const background: Promise<LoadResult> = load({
    port: server.port,
    devices: devices.slice(0, BACKGROUND_DEVICES),
    inFlight: 20,
    seconds: 26,
    warmUpSeconds: 1,
    ratePerSecond,
  });
  const seen = new Map<string, number>();
  const listening = new AbortController();
  void listen(server, listening.signal, (device) => {
    if (!seen.has(device)) seen.set(device, performance.now());
  });
  await wait(2_000);
  const latencies: number[] = [];
  for (const device of devices.slice(BACKGROUND_DEVICES)) {
    const sentAt = await crash(server, device);
    const deadline = performance.now() + 5_000;
    while (!seen.has(device.id) && performance.now() < deadline) await wait(5);
    latencies.push((seen.get(device.id) ?? Number.POSITIVE_INFINITY) - sentAt);
    await wait(60);
  }
  listening.abort();
  await background;
  await server.stop();
  latencies.sort((left, right) => left - right);
  const shape = `report → alert on the stream at ${ratePerSecond.toLocaleString('en')} messages/s`;
  return [
    { what: `${shape}, median`, value: `${percentile(latencies, 0.5).toFixed(1)} ms` },
    {
      what: `${shape}, p99`,
      value: `${percentile(latencies, 0.99).toFixed(1)} ms`,
      goal: '≤ 100 ms',
    },
  ];
}

/** Oxygen too low for ten minutes, told in one message; resolves with the time of sending. */
async function crash(server: SluiceTarget, device: LoadDevice): Promise<number> {
  const client = connect(`mqtt://127.0.0.1:${server.port}`, {
    clientId: device.id,
    username: device.id,
    password: device.secret,
    reconnectPeriod: 0,
  });
  await new Promise((resolve, reject) => {
    client.once('connect', resolve);
    client.once('error', reject);
  });
  const now = Date.now();
  const reports = [12, 8, 4, 0].map((minutes) => ({
    observedAt: now - minutes * 60_000,
    values: { dissolved_oxygen: 2.1 },
  }));
  const sentAt = performance.now();
  const topic = `sluice/v1/${device.coop}/${device.id}/report`;
  await client.publishAsync(topic, JSON.stringify(reports), { qos: 1 });
  await client.endAsync();
  return sentAt;
}

async function listen(
  server: SluiceTarget,
  signal: AbortSignal,
  onAlert: (device: string) => void,
): Promise<void> {
  const response = await fetch(new URL('/api/v1/stream?type=alert', server.http), {
    headers: { authorization: `Bearer ${server.token}` },
    signal,
  });
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined && event.includes('event: alert')) {
          onAlert((JSON.parse(data) as { device: string }).device);
        }
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
