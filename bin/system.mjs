// What scripts ask of the system around them. Plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where a command is, also in the folders only root has on its path; undefined when nowhere. */
export function whereIs(command) {
  const places = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':');
  return places.map((place) => path.join(place, command)).find((file) => existsSync(file));
}

export function has(command) {
  return whereIs(command) !== undefined;
}

/** A newcomer's npm test may install packages: root on Debian and its relatives. */
export function mayInstall() {
  return process.getuid?.() === 0 && has('apt-get');
}

/** Runs a command without a shell: whether it went well, what it printed, and why it failed. */
export function call(command, args, { timeoutMs = 60_000, ...options } = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
    timeout: timeoutMs,
    ...options,
  });
  return {
    ok: result.status === 0,
    text: (result.stdout ?? '').trim(),
    why: reasonOf(result, timeoutMs),
  };
}

function reasonOf({ status, error, stderr }, timeoutMs) {
  if (status === 0) return '';
  if (error?.code === 'ETIMEDOUT') return `no end within ${timeoutMs / 1000} s`;
  const lines = (stderr ?? '').trim().split('\n');
  return lines.at(-1) || error?.message || `exit code ${status}`;
}

/** Lets time pass; scripts here do one thing after the other. */
export function pause(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
