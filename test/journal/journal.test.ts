import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#src/base/clock';
import type { AppError } from '#src/base/errors';
import { createMetrics } from '#src/base/metrics';
import type { Frame } from '#src/contracts/frame';
import { createJournal } from '#src/journal/journal';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';
import {
  append,
  appendRange,
  difference,
  message,
  openJournal,
  readAll,
  SOURCES,
  until,
} from './support.ts';

describe('append and read', () => {
  test('gives back every field and byte, in order', async () => {
    const journal = await openJournal(temporaryFolder());
    await appendRange(journal, [0, 600]);
    const frames = await readAll(journal);
    expect(frames.map((frame) => frame.offset)).toEqual(Array.from({ length: 600 }, (_, i) => i));
    expect(frames.map((frame) => difference(frame, frame.offset)).filter(Boolean)).toEqual([]);
  });

  test('keeps an empty payload, one of 64 KiB and one that fills a commit', async () => {
    const journal = await openJournal(temporaryFolder());
    const sizes = [0, 64 * 1024, 1024 * 1024 - 17, 1];
    const payloads = sizes.map((size) => new Uint8Array(size).fill(size & 0xff));
    for (const payload of payloads) {
      expect(await append(journal, { ...message(1), payload })).toBeNull();
    }
    const frames = await readAll(journal);
    expect(frames.map((frame) => frame.payload.byteLength)).toEqual(sizes);
    expect(
      frames.every((frame, i) => Buffer.compare(frame.payload, payloads[i] ?? frame.payload) === 0),
    ).toBe(true);
    const large = await append(journal, {
      ...message(1),
      payload: new Uint8Array(1024 * 1024 - 16),
    });
    expect(large?.code).toBe('JOURNAL_PAYLOAD_TOO_LARGE');
  });

  test('takes a copy of the payload at once', async () => {
    const journal = await openJournal(temporaryFolder());
    const said = message(3);
    const waiting = append(journal, said);
    said.payload.fill(0);
    await waiting;
    const [frame] = await readAll(journal);
    expect(frame && difference(frame, 3)).toBeNull();
  });

  test('one source is one frozen object, whatever objects were handed in', async () => {
    const dir = temporaryFolder();
    const journal = await openJournal(dir);
    for (let round = 0; round < 3; round++) {
      await append(journal, { ...message(0), source: { ...message(0).source } });
    }
    await journal.stop();
    const again = await openJournal(dir);
    await append(again, message(0));
    await append(again, message(1));
    const sources = (await readAll(again)).map((frame) => frame.source);
    expect(new Set(sources.slice(0, 4)).size).toBe(1);
    expect(Object.isFrozen(sources[0])).toBe(true);
    expect(sources[0]).toEqual(SOURCES[0]);
    expect(sources[4]).toEqual(SOURCES[1]);
  });

  test('reads from the middle of a commit, whole commits up to the bound, and nothing at the head', async () => {
    const journal = await openJournal(temporaryFolder());
    await appendRange(journal, [0, 100], 10);
    const middle = await journal.read(15, 1);
    expect([middle.from, middle.next]).toEqual([15, 20]);
    expect(middle.frames.map((frame) => frame.offset)).toEqual([15, 16, 17, 18, 19]);
    expect(await journal.read(100, 1000)).toEqual({ from: 100, next: 100, frames: [] });
    expect(await journal.read(105, 1000)).toEqual({ from: 105, next: 105, frames: [] });
    const all = await journal.read(0, 1e9);
    expect([all.from, all.next, all.frames.length]).toEqual([0, 100, 100]);
  });

  test('reads several slices of the thread as one batch', async () => {
    const journal = await openJournal(temporaryFolder());
    const payload = new Uint8Array(60_000);
    for (let round = 0; round < 60; round++) await append(journal, { ...message(0), payload });
    const batch = await journal.read(0, 3_000_000);
    expect(batch.next).toBeGreaterThanOrEqual(50);
    expect(batch.next).toBeLessThan(60);
    expect((await readAll(journal, 0, 1e9)).length).toBe(60);
  });

  test('shows what was committed before and goes on after a restart', async () => {
    const dir = temporaryFolder();
    for (let round = 0; round < 3; round++) {
      const journal = await openJournal(dir);
      expect(journal.status().head).toBe(round * 40);
      await appendRange(journal, [round * 40, round * 40 + 40], 7);
      await journal.stop();
    }
    const journal = await openJournal(dir);
    const frames = await readAll(journal);
    expect(frames.map((frame) => difference(frame, frame.offset)).filter(Boolean)).toEqual([]);
    expect(frames.length).toBe(120);
    expect(journal.status()).toMatchObject({
      tail: 0,
      head: 120,
      oldestAt: message(0).receivedAt,
      inFlight: 0,
      failure: null,
      repairs: [],
    });
  });
});

describe('done', () => {
  test('is called in the order of appends, never inside append, once each', async () => {
    const journal = await openJournal(temporaryFolder());
    const order: number[] = [];
    let inside = false;
    await new Promise<void>((resolve) => {
      const one = (index: number): void => {
        inside = true;
        const tooLarge = index % 97 === 5;
        const payload = tooLarge ? new Uint8Array(2_000_000) : message(index).payload;
        journal.append({ ...message(index), payload }, (error) => {
          expect(inside).toBe(false);
          expect(error?.code).toBe(tooLarge ? 'JOURNAL_PAYLOAD_TOO_LARGE' : undefined);
          order.push(index);
          if (index < 1000) one(index + 2000);
          if (order.length === 3000) resolve();
        });
        inside = false;
      };
      for (let index = 0; index < 2000; index++) one(index);
    });
    const expected = [...order].sort((a, b) => a - b);
    expect(order).toEqual(expected);
    expect(journal.status()).toMatchObject({ inFlight: 0, head: 3000 - 31 });
  });

  test('messages of one turn share a commit, those arriving meanwhile the next', async () => {
    const journal = await openJournal(temporaryFolder());
    const heads: number[] = [];
    journal.onCommit((head) => heads.push(head));
    const first = Array.from({ length: 200 }, (_, index) => append(journal, message(index)));
    await new Promise((resolve) => setImmediate(resolve));
    const second = Array.from({ length: 300 }, (_, index) => append(journal, message(index + 200)));
    expect(journal.status().inFlight).toBe(500);
    await Promise.all([...first, ...second]);
    expect(heads).toEqual([200, 500]);
  });

  test('one that throws does not cost the others theirs', async () => {
    const journal = await openJournal(temporaryFolder());
    journal.append(message(0), () => {
      throw new Error('the caller is broken');
    });
    expect(await append(journal, message(1))).toBeNull();
  });

  test('refuses what would not fit in memory while the disk is busy', async () => {
    const journal = await openJournal(temporaryFolder());
    const payload = new Uint8Array(1_000_000);
    const results = await Promise.all(
      Array.from({ length: 80 }, () => append(journal, { ...message(0), payload })),
    );
    const codes = results.map((error) => error?.code ?? 'kept');
    expect(codes.filter((code) => code === 'kept').length).toBe(67);
    expect(codes.slice(67).every((code) => code === 'JOURNAL_OVERLOADED')).toBe(true);
    expect(await append(journal, message(0))).toBeNull();
  });
});

describe('trim', () => {
  test('forgets whole commits below the offset and keeps the rest', async () => {
    const dir = temporaryFolder();
    const journal = await openJournal(dir);
    await appendRange(journal, [0, 100], 10);
    await journal.trim(45);
    expect(journal.status()).toMatchObject({
      tail: 40,
      head: 100,
      oldestAt: message(40).receivedAt,
    });
    const batch = await journal.read(0, 1e6);
    expect([batch.from, batch.next, batch.frames[0]?.offset]).toEqual([40, 100, 40]);
    await journal.stop();
    expect((await openJournal(dir)).status()).toMatchObject({ tail: 40, head: 100 });
  });

  test('of everything leaves an empty journal that never gives an offset out again', async () => {
    const dir = temporaryFolder();
    const journal = await openJournal(dir);
    await appendRange(journal, [0, 100], 10);
    await journal.trim(1e9);
    expect(journal.status()).toMatchObject({ tail: 100, head: 100, oldestAt: null });
    await journal.stop();
    const again = await openJournal(dir);
    expect(again.status()).toMatchObject({ tail: 100, head: 100, oldestAt: null });
    await append(again, message(100));
    expect((await readAll(again)).map((frame) => frame.offset)).toEqual([100]);
  });

  test('lets appends pass while it works, and its space is used again', async () => {
    const journal = await openJournal(temporaryFolder());
    const payload = new Uint8Array(250_000);
    for (let round = 0; round < 120; round++) await append(journal, { ...message(0), payload });
    const full = journal.status().bytes;
    let trimmed = false;
    const trimming = journal.trim(120).then(() => {
      trimmed = true;
    });
    const passed: boolean[] = [];
    for (let round = 0; round < 4; round++) {
      expect(await append(journal, message(0))).toBeNull();
      passed.push(trimmed);
    }
    await trimming;
    expect(passed[0]).toBe(false);
    expect(journal.status().bytes).toBeLessThan(full / 10);
  });
});

test('a full journal refuses, keeps what it has, and takes more after a trim', async () => {
  const journal = await openJournal(temporaryFolder(), 1_000_000);
  const payload = new Uint8Array(20_000);
  let kept = 0;
  let refusal: AppError | null = null;
  while (refusal === null && kept < 100) {
    refusal = await append(journal, { ...message(kept), payload });
    if (refusal === null) kept++;
  }
  expect(refusal?.code).toBe('JOURNAL_FULL');
  expect(journal.status().failure?.code).toBe('JOURNAL_FULL');
  expect(journal.status().bytes).toBeLessThanOrEqual(1_000_000 + 3 * 8192);
  expect((await append(journal, message(0)))?.code).toBe('JOURNAL_FULL');
  expect((await readAll(journal)).length).toBe(kept);
  await journal.trim(10);
  expect(journal.status().failure).toBeNull();
  expect(await append(journal, message(0))).toBeNull();
  expect((await readAll(journal)).length).toBe(kept - 10 + 1);
});

test('advanceHead leaves a gap that readers jump over and that survives a restart', async () => {
  const dir = temporaryFolder();
  const journal = await openJournal(dir);
  await appendRange(journal, [0, 10]);
  await journal.advanceHead(5);
  expect(journal.status().head).toBe(10);
  await journal.advanceHead(500);
  expect(await journal.read(10, 1e6)).toEqual({ from: 10, next: 500, frames: [] });
  await journal.stop();
  const again = await openJournal(dir);
  expect(again.status().head).toBe(500);
  await append(again, message(500));
  const frames = await readAll(again);
  expect(frames.map((frame) => frame.offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 500]);
  expect(difference(frames[10] as Frame, 500)).toBeNull();
});

describe('life', () => {
  test('before start and after stop it refuses; stop keeps what waits and is safe twice', async () => {
    const dir = temporaryFolder();
    const journal = createJournal({
      dir,
      bytesMax: 1e9,
      clock: systemClock,
      logger: quietLogger,
      metrics: createMetrics(),
    });
    expect((await append(journal, message(0)))?.code).toBe('JOURNAL_CLOSED');
    await journal.start(new AbortController().signal);
    const waiting = Array.from({ length: 100 }, (_, index) => append(journal, message(index)));
    await Promise.all([journal.stop(), journal.stop()]);
    expect((await Promise.all(waiting)).every((error) => error === null)).toBe(true);
    expect((await append(journal, message(0)))?.code).toBe('JOURNAL_CLOSED');
    await expect(journal.read(0, 1)).rejects.toThrow();
    expect(existsSync(path.join(dir, 'journal.db-wal'))).toBe(false);
    expect((await readAll(await openJournal(dir))).length).toBe(100);
  });

  test('a second journal on the same folder is refused, the first goes on', async () => {
    const dir = temporaryFolder();
    const journal = await openJournal(dir);
    await expect(openJournal(dir)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
    expect(await append(journal, message(0))).toBeNull();
  });

  test('a folder that cannot be made is an error with its reason', async () => {
    const blocked = path.join(temporaryFolder(), 'journal.db');
    await openJournal(path.dirname(blocked));
    await expect(openJournal(blocked)).rejects.toMatchObject({ code: 'JOURNAL_OPEN_FAILED' });
  });

  test('starts again by itself when its thread ends, and loses nothing acknowledged', async () => {
    const threads: Worker[] = [];
    const remember = (worker: Worker): void => void threads.push(worker);
    process.on('worker', remember);
    onTestFinished(() => void process.off('worker', remember));
    const journal = await openJournal(temporaryFolder());
    await appendRange(journal, [0, 50]);
    const reading = journal.read(0, 1e6);
    const waiting = append(journal, {
      ...message(50),
      source: { ...message(50).source, site: 'new' },
    });
    await threads[0]?.terminate();
    await reading.catch((error: AppError) => expect(error.code).toBe('JOURNAL_READ_FAILED'));
    const outcome = await waiting;
    expect(journal.status().failure?.code).toBe('JOURNAL_WRITE_FAILED');
    expect((await append(journal, message(0)))?.code).toBe('JOURNAL_WRITE_FAILED');
    await until(() => journal.status().failure === null, 5_000, 'recovery');
    const source = { ...message(50).source, site: 'new' };
    expect(await append(journal, { ...message(51), source })).toBeNull();
    const frames = await readAll(journal);
    expect(frames.length).toBeGreaterThanOrEqual(outcome === null ? 52 : 51);
    expect(
      frames
        .slice(0, 50)
        .map((frame, i) => difference(frame, i))
        .filter(Boolean),
    ).toEqual([]);
    expect(frames.at(-1)?.source.site).toBe('new');
    expect(frames.map((frame) => frame.offset)).toEqual(frames.map((_, index) => index));
  });

  test('counts what it did', async () => {
    const metrics = createMetrics();
    const journal = createJournal({
      dir: temporaryFolder(),
      bytesMax: 1e9,
      clock: systemClock,
      logger: quietLogger,
      metrics,
    });
    onTestFinished(() => journal.stop());
    await journal.start(new AbortController().signal);
    await appendRange(journal, [0, 20], 10);
    const { text } = await metrics.render();
    expect(text).toContain('sluice_journal_frames_total 20');
    expect(text).toContain('sluice_journal_commits_total 2');
    expect(text).toContain('sluice_journal_commit_ms_count 2');
    expect(text).toContain('sluice_journal_head 20');
    expect(text).toContain('sluice_journal_failing 0');
  });
});
