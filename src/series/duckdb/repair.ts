import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

/** Damaged logs kept for who wants to look into them; older ones would fill the disk unseen. */
const DAMAGED_LOGS_MAX = 3;

/** Files that hold what was committed and not yet written into the main file. */
function logFiles(file: string): string[] {
  const dir = path.dirname(file);
  const prefix = `${path.basename(file)}.wal`;
  return readdirSync(dir)
    .filter((name) => name.startsWith(prefix) && !name.includes('.damaged-'))
    .map((name) => path.join(dir, name));
}

function asideName(file: string, now: number): string {
  return `${file}.damaged-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`;
}

/** Names of the logs that were set aside, oldest first. */
function damagedLogs(file: string): string[] {
  const prefix = `${path.basename(file)}.wal.damaged-`;
  const names = readdirSync(path.dirname(file));
  return names.filter((name) => name.startsWith(prefix)).sort();
}

/** What a log held is in the journal still, so only the newest of them are worth their place. */
function forgetOldLogs(file: string): void {
  for (const name of damagedLogs(file).slice(0, -DAMAGED_LOGS_MAX)) {
    rmSync(path.join(path.dirname(file), name));
  }
}

/**
 * What tells a database from itself before it lost a log: points come back from the journal, but
 * rollups written since the last checkpoint do not, and whoever counts on them has to notice.
 */
export function lossMark(file: string): string {
  const newest = damagedLogs(file).at(-1);
  return newest === undefined ? '' : ` without ${newest}`;
}

export interface Damage {
  why: string;
  /** Without a log to blame, the main file itself is what cannot be read. */
  mainFile: boolean;
  /** Found while the store was open: the log had been read, so it is the main file's fault. */
  whileOpen?: boolean;
}

/**
 * Moves what cannot be read out of the way, so that the next open succeeds: first the log, which
 * the journal still has, then the main file. What is found while the store is open takes both: a
 * log is worth nothing without its main file. Returns one line for the operator, or null when there
 * was nothing to move.
 */
export function setAside(file: string, now: number, damage: Damage): string | null {
  const logs = logFiles(file);
  const mainFile = [file].filter((name) => existsSync(name));
  const damaged = damage.whileOpen ? [...mainFile, ...logs] : logs.length > 0 ? logs : mainFile;
  if (damaged.length === 0 || (logs.length === 0 && !damage.mainFile)) return null;
  for (const name of damaged) renameSync(name, asideName(name, now));
  forgetOldLogs(file);
  const names = damaged.map((name) => path.basename(asideName(name, now))).join(', ');
  const effect = damaged.includes(file)
    ? 'started with an empty file'
    : 'the journal brings it back';
  return `${names} set aside, ${effect}: ${damage.why}`;
}
