// Run by Docker Compose before anything else: makes the secrets Sluice and InfluxDB share, once.
// Nobody types them and no file of the project has them; they stay in a volume.
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';

const folder = process.argv[2] ?? '/secrets';
const usesInfluxdb = process.env.SLUICE_SERIES === 'influxdb';

/** 32 random bytes that only the owner reads; whole or not there, whatever happens meanwhile. */
function make(name) {
  const file = path.join(folder, name);
  if (existsSync(file)) return;
  const unfinished = `${file}.${process.pid}`;
  const descriptor = openSync(unfinished, 'w', 0o400);
  writeSync(descriptor, randomBytes(32).toString('base64url'));
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(unfinished, file);
}

make('influx-token');
// An InfluxDB that finds no password refuses to start: started by mistake, it says so at once.
if (usesInfluxdb) make('influx-password');
process.stdout.write(
  usesInfluxdb
    ? `Series go to InfluxDB; the password of its user "sluice" is in ${folder}/influx-password.\n`
    : 'Series go to the embedded store. COMPOSE_PROFILES=influxdb sends them to InfluxDB.\n',
);
