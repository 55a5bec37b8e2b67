import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { copyBackup } from '#src/backup/copy';
import { filesBelow } from '#src/backup/files';
import { restoreBackup } from '#src/backup/restore';
import { verifyBackup } from '#src/backup/verify';
import { checkRestored, lockDataDir } from '#src/base/data-dir';
import { appendRange, openJournal } from '../journal/support.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createRandom, seed } from '../support/random.ts';
import { flip, openStand, openState } from './stand.ts';

const ignore = (): void => undefined;
const damaged = expect.objectContaining({ code: 'BACKUP_DAMAGED' });
let backup: string;
let target: string;

beforeEach(async () => {
  const { journal, state, backups } = await openStand();
  await appendRange(journal, [0, 300]);
  await state.cursors.set('ledger', 200);
  backup = (await backups.make()).path;
  target = path.join(temporaryFolder(), 'data');
});

describe('a restore', () => {
  test('makes a data folder of a backup in one step', async () => {
    const told: number[] = [];
    await restoreBackup(backup, target, (done, total) => told.push(done / total));
    expect(told.at(-1)).toBe(1);
    expect(filesBelow(target)).toEqual([
      'config.yaml',
      'journal/journal.db',
      'lock.db',
      'series-plain/archive/2026-11.bin',
      'series-plain/store.bin',
      'state.db',
    ]);
    checkRestored(target);
    const state = await openState(target);
    expect(await state.cursors.get('ledger')).toBe(200);
    const journal = await openJournal(path.join(target, 'journal'));
    expect(journal.status()).toMatchObject({ tail: 0, head: 300, repairs: [] });
  });

  test(`refuses a flipped bit in any file by its name, and writes nothing (SEED=${seed})`, async () => {
    const random = createRandom();
    for (const name of filesBelow(backup)) {
      const file = path.join(backup, name);
      const whole = readFileSync(file);
      flip(file, random());
      const restore = () => restoreBackup(backup, target, ignore);
      for (const attempt of [() => verifyBackup(backup, ignore), restore]) {
        const error = await attempt().catch((failure: unknown) => failure);
        expect(String(error), name).toMatch(name);
        expect(error).toMatchObject({ code: /^BACKUP_(DAMAGED|INVALID|TOO_NEW)$/ as never });
      }
      expect(existsSync(target)).toBe(false);
      writeFileSync(file, whole);
    }
    await verifyBackup(backup, ignore);
  });

  test('refuses a file that is missing, longer or shorter', async () => {
    const file = path.join(backup, 'journal', 'journal.db');
    const whole = readFileSync(file);
    appendFileSync(file, 'x');
    await expect(restoreBackup(backup, target, ignore)).rejects.toThrow(/bytes instead of/);
    writeFileSync(file, whole.subarray(0, 5_000));
    await expect(restoreBackup(backup, target, ignore)).rejects.toThrow(damaged);
    rmSync(file);
    await expect(restoreBackup(backup, target, ignore)).rejects.toThrow(/journal.db.*missing/);
    expect(existsSync(target)).toBe(false);
  });

  test('refuses a newer format, and a folder that is no backup', async () => {
    const file = path.join(backup, 'manifest.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"format": 1', '"format": 2'));
    const tooNew = expect.objectContaining({ code: 'BACKUP_TOO_NEW' });
    await expect(restoreBackup(backup, target, ignore)).rejects.toThrow(tooNew);
    const invalid = expect.objectContaining({ code: 'BACKUP_INVALID' });
    await expect(restoreBackup(temporaryFolder(), target, ignore)).rejects.toThrow(invalid);
  });

  test.each(['../outside', '/etc/outside', 'a/../../outside', '..'])(
    'refuses a manifest that leads to %s',
    async (name) => {
      const file = path.join(backup, 'manifest.json');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace('"path": "config.yaml"', `"path": "${name}"`));
      const invalid = expect.objectContaining({ code: 'BACKUP_INVALID' });
      await expect(restoreBackup(backup, target, ignore)).rejects.toThrow(invalid);
    },
  );

  test('never writes into a folder that holds anything', async () => {
    mkdirSync(target);
    writeFileSync(path.join(target, 'state.db'), 'precious');
    const refused = expect.objectContaining({ code: 'DATA_DIR_NOT_EMPTY' });
    await expect(restoreBackup(backup, target, ignore)).rejects.toThrow(refused);
    expect(readdirSync(target)).toEqual(['state.db']);
    expect(readFileSync(path.join(target, 'state.db'), 'utf8')).toBe('precious');
  });

  test('that was cut off leaves a folder no server starts on; it can be run again', async () => {
    mkdirSync(path.join(target, 'restoring', 'journal'), { recursive: true });
    const unfinished = expect.objectContaining({ code: 'DATA_DIR_UNFINISHED' });
    expect(() => checkRestored(target)).toThrow(unfinished);
    await restoreBackup(backup, target, ignore);
    checkRestored(target);
    lockDataDir(target)();
    expect(existsSync(path.join(target, 'journal', 'journal.db'))).toBe(true);
  });

  test('compares what it wrote, not only what it read', async () => {
    // Touched between the check and the copy, as a failing disk would.
    const file = path.join(backup, 'state.db');
    let flipped = false;
    const attempt = restoreBackup(backup, target, (done, total) => {
      if (flipped || done < total) return;
      flipped = true;
      flip(file, 0.5);
    });
    await expect(attempt).rejects.toThrow(damaged);
    expect(filesBelow(target)).toEqual(['lock.db']);
  });
});

describe('a copy of a backup', () => {
  test('stands whole under its own name, once', async () => {
    const other = path.join(temporaryFolder(), 'disk', 'backups');
    const folder = await copyBackup(backup, other, ignore);
    expect(path.dirname(folder)).toBe(other);
    await verifyBackup(folder, ignore);
    const exists = expect.objectContaining({ code: 'BACKUP_EXISTS' });
    await expect(copyBackup(backup, other, ignore)).rejects.toThrow(exists);
    expect(readdirSync(other)).toEqual([path.basename(backup)]);
  });

  test('of a damaged one is not made', async () => {
    const bad = path.join(temporaryFolder(), path.basename(backup));
    cpSync(backup, bad, { recursive: true });
    flip(path.join(bad, 'series', 'store.bin'), 0.3);
    const other = temporaryFolder();
    await expect(copyBackup(bad, other, ignore)).rejects.toThrow(/store.bin/);
    expect(readdirSync(other)).toEqual([]);
  });
});
