import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { copySettings, loadConfig } from '#src/config';
import { type Channel, type ChannelSetting, defineChannel } from '#src/contracts/notify';
import { loadChannels } from '#src/notify/discover';
import { checkSettings, describeSettings } from '#src/notify/settings';
import { temporaryFolder } from '../support/folder.ts';
import { openStand } from './stand.ts';

const mail: Channel = defineChannel({
  name: 'web-mail',
  title: { vi: 'v', en: 'e', fr: 'f' },
  settings: z.strictObject({
    hostName: z.string().describe('Server'),
    port: z.coerce.number().int().max(65_535).default(587).describe('Port'),
    password: z.string().min(4).meta({ secret: true }).optional().describe('Password'),
  }),
  isReady: ({ password }) => password !== undefined,
  checkAddress: () => null,
  perMinute: 60,
  open: () => ({ send: async () => ({ state: 'sent', answer: '' }) }),
});
const channels = new Map([['web-mail', mail]]);

const given = (name: string, value: unknown, inFile = false): ChannelSetting => ({
  name,
  value,
  source: inFile ? 'a file' : 'the environment',
  inFile,
});
const check = (...settings: ChannelSetting[]) => checkSettings(channels, settings).get('web-mail');

test('the configuration hands them on, the environment above the file', () => {
  const file = path.join(temporaryFolder(), 'sluice.yaml');
  writeFileSync(file, 'notify:\n  web-mail:\n    host_name: a\n    port: 25\n');
  const environment = { SLUICE_NOTIFY_WEB_MAIL_HOST_NAME: 'b', SLUICE_NOTIFY_WEB_MAIL_PORT: '' };
  const config = loadConfig({ environment, file });
  expect(checkSettings(channels, config.notify).get('web-mail')).toMatchObject({
    values: { hostName: 'b', port: 25 },
    ready: false,
  });
});

test('what is there makes it ready; what is not is named', () => {
  expect(check()).toMatchObject({ ready: false, missing: ['SLUICE_NOTIFY_WEB_MAIL_HOST_NAME'] });
  expect(check(given('WEB_MAIL_HOST_NAME', 'a'))).toMatchObject({
    ready: false,
    missing: ['SLUICE_NOTIFY_WEB_MAIL_PASSWORD'],
  });
  const whole = check(given('WEB_MAIL_HOST_NAME', 'a'), given('WEB_MAIL_PASSWORD', 'hunter2'));
  const values = { hostName: 'a', port: 587, password: 'hunter2' };
  expect(whole).toEqual({ ready: true, missing: [], values, secrets: ['hunter2'] });
});

test('the environment stands over the file, also with a secret in a file of its own', () => {
  const file = path.join(temporaryFolder(), 'password');
  writeFileSync(file, 'from-a-file\n');
  const host = given('WEB_MAIL_HOST_NAME', 'a', true);
  const own = given('WEB_MAIL_PASSWORD', 'in-yaml', true);
  const checked = check(given('WEB_MAIL_PASSWORD_FILE', file), host, own);
  expect(checked?.values).toMatchObject({ password: 'from-a-file' });
  const both = () => check(given('WEB_MAIL_PASSWORD_FILE', file), given('WEB_MAIL_PASSWORD', 'x'));
  expect(both).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', hint: 'Keep one of them.' }),
  );
  expect(() => check(given('WEB_MAIL_PASSWORD_FILE', '/nowhere'))).toThrow(/cannot be read/);
});

test('unknown channels and keys are refused with the nearest name', () => {
  for (const name of ['WEB_MIAL_HOST_NAME', 'WEB_MAIL_HOSTNAME', 'WEB_MAIL_PORT_FILE']) {
    expect(() => check(given(name, 'a'))).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNKNOWN',
        field: `SLUICE_NOTIFY_${name}`,
        hint: expect.stringMatching(/^Did you mean SLUICE_NOTIFY_WEB_MAIL_/),
      }),
    );
  }
  expect(() => loadConfig({ environment: {}, file: yaml('notify: [email]') })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', field: 'notify' }),
  );
});

test('a wrong value names the setting and its source, and repeats no secret', () => {
  expect(() => check(given('WEB_MAIL_PORT', '70000'))).toThrow(/"70000", from the environment/);
  const secret = (): unknown => check(given('WEB_MAIL_PASSWORD', 'abc'));
  expect(secret).toThrow(/\(hidden\)/);
  expect(secret).not.toThrow(/abc/);
});

test('a wrong one stops the start before any channel opens', async () => {
  const settings = [given('CHAT_TOKN', 'x')];
  await expect(openStand({ settings })).rejects.toMatchObject({
    code: 'CONFIG_UNKNOWN',
    hint: 'Did you mean SLUICE_NOTIFY_CHAT_TOKEN?',
  });
});

test('a backup names them and holds none', () => {
  const environment = { SLUICE_NOTIFY_EMAIL_PASSWORD: 'hunter2' };
  const copy = copySettings(loadConfig({ environment }));
  expect(copy.secrets).toContain('SLUICE_NOTIFY_EMAIL_PASSWORD');
  expect(JSON.stringify(copy)).not.toContain('hunter2');
});

test('every channel is found and described', async () => {
  const found = await loadChannels();
  expect([...found.keys()]).toContain('console');
  expect(describeSettings(channels)).toEqual([
    { name: 'SLUICE_NOTIFY_WEB_MAIL_HOST_NAME', fallback: '', text: 'Server' },
    { name: 'SLUICE_NOTIFY_WEB_MAIL_PORT', fallback: '587', text: 'Port' },
    { name: 'SLUICE_NOTIFY_WEB_MAIL_PASSWORD', fallback: '', text: 'Password' },
  ]);
});

function yaml(text: string): string {
  const file = path.join(temporaryFolder(), 'sluice.yaml');
  writeFileSync(file, text);
  return file;
}
