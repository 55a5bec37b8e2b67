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

/** What a log held is in the journal still, so only the newest of them are worth their place. */
function forgetOldLogs(file: string): void {
  const dir = path.dirname(file);
  const aside = readdirSync(dir).filter((name) =>
    name.startsWith(`${path.basename(file)}.wal.damaged-`),
  );
  for (const name of aside.sort().slice(0, -DAMAGED_LOGS_MAX)) rmSync(path.join(dir, name));
}

export interface Damage {
  why: string;
  /** Without a log to blame, the main file itself is what cannot be read. */
  mainFile: boolean;
}

/**
 * Moves what cannot be read out of the way, so that the next open succeeds: first the log, which
 * the journal still has, then the main file. Returns one line for the operator, or null when there
 * was nothing to move.
 */
export function setAside(file: string, now: number, damage: Damage): string | null {
  const logs = logFiles(file);
  const damaged = logs.length > 0 ? logs : [file].filter((name) => existsSync(name));
  if (damaged.length === 0 || (logs.length === 0 && !damage.mainFile)) return null;
  for (const name of damaged) renameSync(name, asideName(name, now));
  forgetOldLogs(file);
  const names = damaged.map((name) => path.basename(asideName(name, now))).join(', ');
  const effect = logs.length > 0 ? 'the journal brings it back' : 'started with an empty file';
  return `${names} set aside, ${effect}: ${damage.why}`;
}
