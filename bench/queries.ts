import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'mqtt';
import { type LoadDevice, wait } from './mqtt-load.ts';
import { type SluiceTarget, startSluice } from './server.ts';
import { median } from './statistics.ts';
import type { Figure } from './suites.ts';

const DEVICES = 1_000;
const YEAR_MS = 365 * 86_400_000;
const STEP_MS = 300_000;
const REPORTS_PER_MESSAGE = 400;
const REPETITIONS = 15;
const agent = new Agent({ keepAlive: true });

/** What an agronomist waits for: a year of one device by day, and the last values of all. */
export async function measureQueries(
  provision: (server: SluiceTarget, count: number) => Promise<LoadDevice[]>,
): Promise<Figure[]> {
  const server = await startSluice({ SLUICE_CLOCK_PAST_DAYS: '400' });
  const devices = await provision(server, DEVICES);
  const now = Date.now();
  await Promise.all(devices.map((device) => send(server, device, [now])));
  const [first] = devices;
  if (first === undefined) return [];
  const times: number[] = [];
  for (let time = now - YEAR_MS; time < now; time += STEP_MS) times.push(time);
  await send(server, first, times);
  while ((await server.metric('sluice_series_backlog_frames')) > 0) await wait(100);
  const span = `from=${now - YEAR_MS}&to=${now}`;
  const year = `/api/v1/series?device=${first.id}&metric=dissolved_oxygen&${span}&every=1d&fn=mean`;
  const daily = await timed(server, year);
  const latest = await timed(server, '/api/v1/latest');
  await server.stop();
  return [
    {
      what: `One metric of one device, ${times.length} points of a year, daily mean by the API`,
      value: `${daily.toFixed(1)} ms`,
      goal: '≤ 40 ms',
    },
    {
      what: `Last values of ${DEVICES} devices by the API`,
      value: `${latest.toFixed(1)} ms`,
      goal: '≤ 20 ms',
    },
  ];
}

async function timed(server: SluiceTarget, route: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < REPETITIONS; round++) {
    const startedAt = performance.now();
    await lastByte(server, route);
    if (round >= 3) times.push(performance.now() - startedAt);
  }
  return median(times);
}

/** Until the last byte is here: what the reader then makes of it is not the server's time. */
async function lastByte(server: SluiceTarget, route: string): Promise<void> {
  const headers = { authorization: `Bearer ${server.token}` };
  const request = get(new URL(route, server.http), { agent, headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${route}: ${response.statusCode}`);
  response.resume();
  await once(response, 'end');
}

async function send(
  server: SluiceTarget,
  device: LoadDevice,
  times: readonly number[],
): Promise<void> {
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
  const topic = `sluice/v1/${device.coop}/${device.id}/report`;
  for (let at = 0; at < times.length; at += REPORTS_PER_MESSAGE) {
    const reports = times.slice(at, at + REPORTS_PER_MESSAGE).map((observedAt, index) => ({
      observedAt,
      values: { dissolved_oxygen: 5 + Math.sin((at + index) / 40), water_temperature: 29 },
    }));
    await client.publishAsync(topic, JSON.stringify(reports), { qos: 1 });
  }
  await client.endAsync();
}
