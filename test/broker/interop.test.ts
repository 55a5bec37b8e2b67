import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SECRET, type Stand, startStand, until } from './support.ts';

const run = promisify(execFile);
let stand: Stand;

beforeEach(async () => {
  stand = await startStand();
});
afterEach(async () => {
  await stand.broker.stop();
});

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const reason = 'mosquitto-clients is not installed';
describe.skipIf(!isInstalled('mosquitto_pub'))(
  `mosquitto's clients (${reason} when skipped)`,
  () => {
    const args = (version: string, ...more: string[]): string[] =>
      ['-h', '127.0.0.1', '-p', String(stand.port), '-V', version, '-i', 'd-1', '-u', 'd-1'].concat(
        more,
      );

    test.each(['31', '311'])('a report with version %s', async (version) => {
      const topic = 'sluice/v1/coop-a/d-1/report';
      await run(
        'mosquitto_pub',
        args(version, '-P', SECRET, '-q', '1', '-t', topic, '-m', '{"values":{}}'),
      );
      await run('mosquitto_pub', args(version, '-P', SECRET, '-q', '2', '-t', topic, '-m', 'two'));
      await run('mosquitto_pub', args(version, '-P', SECRET, '-q', '0', '-t', topic, '-m', 'zero'));
      await until('the last', () => stand.journal.texts().length === 3);
      expect(stand.journal.texts()).toEqual(['{"values":{}}', 'two', 'zero']);
    });

    test('version 5 and a wrong secret are answered so that the client can say why', async () => {
      const send = (version: string, secret: string): Promise<{ stderr: string }> =>
        run('mosquitto_pub', args(version, '-P', secret, '-t', 'x', '-m', 'x')).catch(
          (error: { stderr: string }) => error,
        );
      expect((await send('5', SECRET)).stderr).toContain('Unsupported Protocol Version');
      expect((await send('311', 'wrong')).stderr).toMatch(/bad user name or password/i);
    });

    test('a command arrives', async () => {
      const topic = 'sluice/v1/coop-a/d-1/command';
      const heard = run(
        'mosquitto_sub',
        args('311', '-P', SECRET, '-q', '1', '-t', topic, '-C', '1', '-W', '8'),
      );
      await until('it listens', () => stand.broker.send('d-1', 'command', '{"action":"open"}'));
      expect((await heard).stdout.trim()).toBe('{"action":"open"}');
    });
  },
);

describe('mqtt.js', () => {
  const dial = (id: string, more: mqtt.IClientOptions = {}): mqtt.MqttClient =>
    mqtt.connect(`mqtt://127.0.0.1:${stand.port}`, {
      clientId: id,
      username: id,
      password: SECRET,
      reconnectPeriod: 20,
      ...more,
    });

  test('reports, hears its rejections, and comes back by itself with its session', async () => {
    const client = dial('d-2', { clean: false });
    const heard: string[] = [];
    client.on('message', (_topic, payload) => heard.push(payload.toString()));
    await client.subscribeAsync('sluice/v1/coop-a/d-2/rejected', { qos: 1 });
    await client.publishAsync('sluice/v1/coop-a/d-2/report', 'one', { qos: 1 });
    await client.publishAsync('sluice/v1/coop-a/d-2/report', 'two', { qos: 2 });
    expect(await stand.broker.send('d-2', 'rejected', '{"code":"x"}')).toBe(true);
    await until('it is heard', () => heard.length === 1);
    client.stream.destroy();
    await until('it left', () => !stand.broker.connected('d-2'));
    await until('it is back', () => stand.broker.connected('d-2'));
    await until('it hears again', () => stand.broker.send('d-2', 'rejected', 'again'));
    await until('it is heard', () => heard.includes('again'));
    expect(stand.journal.texts()).toEqual(['one', 'two']);
    await client.endAsync();
    await until('it left', () => stand.broker.connections === 0);
  });

  test('a subscription that is not its own is refused', async () => {
    const client = dial('d-2');
    await expect(client.subscribeAsync('#', { qos: 1 })).rejects.toThrow();
    await client.endAsync();
  });

  test('version 5 is refused with its own reason code', async () => {
    const client = dial('d-2', { protocolVersion: 5, reconnectPeriod: 0 });
    const error = await new Promise<Error & { code?: number }>((resolve) =>
      client.on('error', resolve),
    );
    expect(error.code).toBe(0x84);
    await client.endAsync(true);
  });
});
