import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { copySettings, loadConfig } from '#src/config';
import { temporaryFolder } from '../support/folder.ts';

test('the settings of a backup start another server alike, and hold no secret', () => {
  const folder = temporaryFolder();
  const environment = {
    SLUICE_DATA_DIR: '/old/data',
    SLUICE_BACKUP_DIR: '/old/backups',
    SLUICE_ADMIN_TOKEN: 'secret-token-0123456789-0123456789',
    SLUICE_TIME_ZONE: 'Asia/Bangkok',
    SLUICE_RETENTION: 'raw=90d,hour=3y',
    SLUICE_ALLOWED_HOSTS: 'farm.example,ao.example',
    SLUICE_MQTTS_PORT: '8883',
    SLUICE_TLS_CERT: '/old/cert.pem',
    SLUICE_TLS_KEY: '/old/key.pem',
    SLUICE_BACKUP_AT: '30 13 * * *',
  };
  const config = loadConfig({ environment });
  const { yaml, secrets, outside } = copySettings(config);
  expect(yaml).not.toMatch(/secret-token|\/old\/(data|backups)/);
  expect(secrets).toEqual(['SLUICE_ADMIN_TOKEN']);
  expect(outside.map(({ setting }) => setting)).toEqual(['SLUICE_TLS_CERT', 'SLUICE_TLS_KEY']);
  const file = path.join(folder, 'config.yaml');
  writeFileSync(file, yaml);
  const again = loadConfig({ environment: { SLUICE_DATA_DIR: '/new' }, file });
  const { dataDir: _old, backupDir: _dir, adminToken: _token, ...kept } = config;
  expect(again).toEqual({ ...kept, dataDir: '/new' });
});

test('a time that is no cron text is refused by the name of its setting', () => {
  const load = (): unknown => loadConfig({ environment: { SLUICE_BACKUP_AT: 'nightly' } });
  expect(load).toThrow(/SLUICE_BACKUP_AT: is not cron text/);
});
