import { afterEach, expect, test } from 'vitest';
import { Fifo, type Slot } from '#src/broker/fifo';
import { TokenBucket } from '#src/broker/token-bucket';
import { publishPacket, until } from './support.ts';
import { Workshop } from './wire.ts';

let workshop: Workshop;
afterEach(async () => {
  await workshop?.close();
});

const REPORT = 'sluice/v1/coop-a/d-1/report';

test('a publisher that does not read its acknowledgements is bounded, then dropped', async () => {
  workshop = await Workshop.open({ drainTimeoutMs: 5_000 });
  const { link, wire } = workshop.connect('d-1');
  await until('the welcome', () => wire.written > 0);
  wire.isFrozen = true;
  const batch = Buffer.concat(Array.from({ length: 100 }, () => publishPacket(REPORT, 'x')));
  for (let turn = 0; turn < 300; turn++) {
    wire.push(batch);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // A stream counts as full at 16 KiB: some 4,100 acknowledgements, and those of the last window.
  expect(workshop.journal.messages.length).toBeLessThan(5_000);
  expect(wire.writableLength).toBeLessThan(20_000);
  link.sweep(1_000);
  link.sweep(5_999);
  expect(link.closed).toBe(false);
  link.sweep(6_000);
  expect(link.closed).toBe(true);
  expect(workshop.budget).toMatchObject({ messages: 0, bytes: 0 });
});

test('the end of a connection waits until what was held back is read', async () => {
  workshop = await Workshop.open({ inFlightPerDevice: 4 });
  workshop.journal.answer = (done) => setTimeout(done, 2, null);
  const { wire } = workshop.connect('d-1');
  await until('the welcome', () => wire.written > 0);
  for (let index = 0; index < 40; index++) {
    wire.push(publishPacket(REPORT, `${index}`, { id: index + 1 }));
  }
  wire.push(null);
  await until('all forty', () => workshop.journal.messages.length === 40);
  expect(workshop.journal.texts()).toEqual(Array.from({ length: 40 }, (_, index) => `${index}`));
  await until('the end', () => wire.destroyed);
  expect(workshop.budget).toMatchObject({ messages: 0, bytes: 0 });
});

test('the queue completes in the order of arrival, each slot once', () => {
  const completed: number[] = [];
  const fifo = new Fifo((slot) => completed.push(slot.bytes));
  const slots: Slot[] = [0, 1, 2, 3].map((bytes) => ({
    answer: () => {},
    startedAt: 0,
    bytes,
    settled: false,
    error: null,
  }));
  for (const slot of slots) fifo.add(slot);
  const [first, second, third, fourth] = slots as [Slot, Slot, Slot, Slot];
  fifo.settle(third, null);
  fifo.settle(second, null);
  expect(completed).toEqual([]);
  fifo.settle(first, null);
  fifo.settle(first, null);
  expect(completed).toEqual([0, 1, 2]);
  expect(fifo.oldest).toBe(fourth);
  expect(fifo.drain()).toEqual([fourth]);
  expect(fifo.size).toBe(0);
});

test('a bucket gives its burst at once and its rate for ever; 0 gives always', () => {
  const bucket = new TokenBucket(20, 200, 0);
  const taken = (): number => {
    let count = 0;
    while (count < 1_000 && bucket.take()) count++;
    return count;
  };
  expect(taken()).toBe(200);
  expect(bucket.waitMs).toBe(50);
  bucket.refill(50);
  expect(taken()).toBe(1);
  bucket.refill(1_050);
  expect(taken()).toBe(20);
  bucket.refill(3_600_000);
  expect(taken()).toBe(200);
  // A clock that does not move gives nothing.
  bucket.refill(3_600_000);
  expect(taken()).toBe(0);
  const free = new TokenBucket(0, 0, 0);
  expect(Array.from({ length: 5 }, () => free.take())).toEqual(Array(5).fill(true));
});
