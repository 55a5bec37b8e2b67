import { expect, test } from 'vitest';
import { sleep } from '#src/base/clock';
import { WriteLock } from '#src/state/sqlite/write-lock';

test('turns come in the order of asking', async () => {
  const lock = new WriteLock();
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, turn) => {
      await lock.acquire();
      await sleep(0);
      order.push(turn);
      lock.release();
    }),
  );
  expect(order).toEqual(Array.from({ length: 20 }, (_, turn) => turn));
});

test('who waits too long is told, and the turn passes to the next', async () => {
  const lock = new WriteLock(30);
  await lock.acquire();
  await expect(lock.acquire()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  const patient = lock.acquire();
  lock.release();
  await patient;
  lock.release();
  await lock.acquire();
});

test('waiting has an end in number too', async () => {
  const lock = new WriteLock();
  await lock.acquire();
  const waiting = Array.from({ length: 10_000 }, () => lock.acquire());
  await expect(lock.acquire()).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  for (const turn of waiting) {
    lock.release();
    await turn;
  }
});
