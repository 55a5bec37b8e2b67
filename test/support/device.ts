import { connect, type MqttClient } from 'mqtt';
import type { TestServer } from './server.ts';

export interface DeviceAccount {
  id: string;
  coop: string;
  secret: string;
}

/** The secret every test device brings: 32 characters or more. */
export const deviceSecret = (id: string): string => `test-secret-0123456789-0123456789-${id}`;

/** A cooperative with one pond and its devices, made over the API. */
export async function createDevices(
  server: Pick<TestServer, 'call'>,
  { coop, ids, kind }: { coop: string; ids: readonly string[]; kind: string },
): Promise<DeviceAccount[]> {
  await server.call('POST', '/coops', { id: coop, name: coop });
  await server.call('POST', '/sites', { id: `${coop}-site`, coop, kind: 'pond', name: 'Ao 1' });
  for (const id of ids) {
    const device = { id, coop, site: `${coop}-site`, kind, secret: deviceSecret(id) };
    await server.call('POST', '/devices', device);
  }
  return ids.map((id) => ({ id, coop, secret: deviceSecret(id) }));
}

export const topicOf = ({ coop, id }: DeviceAccount, last = 'report'): string =>
  `sluice/v1/${coop}/${id}/${last}`;

/** A connected MQTT client that does not connect again by itself. */
export async function connectDevice(port: number, device: DeviceAccount): Promise<MqttClient> {
  const client = connect(`mqtt://127.0.0.1:${port}`, {
    clientId: device.id,
    username: device.id,
    password: device.secret,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
  });
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('error', reject);
    client.once('close', () => reject(new Error(`${device.id}: closed before it was connected`)));
  });
  client.on('error', () => undefined);
  return client;
}

/** Asks until the answer is truthy; throws with `what` when that takes too long. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
