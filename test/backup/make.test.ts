import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { filesBelow } from '#src/backup/files';
import { readManifest } from '#src/backup/manifest';
import { verifyBackup } from '#src/backup/verify';
import { appendRange } from '../journal/support.ts';
import { eventually } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { openStand, openState } from './stand.ts';

const ignore = (): void => undefined;

describe('a backup', () => {
  test('holds every store, its settings, and a sum for each file', async () => {
    const { journal, state, series, backups } = await openStand();
    await appendRange(journal, [0, 200]);
    await state.cursors.set('ledger', 120);
    series.next = 150;
    const backup = await backups.make();
    expect(backup).toMatchObject({ state: 'complete', error: null, version: '1.2.3' });
    expect(await verifyBackup(backup.path, ignore)).toMatchObject({
      format: 1,
      program: '1.2.3',
      timeZone: 'Asia/Ho_Chi_Minh',
      series: { store: 'plain', included: true, cursor: 150 },
      journal: { tail: 0, head: 200 },
      cursors: { ledger: 120 },
      secrets: ['SLUICE_ADMIN_TOKEN'],
    });
    expect(filesBelow(backup.path)).toEqual([
      'SHA256SUMS',
      'config.yaml',
      'journal/journal.db',
      'manifest.json',
      'series/archive/2026-11.bin',
      'series/store.bin',
      'state.db',
    ]);
    const open = filesBelow(backup.path).filter(
      (name) => (statSync(path.join(backup.path, name)).mode & 0o077) !== 0,
    );
    expect(open, 'readable by others').toEqual([]);
    const sums = spawnSync('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: backup.path });
    expect(sums.status).toBe(0);
  });

  test('has the state of one moment, without who is signed in, while others write', async () => {
    const { state, backups } = await openStand();
    const session = { name: 'Lan', role: 'farmer', coops: null, token: null } as const;
    const times = { createdAt: 1, lastUsedAt: 1, expiresAt: 2 ** 40, endsAt: null };
    const hash = new Uint8Array(32);
    await state.sessions.create({ id: 's', ...session, ...times }, hash);
    let count = 0;
    let ended = false;
    const writing = (async () => {
      for (; !ended; count++) {
        await state.transaction(async (tx) => {
          await tx.settings.set('left', String(count));
          await tx.settings.set('right', String(count));
        });
      }
    })();
    const backup = await backups.make();
    ended = true;
    await writing;
    const copy = await openState(backup.path);
    const [left, right] = [await copy.settings.get('left'), await copy.settings.get('right')];
    expect(left).toBe(right);
    expect(count).toBeGreaterThan(5);
    expect(await copy.sessions.list()).toEqual([]);
    expect(await state.sessions.list()).toHaveLength(1);
    expect((await copy.coops.list({}, { limit: 10 })).items).toHaveLength(2);
  });

  test('holds the journal until its copy is made, and lets go when it fails too', async () => {
    const stand = await openStand();
    let held = 0;
    stand.sources.holdTrim = () => {
      held++;
      return () => void held--;
    };
    const seen: number[] = [];
    const { journal } = stand;
    stand.sources.journal = {
      status: () => journal.status(),
      snapshot: (dir) => {
        seen.push(held);
        return journal.snapshot(dir);
      },
    };
    stand.series.meanwhile = async () => void seen.push(held);
    await stand.backups.make();
    expect([seen, held]).toEqual([[1, 1], 0]);
    stand.series.meanwhile = () => Promise.reject(new Error('the store died'));
    await expect(stand.backups.make()).rejects.toThrow();
    expect(held).toBe(0);
  });

  test('whose journal does not reach all cursors is refused', async () => {
    const { journal, state, series, sources, backups } = await openStand();
    await appendRange(journal, [0, 200]);
    await state.cursors.set('ledger', 100);
    // Not held: what the copied state has not passed yet is forgotten.
    series.meanwhile = async () => void (await journal.trim(150));
    await expect(backups.make()).rejects.toThrow(
      /reaches from 150 to 200 and ledger stands at 100/,
    );
    // Copied first: the state goes on meanwhile.
    series.meanwhile = async () => undefined;
    await state.cursors.set('ledger', 170);
    const early = path.join(temporaryFolder(), 'early');
    const reach = await journal.snapshot(early);
    await appendRange(journal, [200, 300]);
    await state.cursors.set('ledger', 250);
    sources.journal = { status: () => journal.status(), snapshot: async () => reach };
    await expect(backups.make()).rejects.toThrow(/to 200 and ledger stands at 250/);
  });

  test('that fails leaves nothing, says why, and the next one works', async () => {
    const { dir, series, backups } = await openStand();
    series.meanwhile = () => Promise.reject(new Error('the store died'));
    await expect(backups.make()).rejects.toThrow(
      expect.objectContaining({ code: 'BACKUP_FAILED' }),
    );
    expect(readdirSync(dir)).toEqual([]);
    expect(backups.list()).toMatchObject([{ state: 'failed', error: /the store died/ as never }]);
    expect(backups.readiness()).toMatchObject({ ok: true, detail: /store died/ as never });
    series.meanwhile = async () => undefined;
    const { id } = await backups.make();
    expect(backups.list()).toMatchObject([{ id, state: 'complete' }]);
  });

  test('is refused while another is made, and given up when the server stops', async () => {
    const { dir, series, backups } = await openStand();
    let release = ignore;
    series.meanwhile = () =>
      new Promise((resolve) => {
        release = () => resolve();
      });
    const first = backups.begin();
    expect(() => backups.begin()).toThrow(expect.objectContaining({ code: 'BACKUP_RUNNING' }));
    expect(backups.get(first.id)).toMatchObject({ state: 'running' });
    const stopping = backups.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    release();
    await stopping;
    expect(readdirSync(dir)).toEqual([]);
  });

  test('is given up before the frames it holds fill the journal', async () => {
    const { journal, series, sources, backups } = await openStand();
    let held = false;
    sources.holdTrim = () => {
      held = true;
      return () => {
        held = false;
      };
    };
    const full = { ...journal.status(), bytes: 80, bytesMax: 100 };
    series.meanwhile = async () => {
      sources.journal = { status: () => full, snapshot: (dir) => journal.snapshot(dir) };
      expect(held).toBe(true);
      await eventually('the frames to be let go while the store is still copied', () => !held);
    };
    await expect(backups.make()).rejects.toThrow(/journal fills up/);
  });

  test('that a killed server left half made is no backup, and is cleared away', async () => {
    const { dir, backups } = await openStand();
    const { id } = await backups.make();
    await backups.stop();
    mkdirSync(path.join(dir, '.partial-2026-11-22T05-00-00-000Z'));
    mkdirSync(path.join(dir, '2026-11-22T05-00-00-000Z'));
    writeFileSync(path.join(dir, 'notes.txt'), 'mine');
    const next = await openStand({ dir });
    expect(next.backups.list().map((backup) => backup.id)).toEqual([id]);
    expect(readdirSync(dir).sort()).toEqual(['2026-11-22T05-00-00-000Z', id, 'notes.txt'].sort());
  });

  test('is kept until enough newer ones are complete', async () => {
    const { dir, series, backups } = await openStand();
    const made: string[] = [];
    for (let count = 0; count < 3; count++) made.push((await backups.make()).id);
    expect(readdirSync(dir).sort()).toEqual(made.slice(1));
    series.meanwhile = () => Promise.reject(new Error('no'));
    await backups.make().catch(ignore);
    expect(readdirSync(dir).sort()).toEqual(made.slice(1));
    expect(backups.list().filter(({ state }) => state === 'complete')).toHaveLength(2);
  });

  test('does not begin on a disk that is too small, and says what it needs', async () => {
    const { dir, sources, backups } = await openStand();
    sources.bytes = () => 2 ** 60;
    const refusal = backups.make();
    await expect(refusal).rejects.toThrow(expect.objectContaining({ code: 'DISK_TOO_SMALL' }));
    await expect(refusal).rejects.toThrow(/MB are needed in .* and [\d.]+ MB are free/);
    expect(readdirSync(dir)).toEqual([]);
  });

  test('that fills the disk all the same leaves nothing on it', async (context) => {
    const disk = temporaryFolder();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', disk]);
    if (mounted.status !== 0) return context.skip('only root on Linux may mount a small disk');
    onTestFinished(() => void spawnSync('umount', ['-l', disk]));
    const { series, backups } = await openStand({ dir: disk });
    series.snapshot = async (dir) => {
      writeFileSync(path.join(dir, 'large'), Buffer.alloc(30e6));
      return true;
    };
    await expect(backups.make()).rejects.toThrow(
      expect.objectContaining({ code: 'BACKUP_FAILED' }),
    );
    expect(backups.list()[0]?.error).toMatch(/no space left/i);
    expect(readdirSync(disk)).toEqual([]);
  });

  test('of a store that another server keeps says so', async () => {
    const { series, backups } = await openStand();
    series.snapshot = async () => false;
    const { path: folder } = await backups.make();
    expect(readManifest(folder).series.included).toBe(false);
    expect(existsSync(path.join(folder, 'series'))).toBe(false);
    expect(readFileSync(path.join(folder, 'config.yaml'), 'utf8')).toBe('http_port: 0\n');
  });
});
