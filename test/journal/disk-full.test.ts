import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { AppError } from '#src/base/errors';
import { mountMissing, smallDisk } from '../support/small-disk.ts';
import { append, difference, message, openJournal, readAll, until } from './support.ts';

/** Fills the disk up to `leaveBytes`; removing the file is how space returns. */
function fill(dir: string, leaveBytes: number): string {
  const ballast = path.join(dir, 'ballast');
  const { bavail, bsize } = statfsSync(dir);
  writeFileSync(ballast, new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)));
  return ballast;
}

const FILL_LEVELS = [0, 20_000, 100_000, 1_500_000];

test.skipIf(mountMissing !== null)(
  `disk full: nothing is acknowledged in vain, and it recovers alone${mountMissing === null ? '' : ` (${mountMissing})`}`,
  async () => {
    const dir = smallDisk();
    let journal = await openJournal(path.join(dir, 'data'));
    const acknowledged: number[] = [];
    let index = 0;
    for (const [round, leaveBytes] of FILL_LEVELS.entries()) {
      const ballast = fill(dir, leaveBytes);
      let failure: AppError | null = null;
      while (failure === null) {
        const numbers = Array.from({ length: 40 }, () => index++);
        const results = await Promise.all(numbers.map((n) => append(journal, message(n, 900))));
        results.forEach((error, place) => {
          if (error === null) acknowledged.push(numbers[place] ?? -1);
          else failure = error;
        });
        if (journal.status().head > 9_000) throw new Error('the disk never got full');
      }
      expect((failure as AppError).code).toBe('JOURNAL_WRITE_FAILED');
      expect(journal.status().failure?.message).toContain('full');
      expect((await append(journal, message(index++)))?.code).toBe('JOURNAL_WRITE_FAILED');
      // What was kept can be read while nothing more can be written.
      expect((await readAll(journal)).length).toBe(journal.status().head - journal.status().tail);
      rmSync(ballast);
      await until(() => journal.status().failure === null, 5_000, 'recovery');
      if (round % 2 === 1) {
        await journal.stop();
        journal = await openJournal(path.join(dir, 'data'));
      }
      const frames = await readAll(journal);
      const numbers = frames.map((frame) => frame.receivedAt - message(0).receivedAt);
      const stored = new Set(numbers);
      expect(acknowledged.filter((number) => !stored.has(number))).toEqual([]);
      expect(frames.map((frame, i) => difference(frame, numbers[i] ?? -1)).filter(Boolean)).toEqual(
        [],
      );
      expect(journal.status().repairs).toEqual([]);
      await journal.trim(journal.status().head);
      acknowledged.length = 0;
    }
  },
);
