import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '#src/base/sqlite';
import type { JournalRoom } from '#src/journal/journal';
import { temporaryFolder } from '../support/folder.ts';
import { createRandom, seed } from '../support/random.ts';
import {
  append,
  appendRange,
  difference,
  message,
  openJournal,
  readAll,
  until,
} from './support.ts';

/** Frames of the journal that the tests below damage. */
const FRAMES = 2_500;

/** A closed journal in a fresh folder, its commits of different sizes. */
async function filledDir(): Promise<string> {
  const dir = temporaryFolder();
  const journal = await openJournal(dir);
  await appendRange(journal, [0, 500], 3);
  await appendRange(journal, [500, FRAMES], 40);
  await journal.stop();
  return dir;
}

function damagedFiles(dir: string): string[] {
  return readdirSync(dir).filter((name) => name.startsWith('journal.db.damaged-'));
}

/**
 * What must hold however the file was damaged: reading ends, what it gives is true, appends work,
 * and offsets the consumers have seen are not used again. Answers with the frames kept.
 */
async function expectSound(journal: JournalRoom, before = FRAMES): Promise<number> {
  // Damage that only a reader meets fails that read; the journal mends itself and reading goes on.
  await readAll(journal).catch(() => undefined);
  await until(() => journal.status().failure === null, 5_000, 'recovery');
  const frames = await readAll(journal);
  const wrong = frames.map((frame) => difference(frame, frame.offset)).filter(Boolean);
  expect(wrong).toEqual([]);
  if (frames.length < before) expect(journal.status().repairs).not.toEqual([]);
  await journal.advanceHead(before);
  const head = journal.status().head;
  expect(await append(journal, message(head))).toBeNull();
  const [frame] = await readAll(journal, before);
  expect(frame?.offset).toBe(head);
  expect(frame && difference(frame, head)).toBeNull();
  expect(journal.status().failure).toBeNull();
  return frames.length;
}

async function reopenSound(dir: string): Promise<{ kept: number; repairs: string[] }> {
  const journal = await openJournal(dir);
  const kept = await expectSound(journal);
  const { repairs } = journal.status();
  await journal.stop();
  // A second start finds nothing left to repair and the same frames.
  const again = await openJournal(dir);
  expect((await readAll(again)).length).toBe(kept + 1);
  expect(again.status().repairs).toEqual([]);
  await again.stop();
  return { kept, repairs };
}

function change(file: string, at: number, bytes: Uint8Array): void {
  const content = readFileSync(file);
  content.set(bytes, at);
  writeFileSync(file, content);
}

describe('a damaged file is set aside and what is readable goes on', () => {
  test('zero length', async () => {
    const dir = await filledDir();
    truncateSync(path.join(dir, 'journal.db'), 0);
    const { kept, repairs } = await reopenSound(dir);
    expect(kept).toBe(0);
    expect(repairs[0]).toContain('was empty');
  });

  test('garbage', async () => {
    const dir = await filledDir();
    const garbage = Buffer.from('not a database '.repeat(5_000));
    writeFileSync(path.join(dir, 'journal.db'), garbage);
    const { kept, repairs } = await reopenSound(dir);
    expect(kept).toBe(0);
    expect(repairs[0]).toContain('was damaged');
    expect(damagedFiles(dir)).toHaveLength(1);
  });

  test('the database of another program', async () => {
    const dir = temporaryFolder();
    const other = openDatabase(path.join(dir, 'journal.db'));
    other.exec('CREATE TABLE commits (a); INSERT INTO commits VALUES (1)');
    other.close();
    const { kept } = await reopenSound(dir);
    expect(kept).toBe(0);
  });

  test.each([0.05, 0.3, 0.6, 0.95])('cut to %f of its length', async (part) => {
    const dir = await filledDir();
    const file = path.join(dir, 'journal.db');
    truncateSync(file, Math.floor(statSync(file).size * part));
    const { kept } = await reopenSound(dir);
    // Offsets are stored in order, so the first part of the file is the first part of the frames.
    expect(kept).toBeGreaterThan(FRAMES * part * 0.5 - 200);
    expect(kept).toBeLessThan(FRAMES);
    expect(damagedFiles(dir)).toHaveLength(1);
  });

  test('its first page overwritten: every frame is still found', async () => {
    const dir = await filledDir();
    change(path.join(dir, 'journal.db'), 0, Buffer.alloc(8192, 0xaa));
    expect((await reopenSound(dir)).kept).toBe(FRAMES);
  });

  test('empty while its WAL still holds commits: they are found in there', async () => {
    const dir = temporaryFolder();
    const journal = await openJournal(dir);
    await appendRange(journal, [0, 200], 10);
    const copy = temporaryFolder();
    copyFileSync(path.join(dir, 'journal.db-wal'), path.join(copy, 'journal.db-wal'));
    writeFileSync(path.join(copy, 'journal.db'), '');
    const rescued = await openJournal(copy);
    const frames = await readAll(rescued);
    expect(frames.length).toBe(200);
    expect(frames.map((frame) => difference(frame, frame.offset)).filter(Boolean)).toEqual([]);
  });

  test('a torn WAL: what came before the tear is kept', async () => {
    const dir = temporaryFolder();
    const journal = await openJournal(dir);
    await appendRange(journal, [0, 1_000], 10);
    const size = statSync(path.join(dir, 'journal.db-wal')).size;
    for (const part of [0.2, 0.7, 0.99]) {
      const copy = temporaryFolder();
      for (const name of ['journal.db', 'journal.db-wal']) {
        copyFileSync(path.join(dir, name), path.join(copy, name));
      }
      truncateSync(path.join(copy, 'journal.db-wal'), Math.floor(size * part));
      const torn = await openJournal(copy);
      const frames = await readAll(torn);
      expect(frames.map((frame) => difference(frame, frame.offset)).filter(Boolean)).toEqual([]);
      expect(torn.status().head).toBe(frames.length);
      expect(torn.status().repairs).toEqual([]);
      await torn.stop();
    }
  });

  test(`flipped bytes anywhere (SEED=${seed})`, { timeout: 60_000 }, async () => {
    const random = createRandom();
    const original = await filledDir();
    const rounds = 9;
    let keptInAll = 0;
    for (let round = 0; round < rounds; round++) {
      const dir = temporaryFolder();
      const file = path.join(dir, 'journal.db');
      const content = readFileSync(path.join(original, 'journal.db'));
      // Every third round aims at one page, so that inner pages and the head get their share.
      const page = Math.floor(random() * (content.length / 8192)) * 8192;
      for (let flip = 0; flip < 1 + round * 2; flip++) {
        const at = round % 3 === 0 ? page + random() * 8192 : random() * content.length;
        const place = Math.floor(at);
        content[place] = (content[place] ?? 0) ^ (1 << Math.floor(random() * 8));
      }
      writeFileSync(file, content);
      const { kept } = await reopenSound(dir);
      keptInAll += kept;
    }
    // Only the root page of the commits costs everything.
    expect(keptInAll).toBeGreaterThan((FRAMES * rounds) / 2);
  });
});

test('one flipped byte in a payload costs its commit only, and is skipped by readers', async () => {
  const dir = await filledDir();
  const file = path.join(dir, 'journal.db');
  // The whole of message 30, which stands in a commit of three, and its left-overs in free space.
  const content = readFileSync(file);
  const payload = Buffer.from(message(30).payload);
  let place = content.indexOf(payload);
  expect(place).toBeGreaterThan(0);
  for (; place >= 0; place = content.indexOf(payload)) content.fill(0, place + 10, place + 11);
  writeFileSync(file, content);
  const journal = await openJournal(dir);
  const batch = await journal.read(30, 1);
  expect(batch.frames[0]?.offset ?? 33).toBe(33);
  expect(batch.next).toBeGreaterThan(33);
  expect(journal.status().repairs).toHaveLength(1);
  expect(journal.status().repairs[0]).toContain('frames 30 to 32 were set aside');
  expect(damagedFiles(dir)).toEqual([]);
  expect(await expectSound(journal)).toBe(FRAMES - 3);
  expect(journal.status().repairs).toHaveLength(1);
});

test('a source whose row was changed is known from its copy; without it, its frames are set aside', async () => {
  const dir = await filledDir();
  const file = path.join(dir, 'journal.db');
  const change = (table: string): void => {
    const database = openDatabase(file);
    database.exec(`UPDATE ${table} SET device = 'bay-8' WHERE device = 'bay-7'`);
    database.close();
  };
  change('sources');
  let journal = await openJournal(dir);
  expect(await expectSound(journal)).toBe(FRAMES);
  await journal.stop();
  change('sources_copy');
  journal = await openJournal(dir);
  const frames = await readAll(journal);
  expect(frames.map((frame) => difference(frame, frame.offset)).filter(Boolean)).toEqual([]);
  expect(frames.length).toBeLessThan(FRAMES);
  expect(journal.status().repairs[0]).toContain('the source of a frame is lost');
});

test('commits that vanished are noticed by their first reader, and mended without a restart', async () => {
  const dir = await filledDir();
  const database = openDatabase(path.join(dir, 'journal.db'));
  database.exec('DELETE FROM commits WHERE first > 600 AND first < 800');
  database.close();
  const journal = await openJournal(dir);
  expect((await journal.read(0, 10_000)).frames.length).toBeGreaterThan(10);
  await expect(readAll(journal)).rejects.toMatchObject({ code: 'JOURNAL_READ_FAILED' });
  expect(journal.status().failure?.code).toBe('JOURNAL_WRITE_FAILED');
  expect((await append(journal, message(0)))?.code).toBe('JOURNAL_WRITE_FAILED');
  await until(() => journal.status().failure === null, 5_000, 'recovery');
  expect(journal.status().repairs[0]).toContain('are missing');
  const kept = await expectSound(journal);
  expect(kept).toBe(FRAMES - 200);
  expect(journal.status().head).toBe(FRAMES + 1);
  expect(damagedFiles(dir)).toHaveLength(1);
});

test('an exchange of files that a crash cut short is finished at the next start', async () => {
  const dir = await filledDir();
  const file = path.join(dir, 'journal.db');
  copyFileSync(file, `${file}.rebuilt`);
  writeFileSync(file, 'the damaged one');
  writeFileSync(`${file}-wal`, 'its WAL');
  const journal = await openJournal(dir);
  expect((await readAll(journal)).length).toBe(FRAMES);
  expect(existsSync(`${file}.rebuilt`)).toBe(false);
  expect(damagedFiles(dir)).toHaveLength(2);
});

test('a file of a newer version is left alone', async () => {
  const dir = await filledDir();
  const file = path.join(dir, 'journal.db');
  const database = openDatabase(file);
  database.exec('PRAGMA user_version = 99');
  database.close();
  const before = readFileSync(file);
  await expect(openJournal(dir)).rejects.toMatchObject({ code: 'JOURNAL_NEWER' });
  expect(readFileSync(file).equals(before)).toBe(true);
});
