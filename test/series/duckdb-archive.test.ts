import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SeriesBatch } from '#src/contracts/series';
import type { DuckDbStore } from '#src/series/duckdb/store';
import { temporaryFolder } from '../support/folder.ts';
import { createRandom, seed } from '../support/random.ts';
import {
  APRIL,
  archiveNames,
  archivePath,
  codeOf,
  countsOf,
  crash,
  expectSameAnswers,
  FEBRUARY,
  fileOf,
  JANUARY,
  MARCH,
  MAY,
  openStore,
  season,
} from './archive-support.ts';
import { Journalist, POND, points, type Report, TRAP } from './fixtures.ts';
import { Reference } from './reference.ts';

const DAY = 86_400_000;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Two stores that are given the same; only one of them archives. */
async function twins(limits: object = {}) {
  const dir = temporaryFolder();
  const store = await openStore({ dir, limits });
  const plain = await openStore({ dir: temporaryFolder() });
  const journal = new Journalist(plain);
  const write = async (...reports: Report[]) => {
    const batch = await journal.write(...reports);
    await store.write(batch);
    return batch;
  };
  return { dir, store, plain, write, journal };
}

describe('the archive of a DuckDB store', { timeout: 90_000 }, () => {
  it('answers the same with months in files, late and repeated reports included', async () => {
    const { dir, store, plain, write } = await twins();
    await write(...season(), {
      device: 't',
      kind: TRAP.name,
      at: JANUARY,
      values: { count: 3 },
    });
    await write({ device: 'a', at: JANUARY, site: 'p2', values: { oxygen: 55 } });
    const done = await store.expire('raw', POND.name, MARCH + DAY);
    expect(done.files).toEqual([
      `archive/${POND.name}/2026-01.parquet written`,
      `archive/${POND.name}/2026-02.parquet written`,
    ]);
    expect(done.values).toBe((31 + 28) * 6 * 4);
    expect((await store.expire('raw', POND.name, MARCH + DAY)).files).toEqual([]);
    await expectSameAnswers(store, plain);
    // A repeat, a replacement, a value that was missing, and a report nobody had yet.
    await write(
      { device: 'b', site: null, at: JANUARY, values: { oxygen: 0, quality: 0 } },
      { device: 'b', site: null, at: JANUARY + 4 * 3_600_000, values: { oxygen: -1 } },
      { device: 'b', site: null, at: FEBRUARY, values: { ph: 7 } },
      { device: 'new', at: JANUARY + 1, values: { ph: 8 } },
    );
    await expectSameAnswers(store, plain);
    const merged = await store.expire('raw', POND.name, MARCH);
    expect(merged.files).toHaveLength(2);
    expect(merged.values).toBe(2);
    await expectSameAnswers(store, plain);
    await write({ device: 'b', site: null, at: JANUARY + 4 * 3_600_000, values: { oxygen: -2 } });
    await expectSameAnswers(store, plain);
    await expect.poll(() => archiveNames(dir)).toEqual(['2026-01.2.parquet', '2026-02.2.parquet']);
    await store.stop();
    await expectSameAnswers(await openStore({ dir }), plain);
  });

  it(`keeps what a store says, whatever is reported and archived (SEED=${seed})`, async () => {
    const random = createRandom();
    const below = (count: number): number => Math.floor(random() * count);
    const report = (): Report => {
      // Twelve instants over four months: many reports meet at one of them.
      const at = JANUARY + Math.round(below(12) * 9.3 * DAY);
      const metrics = ['oxygen', 'ph', 'quality'].filter(() => random() < 0.6);
      return {
        device: `d${below(3)}`,
        site: ['p1', 'p2', null][below(3)] ?? null,
        at,
        receivedAt: at + below(40) * DAY,
        quality: random() < 0.8 ? 'good' : 'clock',
        values: Object.fromEntries(metrics.map((metric) => [metric, below(4)])),
      };
    };
    const { dir, store: first, plain, journal } = await twins();
    let store = first;
    const reference = new Reference();
    const batches: SeriesBatch[] = [];
    for (let step = 0; step < 24; step++) {
      const choice = random();
      if (choice < 0.6) {
        const batch = journal.batch(...Array.from({ length: 1 + below(6) }, report));
        batches.push(batch);
        reference.write(batch.observations);
        await plain.write(batch);
        await store.write(batch);
        continue;
      }
      if (choice < 0.85) {
        await store.expire('raw', POND.name, [FEBRUARY, MARCH, APRIL + 1, MAY][below(4)] ?? 0);
      } else {
        await store.stop();
        if (choice > 0.92) rmSync(fileOf(dir));
        store = await openStore({ dir });
        // After a rebuild the journal, of which nothing was trimmed, comes again.
        for (const batch of batches) await store.write(batch);
      }
      await expectSameAnswers(store, plain);
      for (const device of ['d0', 'd1', 'd2']) {
        const got = await points(store, { filter: { devices: [device] } });
        expect(got.sort(([left = 0], [right = 0]) => left - right)).toEqual(
          reference.points(device, 'oxygen', 0, 2 * MAY),
        );
      }
    }
  });

  it('lets go of files by age, and keeps what they counted', async () => {
    const { dir, store, plain, write } = await twins();
    await write(...season());
    await store.expire('raw', POND.name, APRIL);
    const gone = await store.expire('archive', POND.name, MARCH - 1);
    expect(gone).toEqual({
      values: 31 * 6 * 4,
      files: [`archive/${POND.name}/2026-01.parquet removed`],
    });
    expect(archiveNames(dir)).toEqual(['2026-02.parquet', '2026-03.parquet']);
    const left = await points(store, { filter: { devices: ['a'] } });
    expect(left[0]?.[0]).toBe(FEBRUARY);
    expect(await countsOf(store)).toEqual(await countsOf(plain));
    await store.stop();
    rmSync(fileOf(dir));
    const after = await openStore({ dir });
    expect(await countsOf(after)).toEqual(await countsOf(plain));
    expect(await points(after, { filter: { devices: ['a'] } })).toEqual(left);
    await after.expire('archive', POND.name, MAY);
    expect(await after.latest()).toEqual([]);
    await after.stop();
    expect(await (await openStore({ dir })).latest()).toEqual([]);
  });

  it('shows every point once to those who read while rows move', async () => {
    const { store, write } = await twins();
    await write(...season());
    const expected = season().length / 2;
    let reads = 0;
    let moving = true;
    const read = async () => {
      const aggregate = { every: null, functions: ['count'] as const, timeZone: 'UTC' };
      while (moving) {
        const filter = { devices: ['a'] };
        const [raw, count] = await Promise.all([
          points(store, { filter }),
          points(store, { filter, aggregate }),
        ]);
        expect([raw.length, count[0]?.[1]]).toEqual([expected, expected]);
        const stored = (await countsOf(store)).reduce((sum, one) => sum + one.stored, 0);
        expect(stored).toBe(4 * expected);
        reads++;
      }
    };
    const reading = [read(), read()];
    for (let round = 0; round < 4; round++) {
      // A value for another each time, so that all three months move again.
      for (const at of [JANUARY, FEBRUARY, MARCH]) {
        await write({ device: 'a', site: 'p1', at, values: { oxygen: -round } });
      }
      await store.expire('raw', POND.name, MAY);
    }
    moving = false;
    await Promise.all(reading);
    expect(reads).toBeGreaterThan(10);
  });

  it('takes nothing to delete from a tier that has no table', async () => {
    const { store } = await twins();
    expect(await store.expire('hour', POND.name, MAY)).toEqual({ values: 0, files: [] });
    await expect(store.expire('raw', 'nothing', MAY)).rejects.toMatchObject({
      code: 'UNKNOWN_KIND',
    });
  });

  it('finds the rows of a month once, wherever a step was cut short', async () => {
    const { dir, store, plain, journal } = await twins();
    const write = async (...reports: Report[]) => {
      const batch = await journal.write(...reports);
      if (store.status().available) await store.write(batch);
      return batch;
    };
    const keep = async (running: DuckDbStore, name: string) => {
      await running.stop();
      copyFileSync(fileOf(dir), path.join(dir, name));
    };
    const reopen = (name: string) => {
      copyFileSync(path.join(dir, name), fileOf(dir));
      return openStore({ dir });
    };
    await write({ device: 'a', site: 'p1', at: MARCH, values: { oxygen: 1 } });
    await keep(store, 'early');
    const second = await openStore({ dir });
    const batch = await write(...season());
    await second.write(batch);
    await keep(second, 'before');
    const third = await openStore({ dir });
    await third.expire('raw', POND.name, FEBRUARY);
    await third.stop();
    // The file had its name, and the rows had not left the table.
    const fourth = await reopen('before');
    await expectSameAnswers(fourth, plain);
    expect([archiveNames(dir), fourth.status().repairs]).toEqual([[], []]);
    await fourth.expire('raw', POND.name, MARCH);
    await fourth.stop();
    // A database of an earlier time does not have those rows, so nobody may remove the files.
    const fifth = await reopen('early');
    expect(archiveNames(dir)).toEqual(['2026-01.parquet', '2026-02.parquet']);
    expect(fifth.status().repairs).toEqual([
      `not part of this store and left alone: ${['01', '02'].map((month) => `archive/${POND.name}/2026-${month}.parquet`).join(', ')}`,
    ]);
    await fifth.stop();
    // Without any database all of it comes back, and what is half written does not count.
    rmSync(fileOf(dir));
    writeFileSync(archivePath(dir, '2026-03.parquet.temporary'), 'half');
    const sixth = await openStore({ dir });
    expect(sixth.status().repairs).toEqual([
      `${59 * 6 * 4} values of ${POND.name} in 2 months (2026-01 to 2026-02) came back from the archive`,
    ]);
    expect(existsSync(archivePath(dir, '2026-03.parquet.temporary'))).toBe(false);
    const again = new Journalist(sixth);
    await again.write({ device: 'a', site: 'p1', at: MARCH, values: { oxygen: 1 } });
    await again.write(...season());
    await expectSameAnswers(sixth, plain);
  });

  it('reads a file nothing stands beside', async () => {
    const { dir, store, plain, write } = await twins();
    await write(...season());
    await store.expire('raw', POND.name, MAY);
    await store.stop();
    rmSync(fileOf(dir));
    rmSync(archivePath(dir, '2026-02.json'));
    await expectSameAnswers(await openStore({ dir }), plain);
  });

  it(`loses and doubles nothing when it is killed while archiving (SEED=${seed})`, async () => {
    const random = createRandom(seed + 1);
    const dir = temporaryFolder();
    const plain = await openStore({ dir: temporaryFolder() });
    const journal = new Journalist(plain);
    const limits = { checkpointBytes: 20_000 };
    let store = await openStore({ dir, limits });
    await store.write(await journal.write(...season()));
    const startedAt = performance.now();
    await store.expire('raw', POND.name, MAY);
    const usualMs = performance.now() - startedAt;
    const ends: Record<string, number> = {};
    for (let round = 0; round < 22; round++) {
      const late = season().filter(() => random() < 0.005);
      const batch = await journal.write(
        ...late.map((report) => ({ ...report, values: { oxygen: -round } })),
      );
      const archiving = codeOf(store.expire('raw', POND.name, MAY));
      // Written now it may reach a month that is being copied; it comes again in any case.
      const writing = codeOf(wait(random() * 0.3 * usualMs).then(() => store.write(batch)));
      await wait(random() * usualMs);
      await crash(store);
      const end = await archiving;
      ends[end] = (ends[end] ?? 0) + 1;
      await writing;
      store = await openStore({ dir, limits });
      await store.write(batch);
      expect(store.status().repairs).toEqual([]);
      if (round % 5 === 4) await expectSameAnswers(store, plain);
    }
    await store.expire('raw', POND.name, MAY);
    await expectSameAnswers(store, plain);
    expect(ends['SERIES_UNAVAILABLE']).toBeGreaterThan(5);
  });
});
