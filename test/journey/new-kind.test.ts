import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { SeriesAnswer } from '../support/answers.ts';
import { eventually } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const TOKEN = 'new-kind-administrator-token-0123456789';

const KIND = `
import { defineDeviceKind } from '../../src/contracts/device-kind.js';
const text = (en) => ({ vi: en, en, fr: en });
export default defineDeviceKind({
  name: 'rain-gauge',
  title: text('Rain gauge'),
  siteKind: 'field',
  intervalSeconds: 1,
  metrics: [
    { name: 'rain', label: text('Rain'), unit: 'mm', min: 0, max: 200, decimals: 1, shape: 'count' },
  ],
  rules: [],
  simulator: {
    idPrefix: 'mua',
    values: ({ world, time }) => ({ rain: Math.round(world.sky(time).rain * 10) / 10 }),
  },
});
`;

/** The build with one folder more; nothing else of it is touched. */
function programWithNewKind(): string {
  const copy = temporaryFolder();
  cpSync(path.join(root, 'dist'), path.join(copy, 'dist'), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  cpSync(path.join(root, 'package.json'), path.join(copy, 'package.json'));
  mkdirSync(path.join(copy, 'dist/devices/rain-gauge'));
  writeFileSync(path.join(copy, 'dist/devices/rain-gauge/kind.js'), KIND);
  return copy;
}

test('a fourth kind of device is one folder: served, simulated and stored', async () => {
  const program = programWithNewKind();
  const data = path.join(program, 'data');
  const env = {
    PATH: process.env['PATH'] ?? '',
    SLUICE_DATA_DIR: data,
    SLUICE_HTTP_PORT: '0',
    SLUICE_MQTT_PORT: '0',
    SLUICE_ADMIN_TOKEN: TOKEN,
    SLUICE_LOG_LEVEL: 'warn',
  };
  const run = (...args: string[]) =>
    spawn(process.execPath, ['dist/src/main.js', ...args], { cwd: program, env, stdio: 'ignore' });
  const server = run('start');
  onTestFinished(() => void server.kill('SIGKILL'));
  const { url } = await eventually('the server', () => {
    try {
      return JSON.parse(readFileSync(path.join(data, 'server.json'), 'utf8')) as { url: string };
    } catch {
      return undefined;
    }
  });
  const get = async <T>(route: string): Promise<T> => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    return (await fetch(new URL(`/api/v1${route}`, url), { headers })).json() as Promise<T>;
  };
  const { items } = await get<{ items: Array<{ name: string }> }>('/kinds');
  expect(items.map(({ name }) => name)).toContain('rain-gauge');
  const simulation = run('simulate', '--devices', '40', '--rate', '200', '--seconds', '8');
  onTestFinished(() => void simulation.kill('SIGKILL'));
  const stored = await eventually('rain in the store', async () => {
    const devices = await get<{ items: Array<{ id: string; kind: string }> }>('/devices?limit=200');
    const gauge = devices.items.find(({ kind }) => kind === 'rain-gauge');
    if (gauge === undefined) return undefined;
    const series = await get<SeriesAnswer>(`/series?device=${gauge.id}&metric=rain`);
    return series.items?.[0];
  });
  expect(stored).toMatchObject({ kind: 'rain-gauge', metric: 'rain', unit: 'mm' });
});
