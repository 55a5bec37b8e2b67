import path from 'node:path';
import { expect, test } from 'vitest';
import type { Frame } from '#src/contracts/frame';
import type { JournalRoom } from '#src/journal/journal';
import { temporaryFolder } from '../support/folder.ts';
import { append, appendRange, message, openJournal } from './support.ts';

async function framesOf(journal: JournalRoom): Promise<Frame[]> {
  const frames: Frame[] = [];
  const { head } = journal.status();
  for (let next = 0; next < head; ) {
    const batch = await journal.read(next, 2 ** 25);
    if (batch.next <= next) break;
    frames.push(...batch.frames);
    next = batch.next;
  }
  return frames;
}

function said({ offset, source, topic, payload, receivedAt }: Frame): unknown {
  return { offset, source, topic, receivedAt, payload: Buffer.from(payload).toString('hex') };
}

test('a copy has the same frames under the same offsets, and goes on where it ended', async () => {
  const journal = await openJournal(temporaryFolder());
  await appendRange(journal, [0, 3_000], 37);
  await journal.trim(1_000);
  await journal.advanceHead(3_500);
  await appendRange(journal, [3_000, 3_400], 50);
  await journal.advanceHead(4_000);
  const { tail, head } = journal.status();
  const dir = path.join(temporaryFolder(), 'journal');
  expect(await journal.snapshot(dir)).toMatchObject({ tail, head });
  const copy = await openJournal(dir);
  expect(copy.status()).toMatchObject({ tail, head, failure: null, repairs: [] });
  const frames = (await framesOf(journal)).map(said);
  expect(frames).toHaveLength(3_400 - tail);
  expect((await framesOf(copy)).map(said)).toEqual(frames);
  await appendRange(copy, [5_000, 5_010]);
  expect((await framesOf(copy)).at(-1)?.offset).toBe(4_009);
});

test('an empty journal has a copy too, with its head', async () => {
  const journal = await openJournal(temporaryFolder());
  await appendRange(journal, [0, 100]);
  await journal.trim(100);
  const dir = temporaryFolder();
  expect(await journal.snapshot(dir)).toMatchObject({ tail: 100, head: 100 });
  expect((await openJournal(dir)).status()).toMatchObject({ tail: 100, head: 100 });
});

test('an acknowledgement does not wait for a copy', async () => {
  const journal = await openJournal(temporaryFolder());
  const large = 60_000;
  for (let index = 0; index < 1_200; index += 100) {
    const group = Array.from({ length: 100 }, (_, at) =>
      append(journal, message(index + at, large)),
    );
    await Promise.all(group);
  }
  const measure = async (until: Promise<unknown>): Promise<number[]> => {
    const waits: number[] = [];
    let ended = false;
    void until.finally(() => {
      ended = true;
    });
    for (let index = 0; !ended; index++) {
      const at = performance.now();
      expect(await append(journal, message(10_000 + index, 200))).toBeNull();
      waits.push(performance.now() - at);
    }
    return waits.sort((left, right) => left - right);
  };
  const p99 = (waits: number[]): number => waits[Math.floor(waits.length * 0.99)] ?? 0;
  const quiet = await measure(new Promise((resolve) => setTimeout(resolve, 1_000)));
  const copying = journal.snapshot(temporaryFolder());
  const busy = await measure(copying);
  const { tail, head } = await copying;
  expect(head - tail).toBeGreaterThanOrEqual(1_200);
  expect(busy.length, 'appends while it copied').toBeGreaterThan(20);
  const [worst = 0, worstAlone = 0] = [busy.at(-1), quiet.at(-1)];
  const report = [p99(quiet), worstAlone, p99(busy), worst].map((ms) => ms.toFixed(1)).join(' ');
  // A reader may hold a commit up by 4 ms; the rest is the disk that both write to.
  expect(p99(busy), report).toBeLessThan(Math.max(100, 5 * p99(quiet)));
  // Read in one go the copy holds up one commit by half a second, which a p99 may not show.
  expect(worst, report).toBeLessThan(Math.max(250, 3 * worstAlone));
  expect((await journal.read(head, 1_000_000)).frames.length).toBeGreaterThan(0);
}, 60_000);

test('a copy that cannot be written says so, and the journal goes on', async () => {
  const journal = await openJournal(temporaryFolder());
  await appendRange(journal, [0, 100]);
  const dir = temporaryFolder();
  await expect(journal.snapshot(path.join(dir, 'missing', '\0'))).rejects.toThrow();
  await journal.snapshot(dir);
  // The file is there: its frames are not written over.
  await expect(journal.snapshot(dir)).rejects.toThrow();
  await appendRange(journal, [100, 200]);
  expect(journal.status()).toMatchObject({ head: 200, failure: null });
});
