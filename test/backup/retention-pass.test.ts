import path from 'node:path';
import { expect, test } from 'vitest';
import { createMetrics } from '#src/base/metrics';
import { createRetention, type Retention } from '#src/series/retention';
import { parseRetention } from '#src/series/retention-rules';
import {
  APRIL,
  answers,
  archiveNames,
  FEBRUARY,
  openStore,
  season,
} from '../series/archive-support.ts';
import { Journalist, KINDS, ZONE } from '../series/fixtures.ts';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';
import { openState } from './stand.ts';

test('a whole run on the embedded store: what leaves the tables still answers, then is gone', async () => {
  const dir = path.join(temporaryFolder(), 'series');
  const series = await openStore({ dir });
  const state = await openState(temporaryFolder());
  await new Journalist(series).write(...season());
  const retentionOf = (text: string, now: number): Retention =>
    createRetention({
      rules: parseRetention(text.split(','), { keepsArchive: true }),
      series,
      state,
      kinds: KINDS,
      timeZone: ZONE,
      busy: () => false,
      clock: { now: () => now, monotonic: () => performance.now() },
      logger: quietLogger,
      metrics: createMetrics(),
    });
  const before = await answers(series);
  const soon = APRIL + 86_400_000;
  expect((await retentionOf('raw=1y', soon).run()).removed).toEqual({});
  const moved = await retentionOf('raw=1mo', soon).run();
  expect(moved).toMatchObject({ failures: [], removed: { raw: expect.any(Number) } });
  expect(moved.removed.raw).toBeGreaterThan(1_000);
  expect(archiveNames(dir).length).toBeGreaterThan(0);
  expect(await answers(series)).toEqual(before);
  expect((await retentionOf('raw=1mo', soon).run()).removed).toEqual({});
  const left = await retentionOf('raw=1mo,archive=1mo', soon).run();
  expect(left.failures).toEqual([]);
  expect(left.removed.archive).toBeGreaterThan(500);
  const { months } = (await answers(series)) as { months: Array<{ times: Iterable<number> }> };
  const times = months.flatMap((block) => [...block.times]);
  expect(Math.min(...times)).toBeGreaterThan(FEBRUARY - 8 * 3_600_000);
}, 60_000);
