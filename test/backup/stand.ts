import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type BackupOptions, type BackupRoom, createBackups } from '#src/backup/backups';
import type { BackupSources } from '#src/backup/make';
import { systemClock } from '#src/base/clock';
import { createMetrics } from '#src/base/metrics';
import type { JournalRoom } from '#src/journal/journal';
import { createState, type StateService } from '#src/state/state';
import { openJournal } from '../journal/support.ts';
import { settle } from '../state/examples.ts';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';

export interface Stand {
  dir: string;
  state: StateService;
  journal: JournalRoom;
  series: FileSeries;
  sources: BackupSources;
  backups: BackupRoom;
}

/** A store in one file that begins with its cursor; a backup needs nothing else of it. */
export class FileSeries {
  readonly name = 'plain';
  next = 0;
  /** Runs before the copy: what happens while a large store is copied. */
  meanwhile: () => Promise<void> = async () => undefined;

  async snapshot(dir: string): Promise<boolean> {
    await this.meanwhile();
    mkdirSync(path.join(dir, 'archive'));
    writeFileSync(path.join(dir, 'store.bin'), `${this.next} ${'x'.repeat(10_000)}`);
    writeFileSync(path.join(dir, 'archive', '2026-11.bin'), 'y'.repeat(5_000));
    return true;
  }

  status(): ReturnType<BackupSources['series']['status']> {
    const nothing = { persisted: this.next, repairs: [], identity: null };
    return { available: true, reason: null, cursor: this.next, bytes: 15_000, ...nothing };
  }
}

export async function openState(dir: string): Promise<StateService> {
  const file = path.join(dir, 'state.db');
  const state = createState({ file, clock: systemClock, logger: quietLogger });
  onTestFinished(() => state.stop());
  await state.start(new AbortController().signal);
  return state;
}

/** A real state and a real journal with something in them, and backups of both. */
export async function openStand(change: Partial<BackupOptions> = {}): Promise<Stand> {
  const data = temporaryFolder();
  const dir = path.join(temporaryFolder(), 'backups');
  const state = await openState(data);
  await settle(state);
  const journal = await openJournal(path.join(data, 'journal'));
  const series = new FileSeries();
  const sources: BackupSources = {
    state,
    journal,
    series,
    holdTrim: () => () => undefined,
    consumers: () => ['ledger'],
    bytes: () => 100_000,
    version: '1.2.3',
    timeZone: 'Asia/Ho_Chi_Minh',
    settings: { yaml: 'http_port: 0\n', secrets: ['SLUICE_ADMIN_TOKEN'], outside: [] },
  };
  const backups = createBackups({
    dir,
    keep: 2,
    at: null,
    sources,
    clock: systemClock,
    logger: quietLogger,
    metrics: createMetrics(),
    ...change,
  });
  onTestFinished(() => backups.stop());
  await backups.start(new AbortController().signal);
  return { dir, state, journal, series, sources, backups };
}

/** Turns one bit of a byte of the file. */
export function flip(file: string, share: number): void {
  const bytes = readFileSync(file);
  const at = Math.min(bytes.length - 1, Math.floor(share * bytes.length));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}
