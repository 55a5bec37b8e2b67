// Sets up what test/containers runs in: a Docker daemon, images of InfluxDB, the image of our own
// server. What cannot be had is told to the tests with its reason, and they skip with it.
import { docker, openDaemon } from './docker/daemon.mjs';
import { influxdbImages } from './docker/influxdb.mjs';
import { serverImage } from './docker/server.mjs';

/** Read by test/containers/support.ts. */
const VARIABLE = 'SLUICE_TEST_CONTAINERS';
/** Testcontainers' own cleaner is an image more to pull; `release` does its work. */
const WITHOUT_REAPER = { TESTCONTAINERS_RYUK_DISABLED: 'true' };
/** The label of containers a run makes; what Compose makes has the run in its name. */
const LABEL = 'sluice.test';

/**
 * The environment the tests get, and `release`, which takes down whatever they left and the daemon
 * when it was started for them. The server's image is built only for tests that ask for it.
 */
export function prepareContainers({ withServer }) {
  const daemon = openDaemon();
  if (daemon.reason !== undefined) {
    say(`Containers: skipped, ${daemon.reason}`);
    const told = { run: '', influxdb: [], skipped: [daemon.reason], server: daemon };
    return { environment: { [VARIABLE]: JSON.stringify(told) }, release: () => undefined };
  }
  const run = String(process.pid);
  const release = () => {
    if (!daemon.isOurs) removeOf(run);
    daemon.release();
  };
  try {
    const { images, skipped } = influxdbImages(daemon.environment);
    for (const line of skipped) say(`Containers: ${line}`);
    const server = withServer ? tryServer(daemon.environment, skipped.length > 0) : {};
    const told = { run, influxdb: images, skipped, server };
    const environment = { ...daemon.environment, ...WITHOUT_REAPER };
    environment[VARIABLE] = JSON.stringify(told);
    return { environment, release };
  } catch (error) {
    release();
    throw error;
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function tryServer(environment, isOffline) {
  say("Building the server's image …");
  const server = serverImage({ environment, isOffline });
  const trouble = server.reason ?? server.failure;
  if (trouble !== undefined) say(`Containers: ${trouble}`);
  return server;
}

/** On a daemon that others use, only what carries this run's label or name is ours to remove. */
function removeOf(run) {
  for (const filter of [`label=${LABEL}=${run}`, `name=sluice-test-${run}-`]) {
    for (const [list, remove] of [
      [
        ['ps', '--all'],
        ['rm', '--force', '--volumes'],
      ],
      [
        ['network', 'ls'],
        ['network', 'rm'],
      ],
      [
        ['volume', 'ls'],
        ['volume', 'rm'],
      ],
    ]) {
      const { text } = docker([...list, '--quiet', '--filter', filter]);
      if (text !== '') docker([...remove, ...text.split('\n')]);
    }
  }
}
