import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeSettings, loadConfig } from '#src/config';

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

  test('every setting has a name and a line of text', () => {
    for (const { name, text } of describeSettings()) {
      expect(name).toMatch(/^SLUICE_[A-Z_]+$/);
      expect(text.length).toBeGreaterThan(10);
    }
  });
});
