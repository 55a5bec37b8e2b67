// Images of InfluxDB for the tests: those that are here or can be pulled, else one made of Debian's
// package, which is InfluxDB 1.6.
import { call, whereIs } from '../system.mjs';
import { docker } from './daemon.mjs';
import { importImage } from './image.mjs';

const DEFAULTS = ['influxdb:2.7', 'influxdb:3-core', 'influxdb:1.8'];
const LOCAL = 'sluice-local/influxdb:1.6';
/** A pull that can succeed within a test run has begun and ended by then. */
const PULL_TIMEOUT_MS = 60_000;

/** The health check of the Compose file, for an image that has no client of InfluxDB 2. */
const PING = `#!/bin/bash
[[ $1 == ping ]] || exit 64
exec 3<>/dev/tcp/127.0.0.1/8086 || exit 1
printf 'GET /ping HTTP/1.0\\r\\n\\r\\n' >&3
read -r _ status _ <&3
[[ $status == 204 ]]
`;

/**
 * The images that can be had, as `{ image, major }`, and why others cannot, one line each. The
 * environment variable SLUICE_TEST_INFLUXDB_IMAGE names one image to use instead of the usual.
 */
export function influxdbImages(environment) {
  const env = { ...process.env, ...environment };
  const asked = process.env.SLUICE_TEST_INFLUXDB_IMAGE;
  const images = [];
  const skipped = [];
  let offline;
  for (const image of asked ? [asked] : DEFAULTS) {
    const failure = isHere(image, env) ? undefined : (offline ?? pull(image, env));
    if (failure === undefined) images.push({ image, major: majorOf(image, env) });
    else skipped.push(`${image} is not here and cannot be pulled (${failure})`);
    // A registry that was not reached once is not asked again.
    offline ??= failure;
  }
  if (offline !== undefined) addLocal({ images, skipped, environment });
  return { images, skipped };
}

function isHere(image, env) {
  return docker(['image', 'inspect', image], { env }).ok;
}

/** Undefined when it went well, else the reason. */
function pull(image, env) {
  const { ok, why } = docker(['pull', '--quiet', image], { env, timeoutMs: PULL_TIMEOUT_MS });
  return ok ? undefined : why;
}

/** Official images say their version in their environment; a tag says it too. */
function majorOf(image, env) {
  const format = '{{range .Config.Env}}{{println .}}{{end}}';
  const { text } = docker(['image', 'inspect', '--format', format, image], { env });
  const version = /^INFLUXDB_VERSION=(\d+)/m.exec(text) ?? /:(\d+)/.exec(image);
  return version === null ? 'unknown' : version[1];
}

function addLocal({ images, skipped, environment }) {
  const influxd = whereIs('influxd');
  if (influxd === undefined) {
    skipped.push(`${LOCAL} cannot be made (influxd of Debian's influxdb is not installed)`);
    return;
  }
  const version = /v?(\d+\.\d+\.\d+)/.exec(call(influxd, ['version']).text)?.[1] ?? 'unknown';
  try {
    importImage(LOCAL, recipe(influxd, version), environment);
    images.push({ image: LOCAL, major: version.split('.')[0] });
  } catch (error) {
    skipped.push(`${LOCAL} cannot be made (${error.message})`);
  }
}

/** It keeps its data where InfluxDB 2 does, so that it can take its place in the Compose file. */
function recipe(influxd, version) {
  const data = '/var/lib/influxdb2';
  return {
    programs: { '/usr/bin/influxd': influxd, '/bin/bash': whereIs('bash') },
    texts: { '/usr/bin/influx': PING, '/etc/nsswitch.conf': 'hosts: files dns\n' },
    links: { '/bin/sh': 'bash' },
    folders: [data],
    changes: [
      `ENV INFLUXDB_VERSION=${version} INFLUXDB_REPORTING_DISABLED=true`,
      `ENV INFLUXDB_META_DIR=${data}/meta INFLUXDB_DATA_DIR=${data}/data`,
      `ENV INFLUXDB_DATA_WAL_DIR=${data}/wal INFLUXDB_HTTP_FLUX_ENABLED=false`,
      'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      'EXPOSE 8086',
      'CMD ["influxd"]',
    ],
  };
}
