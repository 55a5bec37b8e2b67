import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectDevice, createDevices, eventually, topicOf } from '../../support/device.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startServer } from '../../support/server.ts';
import { LocalService, replies } from './local-service.ts';

const TOKEN = '123456789:AAE-secret_of_the_bot';

interface Outcome {
  state: string;
  answer: string;
  reason: string | null;
}

test('the whole server: siren, push key, and a token in no log', async () => {
  const telegram = await new LocalService().open();
  const refused = { ok: false, error_code: 401, description: `Unauthorized: ${TOKEN}` };
  telegram.replies = [replies.json(401, refused)];
  const server = await startServer({
    SLUICE_DATA_DIR: path.join(temporaryFolder(), 'data'),
    SLUICE_NOTIFY_TELEGRAM_TOKEN: TOKEN,
    SLUICE_NOTIFY_TELEGRAM_URL: telegram.url(),
    SLUICE_NOTIFY_WEB_PUSH_SUBJECT: 'mailto:office@farm.example',
    SLUICE_LOG_LEVEL: 'trace',
  });
  onTestFinished(() => void server.kill());
  const send = (channel: string, address: string): Promise<Outcome> =>
    server.call('POST', `/channels/${channel}/test`, { address });

  const [siren] = await createDevices(server, {
    ...{ coop: 'an-binh', ids: ['siren-1'], kind: 'pond-sensor' },
  });
  if (siren === undefined) throw new Error('no siren');
  expect(await send('mqtt', 'an-binh/siren-1')).toMatchObject({ state: 'retry' });
  expect(await send('mqtt', 'an-binh/siren-2')).toMatchObject({ state: 'refused' });
  const client = await connectDevice(server.mqttPort, siren);
  onTestFinished(() => void client.end(true));
  const commands: unknown[] = [];
  client.on('message', (_topic, payload) => commands.push(JSON.parse(payload.toString('utf8'))));
  await client.subscribeAsync(topicOf(siren, 'command'), { qos: 1 });
  expect(await send('mqtt', 'an-binh/siren-1')).toMatchObject({ state: 'sent' });
  await eventually('the siren', () => commands.length === 1);
  expect(commands).toEqual([
    expect.objectContaining({ action: 'on', maxSeconds: 5, notAfter: expect.any(String) }),
  ]);

  const { key } = await server.call<{ key: string }>('GET', '/push/key');
  expect(Buffer.from(key, 'base64url')).toHaveLength(65);

  const outcome = await send('telegram', '123456789');
  expect(outcome).toMatchObject({ state: 'retry', reason: '401 Unauthorized: (hidden)' });
  const channels = await server.call('GET', '/channels');
  await server.stop();
  expect(JSON.stringify([outcome, channels, server.output()])).not.toContain(TOKEN);
});
