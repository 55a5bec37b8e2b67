import { expect, onTestFinished, test } from 'vitest';
import type { Delivery } from '../../src/contracts/notify.ts';
import { LocalService, replies } from '../notify/channels/local-service.ts';
import { connectDevice, createDevices, eventually, topicOf } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { toldIn, WEBHOOK_SETTINGS } from './messages.ts';

/** Two rounds of the messenger, and the way there. */
const PROMPT_MS = 2_500;
const PONDS = ['ao-0', 'ao-1', 'ao-2'];
const MINUTE_MS = 60_000;

interface Contact {
  channel: string;
  address: string;
}

function addPerson(server: TestServer, id: string, contact: Contact): Promise<unknown> {
  return server.call('POST', '/people', {
    ...{ id, name: id, coops: ['c'], language: 'en', contacts: [contact] },
    policy: { minimum: 'critical', sites: null, quietHours: null, digestAt: null, perHour: 10 },
  });
}

test('a channel and a receiver that hang delay no other; a restart sends nothing again', async () => {
  const receiver = await new LocalService().open();
  const deaf = await new LocalService().open();
  deaf.replies = [replies.hang];
  const environment = {
    ...{ SLUICE_DATA_DIR: temporaryFolder(), ...WEBHOOK_SETTINGS },
    SLUICE_NOTIFY_SMS_HTTP_URL: `${deaf.url()}/sms`,
    SLUICE_NOTIFY_SMS_HTTP_BODY: '{"to":"{phone}","text":"{text}"}',
    SLUICE_NOTIFY_SMS_HTTP_SUCCESS: 'ok',
  };
  const first = await startServer(environment);
  onTestFinished(() => first.kill());
  const ponds = await createDevices(first, { coop: 'c', ids: PONDS, kind: 'pond-sensor' });
  await addPerson(first, 'an', { channel: 'sms-http', address: '+84901234567' });
  await addPerson(first, 'binh', { channel: 'webhook', address: `${deaf.url()}/binh` });
  await addPerson(first, 'chi', { channel: 'webhook', address: `${receiver.url()}/chi` });

  for (const [turn, pond] of ponds.entries()) {
    const client = await connectDevice(first.mqttPort, pond);
    const now = Date.now();
    const reports = [12, 8, 4, 0].map((minutes) => ({
      observedAt: now - minutes * MINUTE_MS,
      values: { dissolved_oxygen: 1 },
    }));
    await client.publishAsync(topicOf(pond), JSON.stringify(reports), { qos: 1 });
    const told = (): boolean => receiver.received.length > turn;
    await eventually(`news of ${pond.id}`, told, PROMPT_MS);
    await client.endAsync();
  }
  await eventually('both who hang to be tried', () => deaf.received.length >= 2);
  expect(toldIn(receiver.received).map(({ person }) => person)).toEqual(['chi', 'chi', 'chi']);

  const delivered = await eventually('the outbox to know', async () => {
    const { items } = await first.call<{ items: Delivery[] }>('GET', '/notifications?person=chi');
    return items.every(({ state }) => state === 'delivered') && items;
  });
  expect(delivered).toHaveLength(PONDS.length);
  const stopping = performance.now();
  expect(await first.stop()).toBe(0);
  expect(performance.now() - stopping, 'a hanging send holds the stop').toBeLessThan(8_000);
  const before = receiver.received.length;
  const tried = new Set(deaf.received.map(({ headers }) => headers['idempotency-key']));
  const second = await startServer(environment);
  onTestFinished(() => second.kill());
  await eventually('those who wait to be tried again', () => deaf.received.length > tried.size + 2);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await second.stop();
  expect(receiver.received.length - before).toBe(0);
  const byPerson = await stillWaiting(environment);
  expect(byPerson).toEqual({ an: 'waiting', binh: 'waiting' });
});

/** What became of the messages to those who hang: none is lost. */
async function stillWaiting(environment: Record<string, string>): Promise<Record<string, string>> {
  const server = await startServer(environment);
  onTestFinished(() => server.kill());
  const states: Record<string, string> = {};
  for (const person of ['an', 'binh']) {
    const route = `/notifications?person=${person}`;
    const { items } = await server.call<{ items: Delivery[] }>('GET', route);
    expect(items).toHaveLength(PONDS.length);
    states[person] = [...new Set(items.map(({ state }) => state))].join(' ');
  }
  await server.stop();
  return states;
}
