import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeInfluxStore } from '../series/influxdb-store.ts';
import { seriesSuite } from '../series/suite.ts';
import { type RunningInfluxdb, startInfluxdb } from './influxdb-container.ts';
import { containers } from './support.ts';

const START_DEADLINE_MS = 90_000;
const { influxdb, skipped } = containers();

for (const reason of skipped) test.skip(reason, () => undefined);

describe.each(influxdb)('InfluxDB in $image', (image) => {
  let running: RunningInfluxdb;

  beforeAll(async () => {
    running = await startInfluxdb(image);
  }, START_DEADLINE_MS);
  afterAll(() => running?.stop());

  seriesSuite('influxdb', (kinds) => makeInfluxStore({ server: running.server })(kinds));

  /** Calls that 1.x, 2.x and 3 share. */
  async function ask(route: string, init: RequestInit = {}): Promise<Response> {
    const { url, token } = running.server;
    const headers = token === undefined ? {} : { authorization: `Token ${token}` };
    const response = await fetch(new URL(route, url), { headers, ...init });
    expect(response.ok, `${route}: ${response.status}`).toBe(true);
    return response;
  }

  test('is the version it was taken for, and gives back what was written', async () => {
    const ping = await ask('/ping');
    const version = ping.headers.get('x-influxdb-version') ?? '';
    if (version !== '') expect(version.replace(/^v/, '')).toMatch(RegExp(`^${image.major}\\.`));
    if (image.major === '1') {
      await ask(`/query?q=${encodeURIComponent('CREATE DATABASE sluice')}`, { method: 'POST' });
    }
    const body = 'probe,device=ao-1 ph=7.9 1763787600000';
    await ask('/write?db=sluice&precision=ms', { method: 'POST', body });
    const query = encodeURIComponent('SELECT ph FROM probe');
    const answer = await ask(`/query?db=sluice&epoch=ms&q=${query}`);
    expect(JSON.stringify(await answer.json())).toContain('[1763787600000,7.9]');
  });
});
