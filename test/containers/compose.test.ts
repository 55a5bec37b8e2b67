import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import type { SeriesAnswer } from '../support/answers.ts';
import { connectDevice, type DeviceAccount, eventually, topicOf } from '../support/device.ts';
import { composeStack, type Stack } from './compose.ts';
import { composeCommand, containers } from './support.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { influxdb, server } = containers();
const noCompose = composeCommand() ? undefined : 'neither docker compose nor docker-compose';
const noStack = noCompose ?? server.reason;
// The image the file names, or the nearest that can be had.
const beside = influxdb.find(({ major }) => major === '2') ?? influxdb[0];
const noInflux = noStack ?? (beside === undefined ? 'no image of InfluxDB' : undefined);
const STACK_DEADLINE_MS = 240_000;

const because = (reason: string | undefined): string => (reason ? ` (skipped: ${reason})` : '');

describe.skipIf(noCompose)(`docker-compose.yml${because(noCompose)}`, () => {
  interface ComposeFile {
    services: Record<string, { image: string; environment: Record<string, string> }>;
  }
  const read = async (variables: Record<string, string>): Promise<ComposeFile['services']> => {
    const stack = await composeStack('config', variables);
    return (parse(await stack.compose('config')) as ComposeFile).services;
  };

  test('is accepted with and without the profile, which picks the store', async () => {
    const { sluice: alone } = await read({});
    expect(alone?.environment['SLUICE_SERIES']).toBe('duckdb');
    const { sluice, influxdb } = await read({ COMPOSE_PROFILES: 'influxdb' });
    expect(sluice?.environment['SLUICE_SERIES']).toBe('influxdb');
    expect(influxdb?.image).toBe('influxdb:2.7');
  });

  test('no secret is written down and every port is on loopback', () => {
    const lines = readFileSync(path.join(root, 'docker-compose.yml'), 'utf8').split('\n');
    // What is given comes from the operator's environment, and without that it is empty.
    const given = lines.filter((line) => /(PASSWORD|TOKEN): /.test(line));
    expect(given).toHaveLength(1);
    expect(given[0]).toMatch(/SLUICE_ADMIN_TOKEN: \$\{SLUICE_ADMIN_TOKEN:-\}$/);
    const ports = lines.filter((line) => /^ +- "[^"]*:\d+"$|^ +- "[^"]*PORT/.test(line));
    expect(ports).toHaveLength(3);
    for (const line of ports) expect(line).toContain('127.0.0.1');
  });
});

describe.skipIf(noStack)(`the image${because(noStack)}`, () => {
  test('is built from the Dockerfile as it stands', () => {
    expect(server.failure).toBeUndefined();
    expect(server.image).toBeTruthy();
  });
});

/** An operator's first steps, with the commands of the README. */
async function firstSteps(stack: Stack): Promise<{ token: string; device: DeviceAccount }> {
  const sluice = (...args: string[]): Promise<string> =>
    stack.compose('exec', '-T', 'sluice', 'sluice', ...args);
  const token = (await sluice('token', 'create', 'test', '--role', 'administrator')).trim();
  const response = await fetch(new URL('/api/v1/coops', stack.httpUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'thuan-hoa', name: 'Thuận Hòa' }),
  });
  expect(response.status).toBeLessThan(300);
  const where = ['--coop', 'thuan-hoa', '--kind', 'pond-sensor', '--json'];
  const added = JSON.parse(await sluice('device', 'add', 'ao-1', ...where)) as {
    credentials: { password: string };
  };
  const secret = added.credentials.password;
  return { token, device: { id: 'ao-1', coop: 'thuan-hoa', secret } };
}

async function report(stack: Stack, device: DeviceAccount): Promise<void> {
  const client = await connectDevice(stack.mqttPort, device);
  const message = JSON.stringify({ values: { dissolved_oxygen: 5.12 } });
  await client.publishAsync(topicOf(device), message, { qos: 1 });
  await client.endAsync();
}

async function readBack(stack: Stack, token: string): Promise<void> {
  const items = await eventually('the series', async () => {
    const route = '/api/v1/series?device=ao-1&metric=dissolved_oxygen';
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(new URL(route, stack.httpUrl), { headers }).catch(() => undefined);
    if (!response?.ok) return undefined;
    const { items: found } = (await response.json()) as SeriesAnswer;
    return found.length > 0 && found;
  });
  expect(items[0]?.rows.map(([, value]) => value)).toEqual([5.12]);
}

/** Takes the stack down whatever becomes of the test, and shows its log when the test failed. */
function removeAfterwards(stack: Stack): void {
  onTestFinished(async ({ task }) => {
    const failed = task.result?.state === 'fail';
    if (failed) process.stderr.write(await stack.compose('logs', '--no-color', '--tail', '60'));
    expect(await stack.remove()).toEqual([]);
  }, STACK_DEADLINE_MS);
}

describe.skipIf(noStack)(`the stack${because(noStack)}`, () => {
  let image: string;
  beforeAll(() => {
    if (server.image === undefined) throw new Error('the image was not built');
    image = server.image;
  });

  test(
    'alone: a reading by MQTT is read back, also by the next container',
    async () => {
      const stack = await composeStack('alone', { SLUICE_IMAGE: image });
      removeAfterwards(stack);
      await stack.compose('up', '--detach', '--no-build');
      const view = await stack.healthy('sluice');
      expect(view.Config.User).toBe('1000:1000');
      const bindings = Object.values(view.HostConfig.PortBindings).flat();
      expect(bindings.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1', '127.0.0.1']);
      expect((await fetch(new URL('/health/ready', stack.httpUrl))).status).toBe(200);
      // The link to sign in with is the one thing a newcomer needs from the log.
      const link = /http:\S+\/sign-in\?code=\S+/.exec(await stack.compose('logs', 'sluice'))?.[0];
      expect((await fetch(link ?? '')).status).toBe(200);
      // Without the profile an InfluxDB, started by mistake, finds no password and refuses.
      expect(await stack.compose('exec', '-T', 'sluice', 'ls', '/secrets')).toBe('influx-token\n');

      const { token, device } = await firstSteps(stack);
      await report(stack, device);
      await readBack(stack, token);
      // Made anew in place, a container would inherit even volumes without a name.
      await stack.compose('down');
      await stack.compose('up', '--detach', '--no-build');
      await stack.healthy('sluice');
      await readBack(stack, token);
    },
    STACK_DEADLINE_MS,
  );

  test.skipIf(noInflux)(
    `with InfluxDB${because(noInflux)}: a reading by MQTT is stored there and read back`,
    async () => {
      const stack = await composeStack('influxdb', {
        SLUICE_IMAGE: image,
        COMPOSE_PROFILES: 'influxdb',
        SLUICE_INFLUXDB_IMAGE: beside?.image ?? '',
      });
      removeAfterwards(stack);
      await stack.compose('up', '--detach', '--no-build');
      await Promise.all([stack.healthy('influxdb'), stack.healthy('sluice')]);
      // Both secrets are there, and only the user the servers run as can read them.
      const list = await stack.compose('exec', '-T', 'sluice', 'ls', '-ln', '/secrets');
      const modes = [...list.matchAll(/^(\S+) \d+ 1000 1000 +43 .* (\S+)$/gm)];
      expect(modes.map(([, mode, name]) => [mode, name])).toEqual([
        ['-r--------', 'influx-password'],
        ['-r--------', 'influx-token'],
      ]);

      const { token, device } = await firstSteps(stack);
      await report(stack, device);
      await readBack(stack, token);
      const route = '/query?db=sluice&q=SHOW%20MEASUREMENTS';
      const secret = await stack.compose('exec', '-T', 'sluice', 'cat', '/secrets/influx-token');
      const headers = { authorization: `Token ${secret}` };
      const answer = await fetch(new URL(route, stack.influxUrl), { headers });
      expect(await answer.text()).toContain('"pond-sensor"');
    },
    STACK_DEADLINE_MS,
  );
});
