import { describe, expect, it } from 'vitest';
import { systemClock } from '#src/base/clock';
import type { SeriesStatus, StoredCount } from '#src/contracts/series';
import type { ReceivedCount } from '#src/contracts/state';
import { createLossCheck } from '#src/series/loss-check';
import { describeLosses, LossTally } from '#src/series/losses';
import { quietLogger } from '../support/quiet.ts';

const received = (device: string, day: string, count: number, change = {}): ReceivedCount => ({
  coop: 'c',
  device,
  day,
  received: count,
  rejected: 0,
  repeated: 0,
  clockFaults: 0,
  ...change,
});
const stored = (device: string, day: string, count: number, duplicate = 0): StoredCount => ({
  coop: 'c',
  device,
  day,
  stored: count,
  duplicate,
});

describe('what could not be rebuilt', () => {
  it('is what was received and is nowhere, in numbers', () => {
    const tally = new LossTally();
    tally.add(
      [
        received('a', '2026-03-01', 10, { rejected: 2, repeated: 1 }),
        received('a', '2026-03-02', 10),
        received('b', '2026-03-02', 5),
      ],
      [stored('a', '2026-03-01', 6, 1), stored('a', '2026-03-02', 3), stored('b', '2026-03-02', 5)],
    );
    tally.add([received('c', '2026-04-05', 4)], []);
    expect(tally.losses()).toEqual([
      { coop: 'c', device: 'a', values: 7, fromDay: '2026-03-02', toDay: '2026-03-02' },
      { coop: 'c', device: 'c', values: 4, fromDay: '2026-04-05', toDay: '2026-04-05' },
    ]);
    expect(describeLosses(tally.losses())).toBe(
      '11 values of 2 devices received between 2026-03-02 and 2026-04-05 could not be rebuilt',
    );
  });

  it('is nothing when a value only counts for another day', () => {
    const tally = new LossTally();
    tally.add([received('a', '2026-03-01', 1)], []);
    tally.add([received('a', '2026-04-01', 1)], [stored('a', '2026-04-01', 1, 1)]);
    expect(describeLosses(tally.losses())).toBeNull();
  });

  it('is told once, when a store that began anew has caught up', async () => {
    const settings = new Map<string, string>();
    let cursor = 100;
    let identity: string | null = 'one';
    const day = new Date().toISOString().slice(0, 10);
    const status = (): SeriesStatus => ({
      available: true,
      reason: null,
      cursor,
      persisted: cursor,
      bytes: 0,
      repairs: [],
      identity,
    });
    const of = <T extends { day: string }>(counts: T[]) => {
      return async (from: string, to: string) =>
        counts.filter((count) => count.day >= from && count.day <= to);
    };
    const check = createLossCheck({
      series: { status, cursor: async () => cursor, counts: of([stored('a', day, 4)]) },
      state: {
        ledger: { counts: of([received('a', day, 9)]) },
        cursors: { get: async () => 100 },
        settings: {
          get: async (key: string) => settings.get(key),
          set: async (key: string, value: string) => void settings.set(key, value),
        },
      } as unknown as Parameters<typeof createLossCheck>[0]['state'],
      timeZone: 'UTC',
      clock: systemClock,
      logger: quietLogger,
      lookEveryMs: 5,
    });
    await check.start(new AbortController().signal);
    try {
      // The data a store is first seen with is not compared with anything.
      await expect.poll(() => settings.get('series.identity')).toBe('one');
      expect(check.lines()).toEqual([]);
      cursor = 50;
      identity = 'two';
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect([check.lines(), settings.get('series.identity')]).toEqual([[], 'one']);
      cursor = 100;
      await expect.poll(() => settings.get('series.identity')).toBe('two');
      expect(check.lines()).toEqual([
        `5 values of 1 device received between ${day} and ${day} could not be rebuilt`,
      ]);
    } finally {
      await check.stop();
    }
  });
});
