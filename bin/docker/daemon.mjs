// A Docker daemon for the time of the tests: the one that answers, or, for root on Linux, one of
// their own. Their own keeps its images between runs, listens on a socket of its own, and is shared
// by runs beside each other: the last to leave stops it.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { call, has, pause, whereIs } from '../system.mjs';

const HOME = '/var/cache/sluice-tests';
const DATA = path.join(HOME, 'docker');
const USERS = path.join(HOME, 'users');
const STATE = path.join(HOME, 'daemon.json');
const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 20_000;
const POLL_MS = 200;

/** `docker …` against a daemon. */
export function docker(args, options = {}) {
  return call('docker', args, options);
}

function version(environment) {
  const args = ['version', '--format', '{{.Server.Version}}'];
  return docker(args, { env: environment, timeoutMs: 10_000 });
}

/**
 * A daemon as `{ environment, isOurs, release }`, or `{ reason }` why there is none. The environment
 * is added to that of every `docker` and every test.
 */
export function openDaemon() {
  if (!has('docker')) return { reason: 'the docker command is not installed' };
  const running = version(process.env);
  if (running.ok) return { environment: {}, isOurs: false, release: () => undefined };
  const reason = `no Docker daemon answers (${running.why})`;
  if (process.env.DOCKER_HOST) return { reason };
  if (process.platform !== 'linux') return { reason: `${reason}; one is started on Linux alone` };
  if (process.getuid() !== 0) return { reason: `${reason}; only root can start one` };
  if (!has('dockerd')) return { reason: `${reason}; dockerd is not installed` };
  return shareDaemon();
}

function shareDaemon() {
  mkdirSync(USERS, { recursive: true });
  const place = path.join(USERS, String(process.pid));
  writeFileSync(place, '');
  const found = runningState() ?? startDaemon();
  if (found.reason !== undefined) {
    leave(place);
    return found;
  }
  const environment = { DOCKER_HOST: found.host };
  return { environment, isOurs: true, release: () => leave(place) };
}

/** The daemon an earlier run started, when it still answers. */
function runningState() {
  const state = readState();
  if (state === undefined || !isOurDaemon(state.pid)) return undefined;
  return version({ ...process.env, DOCKER_HOST: state.host }).ok ? state : undefined;
}

function readState() {
  try {
    return JSON.parse(readFileSync(STATE, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A process id may have been given to another program since. A dead child has no command line. */
function isOurDaemon(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(DATA);
  } catch {
    return false;
  }
}

function startDaemon() {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-dockerd-'));
  const host = `unix://${folder}/docker.sock`;
  const hadBridge = existsSync('/sys/class/net/docker0');
  const log = path.join(folder, 'log');
  const args = [
    ...['--data-root', DATA, '--exec-root', path.join(folder, 'exec')],
    ...['--pidfile', path.join(folder, 'pid'), '--host', host],
  ];
  // In a group of its own: Ctrl-C ends the tests first, which then stop it.
  const output = openSync(log, 'w');
  const options = { detached: true, stdio: ['ignore', output, output] };
  const child = spawn(whereIs('dockerd'), args, options);
  child.on('error', () => undefined);
  child.unref();
  const state = { pid: child.pid, host, folder, hadBridge };
  for (let waited = 0; waited < START_DEADLINE_MS; waited += POLL_MS) {
    pause(POLL_MS);
    if (version({ ...process.env, DOCKER_HOST: host }).ok) {
      writeFileSync(STATE, JSON.stringify(state));
      return state;
    }
    // Only one daemon can have the data: another run may have been first.
    if (!isOurDaemon(child.pid)) {
      const other = runningState();
      if (other !== undefined) {
        rmSync(folder, { recursive: true, force: true });
        return other;
      }
    }
  }
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  stop(state);
  return { reason: `dockerd did not start: ${lines.at(-1)}` };
}

/** Takes this run off the list; the last one clears up and stops the daemon. */
function leave(place) {
  rmSync(place, { force: true });
  for (const user of readdirSync(USERS)) {
    if (existsSync(`/proc/${user}`)) return;
    rmSync(path.join(USERS, user), { force: true });
  }
  const state = readState();
  if (state === undefined) return;
  if (isOurDaemon(state.pid)) {
    removeEverything({ ...process.env, DOCKER_HOST: state.host });
    stop(state);
  }
  rmSync(STATE, { force: true });
}

/** What the tests left of containers, networks and volumes; images stay, for the next run. */
function removeEverything(environment) {
  const env = { env: environment };
  const containers = docker(['ps', '--all', '--quiet'], env).text.split('\n').filter(Boolean);
  if (containers.length > 0) docker(['rm', '--force', '--volumes', ...containers], env);
  docker(['network', 'prune', '--force'], env);
  const volumes = docker(['volume', 'ls', '--quiet'], env).text.split('\n').filter(Boolean);
  if (volumes.length > 0) docker(['volume', 'rm', '--force', ...volumes], env);
  docker(['image', 'prune', '--force'], env);
}

function stop({ pid, folder, hadBridge }) {
  if (isOurDaemon(pid)) process.kill(pid, 'SIGTERM');
  for (let waited = 0; isOurDaemon(pid) && waited < STOP_DEADLINE_MS; waited += POLL_MS) {
    pause(POLL_MS);
  }
  if (isOurDaemon(pid)) process.kill(pid, 'SIGKILL');
  if (!hadBridge && has('ip')) call('ip', ['link', 'delete', 'docker0']);
  // It leaves the name of its network mounted, and a mounted file cannot be removed.
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n').reverse()) {
    const [, place] = line.split(' ');
    if (place?.startsWith(`${folder}/`)) call('umount', [place]);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
