import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AppError } from '#src/base/errors';
import { describeSettings, loadConfig, seriesServer } from '#src/config';

const file = (text: string): string => {
  const name = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-config-')), 'sluice.yaml');
  writeFileSync(name, text);
  return name;
};

describe('configuration', () => {
  test('nothing set gives the defaults, frozen', () => {
    const config = loadConfig({ environment: {} });
    expect(config).toMatchObject({ httpHost: '127.0.0.1', httpPort: 8080, mqttPort: 1883 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('the environment stands over the file, the command line over both', () => {
    const yaml = file('http_port: 9000\nmqtt_port: 2000\nlog_level: warn\n');
    const environment = {
      SLUICE_CONFIG: yaml,
      SLUICE_MQTT_PORT: '2001',
      SLUICE_LOG_LEVEL: 'error',
    };
    const config = loadConfig({ environment, overrides: { logLevel: 'debug' } });
    expect(config).toMatchObject({ httpPort: 9000, mqttPort: 2001, logLevel: 'debug' });
  });

  test('an empty variable counts as not set', () => {
    expect(loadConfig({ environment: { SLUICE_ADMIN_TOKEN: '' } }).adminToken).toBeUndefined();
  });

  test('an unknown setting is refused with the nearest name', () => {
    expect(() => loadConfig({ environment: { SLUICE_HTPP_PORT: '1' } })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_UNKNOWN',
        hint: 'Did you mean SLUICE_HTTP_PORT?',
      }),
    );
    expect(() => loadConfig({ environment: {}, file: file('htp_port: 1\n') })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN', hint: 'Did you mean http_port?' }),
    );
  });

  test.each([
    ['SLUICE_HTTP_PORT', '70000'],
    ['SLUICE_HTTP_PORT', 'eighty'],
    ['SLUICE_TIME_ZONE', 'Asia/Saigonn'],
    ['SLUICE_LOG_LEVEL', 'loud'],
    ['SLUICE_ADMIN_TOKEN', 'too short'],
    ['SLUICE_ALLOW_PLAINTEXT', 'perhaps'],
  ])('a wrong %s names the setting, its source and the fix', (name, value) => {
    expect(() => loadConfig({ environment: { [name]: value } })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        field: name,
        message: expect.stringContaining(`the environment variable ${name}`),
        hint: expect.stringContaining(name),
      }),
    );
  });

  test('a wrong secret is not repeated', () => {
    try {
      loadConfig({ environment: { SLUICE_ADMIN_TOKEN: 'hunter2' } });
      expect.unreachable();
    } catch (error) {
      expect(String((error as Error).message)).not.toContain('hunter2');
    }
  });

  describe('a secret in a file', () => {
    const secret = 'administrator-token-of-32-characters';

    test('is read from the environment and the file, without the line end', () => {
      const SLUICE_ADMIN_TOKEN_FILE = file(`${secret}\n`);
      expect(loadConfig({ environment: { SLUICE_ADMIN_TOKEN_FILE } }).adminToken).toBe(secret);
      const yaml = file(`admin_token_file: ${SLUICE_ADMIN_TOKEN_FILE}\n`);
      expect(loadConfig({ environment: {}, file: yaml }).adminToken).toBe(secret);
    });

    test('in the environment stands over the setting in the file', () => {
      const yaml = file(`admin_token: ${'x'.repeat(32)}\n`);
      const environment = { SLUICE_ADMIN_TOKEN_FILE: file(secret) };
      expect(loadConfig({ environment, file: yaml }).adminToken).toBe(secret);
    });

    test.each([
      ['is not there', '/nowhere/token', /cannot be read/],
      ['is too short', file('hunter2'), /32 characters.*hidden.*SLUICE_ADMIN_TOKEN_FILE/],
      ['is empty', file(''), /32 characters/],
    ])('that %s stops the start and is not repeated', (_, name, message) => {
      const load = () => loadConfig({ environment: { SLUICE_ADMIN_TOKEN_FILE: name } });
      expect(load).toThrow(
        expect.objectContaining({
          code: 'CONFIG_INVALID',
          message: expect.stringMatching(message),
        }),
      );
      expect(load).not.toThrow(/hunter2/);
    });

    test('beside the secret itself is refused', () => {
      const environment = { SLUICE_ADMIN_TOKEN: secret, SLUICE_ADMIN_TOKEN_FILE: file(secret) };
      expect(() => loadConfig({ environment })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', field: 'SLUICE_ADMIN_TOKEN' }),
      );
    });

    test('is for secrets alone', () => {
      expect(() => loadConfig({ environment: { SLUICE_HTTP_PORT_FILE: '/x' } })).toThrow(
        expect.objectContaining({ code: 'CONFIG_UNKNOWN' }),
      );
    });
  });

  test('plain text beyond this machine is refused unless asked for', () => {
    expect(() => loadConfig({ environment: { SLUICE_MQTT_HOST: '0.0.0.0' } })).toThrow(
      expect.objectContaining({ code: 'PLAINTEXT_REFUSED', field: 'SLUICE_MQTT_HOST' }),
    );
    const environment = { SLUICE_MQTT_HOST: '0.0.0.0', SLUICE_ALLOW_PLAINTEXT: 'true' };
    expect(loadConfig({ environment }).mqttHost).toBe('0.0.0.0');
  });

  test('TLS needs certificate and key together', () => {
    expect(() => loadConfig({ environment: { SLUICE_MQTTS_PORT: '8883' } })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', field: 'SLUICE_TLS_CERT' }),
    );
  });

  test.each([
    [{ SLUICE_INFLUX_URL: 'influx.local:8086' }, 'CONFIG_INVALID'],
    [{ SLUICE_INFLUX_URL: 'http://me:hunter2@127.0.0.1' }, 'CONFIG_INVALID'],
    [{ SLUICE_INFLUX_VERSION: '0.9' }, 'CONFIG_INVALID'],
    [{ SLUICE_INFLUX_URL: 'http://127.0.0.1', SLUICE_INFLUX_USER: 'u' }, 'CONFIG_INVALID'],
    [{ SLUICE_INFLUX_URL: 'http://10.0.0.9', SLUICE_INFLUX_TOKEN: 'hunter2' }, 'PLAINTEXT_REFUSED'],
  ])('InfluxDB settings that cannot work are refused without their secrets: %j', (set, code) => {
    try {
      loadConfig({ environment: set });
      expect.unreachable();
    } catch (error) {
      const { message, hint } = error as AppError;
      expect(error).toMatchObject({ code });
      expect(`${message} ${hint}`).not.toContain('hunter2');
    }
  });

  test('the series server is what the settings say, and undefined without an address', () => {
    expect(seriesServer(loadConfig({ environment: {} }))).toBeUndefined();
    const environment = {
      SLUICE_INFLUX_URL: 'https://influx.example.org',
      SLUICE_INFLUX_TOKEN: 't',
      SLUICE_INFLUX_VERSION: '2.7',
    };
    expect(seriesServer(loadConfig({ environment }))).toEqual({
      url: 'https://influx.example.org',
      token: 't',
      version: '2.7',
      bucket: 'sluice',
    });
  });

  test('every setting has a name and a line of text', () => {
    for (const { name, text } of describeSettings()) {
      expect(name).toMatch(/^SLUICE_[A-Z_]+$/);
      expect(text.length).toBeGreaterThan(10);
    }
  });
});
