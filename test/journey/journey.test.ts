import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertView, SeriesAnswer } from '../support/answers.ts';
import {
  connectDevice,
  createDevices,
  type DeviceAccount,
  eventually,
  topicOf,
} from '../support/device.ts';
import { startServer, type TestServer } from '../support/server.ts';

const missing = spawnSync('mosquitto_pub', ['--help']).error?.message;
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-journey-'));
let server: TestServer;
let account: DeviceAccount;

beforeAll(async () => {
  server = await startServer({ SLUICE_DATA_DIR: folder });
  const ids = ['ao-1', 'ao-2'];
  [account] = (await createDevices(server, { coop: 'c', ids, kind: 'pond-sensor' })) as [
    DeviceAccount,
  ];
});

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});

interface Latest {
  items: Array<{ device: string; metric: string; value: number; ageSeconds: number }>;
}

/** Events of the stream as they come, until the test lets go. */
async function listen(onEvent: (name: string, data: unknown) => void): Promise<() => void> {
  const stopper = new AbortController();
  const response = await fetch(new URL('/api/v1/stream', server.http), {
    headers: { authorization: `Bearer ${server.token}` },
    signal: stopper.signal,
  });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  void (async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const name = /^event: (.*)$/m.exec(event)?.[1];
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (name !== undefined && data !== undefined) onEvent(name, JSON.parse(data));
      }
    }
  })().catch(() => undefined);
  return () => stopper.abort();
}

describe('the journey of one reading', () => {
  test.skipIf(missing)(
    `from a client nobody here wrote to every place it belongs${missing ? ` (${missing})` : ''}`,
    async () => {
      const events: Array<[string, { device?: string }]> = [];
      const stop = await listen((name, data) => events.push([name, data as { device?: string }]));
      const { id, secret } = account;
      const port = String(server.mqttPort);
      const sign = ['-i', id, '-u', id, '-P', secret];
      const what = ['-t', topicOf(account), '-m', '{"values":{"dissolved_oxygen":2.1}}'];
      execFileSync('mosquitto_pub', ['-p', port, '-V', '311', '-q', '1', ...sign, ...what]);
      const latest = await eventually('the last value', async () => {
        const { items } = await server.call<Latest>('GET', `/latest?device=${id}`);
        return items.length > 0 && items;
      });
      expect(latest).toMatchObject([{ metric: 'dissolved_oxygen', value: 2.1 }]);
      const series = await eventually('the series', async () => {
        const answer = await server.call<SeriesAnswer>('GET', `/series?device=${id}`);
        return answer.items.length > 0 && answer;
      });
      expect(series.items).toMatchObject([
        { device: id, site: 'c-site', unit: 'mg/L', columns: ['time', 'value'] },
      ]);
      expect(series.items[0]?.rows[0]?.[1]).toBe(2.1);
      const alert = await eventually('an alert', async () => {
        const { items } = await server.call<{ items: AlertView[] }>('GET', '/alerts?state=open');
        return items.find(({ device }) => device === id);
      });
      await eventually('the stream', () =>
        ['observation', 'alert'].every((name) => events.some(([one]) => one === name)),
      );
      stop();
      const answered = await server.call<AlertView>('POST', `/alerts/${alert.id}/acknowledge`, {
        note: 'bật quạt',
      });
      expect(answered.state).toBe('acknowledged');
    },
  );

  test('a bad report is acknowledged, kept, answered and counted', async () => {
    const [, second] = ['ao-1', 'ao-2'];
    const device = { ...account, id: second ?? '', secret: account.secret.replace('ao-1', 'ao-2') };
    const client = await connectDevice(server.mqttPort, device);
    const answers: string[] = [];
    client.on('message', (_topic, payload) => answers.push(payload.toString()));
    await client.subscribeAsync(topicOf(device, 'rejected'), { qos: 1 });
    await client.publishAsync(topicOf(device), 'rubbish', { qos: 1 });
    const report = { sequence: 7, values: { ph: 99, salinity: 12, sugar: 1 } };
    await client.publishAsync(topicOf(device), JSON.stringify(report), { qos: 1 });
    await eventually('three answers', () => answers.length === 3);
    expect(answers.map((text) => (JSON.parse(text) as { code: string }).code).sort()).toEqual([
      'NOT_JSON',
      'OUT_OF_RANGE',
      'UNKNOWN_METRIC',
    ]);
    const { items } = await server.call<{ items: unknown[] }>('GET', '/rejections?device=ao-2');
    expect(items).toHaveLength(3);
    const account2 = await eventually('the accounts to balance', async () => {
      const found = await server.call<{ items: Array<{ balanced: boolean }> }>(
        'GET',
        '/accounting?device=ao-2',
      );
      return found.items.find(({ balanced }) => balanced);
    });
    expect(account2).toMatchObject({ received: 4, stored: 1, duplicate: 0, rejected: 3 });
    await client.endAsync();
  });

  test('a retransmission is stored once and counted as a duplicate', async () => {
    const client = await connectDevice(server.mqttPort, account);
    const observedAt = Date.now() - 3_600_000;
    const report = JSON.stringify({ observedAt, values: { salinity: 15.5 } });
    for (let times = 0; times < 3; times++) {
      await client.publishAsync(topicOf(account), report, { qos: 1 });
    }
    await client.endAsync();
    const span = `from=${observedAt - 1}&to=${observedAt + 1}`;
    await eventually('duplicates in the accounts', async () => {
      const { items } = await server.call<{ items: Array<{ duplicate: number }> }>(
        'GET',
        '/accounting?device=ao-1',
      );
      return items[0]?.duplicate === 2;
    });
    const { items } = await server.call<SeriesAnswer>(
      'GET',
      `/series?device=ao-1&metric=salinity&${span}`,
    );
    expect(items[0]?.rows).toHaveLength(1);
  });

  test('a wrong secret and a foreign topic end the connection', async () => {
    await expect(
      connectDevice(server.mqttPort, { ...account, secret: 'x'.repeat(40) }),
    ).rejects.toThrow();
    const client = await connectDevice(server.mqttPort, account);
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.publish('sluice/v1/c/ao-2/report', '{"values":{"ph":7}}', { qos: 1 });
    await closed;
  });
});
