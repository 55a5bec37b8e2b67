import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SeriesBatch } from '#src/contracts/series';
import type { DuckDbStore } from '#src/series/duckdb/store';
import { temporaryFolder } from '../support/folder.ts';
import { mountMissing, smallDisk } from '../support/small-disk.ts';
import {
  APRIL,
  archiveNames,
  archivePath,
  codeOf,
  countsOf,
  expectSameAnswers,
  FEBRUARY,
  fileOf,
  JANUARY,
  MARCH,
  MAY,
  openStore,
  season,
} from './archive-support.ts';
import { Journalist, POND, points, toObservation } from './fixtures.ts';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A store whose January and February are in files. */
async function archived() {
  const dir = temporaryFolder();
  const store = await openStore({ dir });
  const batch = await new Journalist(store).write(...season());
  await store.expire('raw', POND.name, MARCH);
  return { dir, store, batch };
}

/** Turns some bytes in the middle of a file over. */
function flip(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  for (let at = middle; at < middle + 8; at++) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

/** The same in each block (256 KiB, behind three headers) of the middle of a database. */
function flipBlocks(file: string): void {
  const bytes = readFileSync(file);
  const blocks = Math.floor((bytes.length - 12_288) / 262_144);
  for (let block = Math.floor(blocks / 4); block < blocks - 2; block++) {
    const at = 12_288 + block * 262_144 + 50_000;
    bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  }
  writeFileSync(file, bytes);
}

const first = async (store: DuckDbStore) =>
  (await points(store, { filter: { devices: ['a'] } }))[0]?.[0];

describe('a DuckDB store whose files are harmed', { timeout: 90_000 }, () => {
  it('goes on without an archive file that was changed, and says what is lost', async () => {
    const { dir, store } = await archived();
    await store.stop();
    flip(archivePath(dir, '2026-01.parquet'));
    const after = await openStore({ dir });
    await expect
      .poll(() => after.status().repairs, { timeout: 5_000 })
      .toEqual([
        expect.stringMatching(
          /^archive\/test-pond\/2026-01\.parquet set aside, 744 values of that month lost: its /,
        ),
      ]);
    expect(await first(after)).toBe(FEBRUARY);
    expect(archiveNames(dir)).toEqual(['2026-02.parquet']);
    const stored = (await countsOf(after)).reduce((sum, count) => sum + count.stored, 0);
    expect(stored).toBe((28 + 31) * 6 * 4);
    // The month can be archived anew, under a name that takes nothing from what was set aside.
    const late = { device: 'a', site: 'p1', at: FEBRUARY - 1, values: { oxygen: 1 } };
    const journal = new Journalist(after);
    journal.next = await after.cursor();
    await journal.write(late);
    await after.expire('raw', POND.name, FEBRUARY);
    expect(archiveNames(dir)).toEqual(['2026-01.2.parquet', '2026-02.parquet']);
    expect(await first(after)).toBe(late.at);
  });

  it('answers without a file that turns out to be unreadable while it is read', async () => {
    const { dir, store } = await archived();
    expect(store.status().repairs).toEqual([]);
    truncateSync(archivePath(dir, '2026-01.parquet'), 1_000);
    expect(await first(store)).toBe(FEBRUARY);
    rmSync(archivePath(dir, '2026-02.parquet'));
    const journal = new Journalist(store);
    journal.next = await store.cursor();
    const late = journal.batch({ device: 'a', site: 'p1', at: FEBRUARY, values: { oxygen: 1 } });
    expect(await codeOf(store.write(late))).toBe('SERIES_UNAVAILABLE');
    expect(await codeOf(store.write(late))).toBe('done');
    expect(await first(store)).toBe(FEBRUARY);
    expect((await store.latest()).length).toBeGreaterThan(0);
    expect(store.status().repairs).toHaveLength(2);
    expect(store.status().repairs[1]).toMatch(/2026-02\.parquet set aside, 672 .*it is missing/);
  });

  it('does not sign what it finds changed when it adds to a month', async () => {
    const { dir, store } = await archived();
    flip(archivePath(dir, '2026-01.parquet'));
    const journal = new Journalist(store);
    journal.next = await store.cursor();
    await journal.write({ device: 'new', at: FEBRUARY - 1, values: { ph: 7 } });
    await store.expire('raw', POND.name, FEBRUARY);
    expect(store.status().repairs).toHaveLength(1);
    expect(await points(store, { metrics: ['ph'] })).toEqual([[FEBRUARY - 1, 7]]);
    expect(await first(store)).toBe(FEBRUARY);
  });

  /** Enough for a main file of several blocks: 30,000 rows of what cannot be pressed together. */
  const much = (from: number): SeriesBatch => {
    const observations = Array.from({ length: 30_000 }, (_, row) => {
      const values = { oxygen: Math.sin(row), ph: Math.cos(row), temperature: Math.sqrt(row) };
      return toObservation(
        { device: 'a', site: 'p1', at: MARCH + row * 60_000, values },
        from + row,
      );
    });
    return { from, next: from + observations.length, observations };
  };

  const harms: ReadonlyArray<readonly [string, (file: string) => void]> = [
    ['bytes flipped in its middle', flipBlocks],
    ['its second half cut off', (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
    [
      'its headers zeroed',
      (file) => {
        const bytes = readFileSync(file);
        writeFileSync(file, bytes.fill(0, 0, 12_288));
      },
    ],
  ];
  it.each(harms)('comes back from archive and journal with %s', async (_, harm) => {
    const { dir, store } = await archived();
    const [march, more] = [season().length, much(season().length)];
    await store.write(more);
    const { identity } = store.status();
    await store.stop();
    harm(fileOf(dir));
    const after = await openStore({ dir });
    // Damage in the middle shows when it is read.
    await expect
      .poll(
        async () => {
          await codeOf(points(after, { metrics: ['oxygen', 'ph', 'temperature'] }));
          return after.status().available && after.status().repairs.length;
        },
        { timeout: 10_000 },
      )
      .toBe(2);
    const [aside, back] = after.status().repairs;
    expect(aside).toMatch(/^series\.duckdb\.damaged-\S+ set aside, started with an empty file/);
    const values = 59 * 6 * 4;
    expect(back).toBe(
      `${values} values of ${POND.name} in 2 months (2026-01 to 2026-02) came back from the archive`,
    );
    expect(after.status().identity).not.toBe(identity);
    expect(await after.cursor()).toBe(0);
    // The journal still has half of what was written last.
    const from = march + 15_000;
    const observations = more.observations.slice(15_000);
    await after.write({ from, next: more.next, observations });
    const stored = (await countsOf(after)).reduce((sum, count) => sum + count.stored, 0);
    expect(stored).toBe(values + 3 * 15_000);
    expect((await points(after, { filter: { devices: ['a'] } })).length).toBe(59 * 6 + 15_000);
  });

  it('finds damage in its main file while it is open', async () => {
    const { dir, store } = await archived();
    await store.write(much(season().length));
    await store.stop();
    const whole = readFileSync(fileOf(dir));
    const metrics = ['oxygen', 'ph', 'temperature'];
    const blocks = Math.floor((whole.length - 12_288) / 262_144);
    // Not every block is read when the store opens: find one that is read by a query only. The
    // first ones hold what is looked at when it opens.
    for (let block = Math.floor(blocks / 3); block < blocks; block++) {
      const bytes = Buffer.from(whole);
      const at = 12_288 + block * 262_144 + 50_000;
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(fileOf(dir), bytes);
      const after = await openStore({ dir });
      const late = toObservation({ device: 'z', at: MAY, values: { ph: 1 } }, 99_999);
      const opened = after.status().repairs.length === 0;
      if (opened) await after.write({ from: 99_999, next: 100_000, observations: [late] });
      const code = await codeOf(points(after, { metrics }));
      if (!opened || code === 'done') {
        await after.stop();
        continue;
      }
      expect(code).toBe('SERIES_UNAVAILABLE');
      await expect.poll(() => after.status().available, { timeout: 10_000 }).toBe(true);
      // Its log went with it, for that is worth nothing beside another file.
      expect(after.status().repairs[0]).toMatch(
        /^series\.duckdb\.damaged-\S+, series\.duckdb\.wal/,
      );
      expect(after.status()).toMatchObject({ cursor: 0, persisted: 0 });
      expect(await first(after)).toBe(JANUARY);
      return;
    }
    throw new Error('no block is read by queries alone');
  });

  it('copies itself while it is written, and the copy is a store', async () => {
    const { dir, store, batch } = await archived();
    const copy = path.join(temporaryFolder(), 'copy');
    let from = batch.next;
    let writing = true;
    const writes = (async () => {
      while (writing) {
        const values = { ph: from };
        const observation = toObservation({ device: 'w', at: APRIL + from, values }, from);
        await store.write({ from, next: ++from, observations: [observation] });
        await wait(1);
      }
    })();
    await wait(50);
    const copying = store.snapshot(copy);
    const expiring = store.expire('raw', POND.name, MAY);
    expect(await copying).toBe(true);
    await expiring;
    writing = false;
    await writes;
    const second = await openStore({ dir: copy });
    const cursor = await second.cursor();
    expect([cursor > batch.next, cursor < from]).toEqual([true, true]);
    expect(second.status().repairs).toEqual([]);
    for (let offset = cursor; offset < from; offset++) {
      const observation = toObservation(
        { device: 'w', at: APRIL + offset, values: { ph: offset } },
        offset,
      );
      await second.write({ from: offset, next: offset + 1, observations: [observation] });
    }
    await expectSameAnswers(second, store);
    expect(second.status().identity).toBe(store.status().identity);
    expect(existsSync(path.join(dir, 'archive', POND.name, '2026-01.parquet'))).toBe(true);
  });

  it.skipIf(mountMissing !== null)(
    `deletes nothing when the disk is full${mountMissing === null ? '' : ` (${mountMissing})`}`,
    async () => {
      const dir = smallDisk(24);
      const store = await openStore({ dir });
      const plain = await openStore({ dir: temporaryFolder() });
      const rows = much(0);
      for (const one of [store, plain]) await one.write(rows);
      await store.stop();
      const again = await openStore({ dir });
      for (const leaveBytes of [0, 100_000, 600_000]) {
        const ballast = path.join(dir, 'ballast');
        const { bavail, bsize } = statfsSync(dir);
        writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)));
        expect(await codeOf(again.expire('raw', POND.name, MAY))).toBe('SERIES_FAILED');
        expect(readdirSync(path.dirname(archivePath(dir, 'x')))).toEqual([]);
        rmSync(ballast);
      }
      await expectSameAnswers(again, plain);
      expect((await again.expire('raw', POND.name, MAY)).files).toHaveLength(1);
      await expectSameAnswers(again, plain);
    },
  );
});
