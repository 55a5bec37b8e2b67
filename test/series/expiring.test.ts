import { expect, it } from 'vitest';
import type { RetentionTier } from '#src/contracts/series';
import { expiring } from '#src/series/history/expiring';

it('tells history what leaves before it leaves', async () => {
  for (const keepsArchive of [true, false]) {
    const log: string[] = [];
    const store = {
      name: 'any',
      async expire(tier: RetentionTier) {
        log.push(`expire ${tier}`);
        return { values: 1, files: [] };
      },
    };
    const rollups = {
      async raiseFloor(kind: string, tier: string, before: number) {
        log.push(`floor ${kind} ${tier} ${before}`);
      },
    };
    const { expire } = expiring({ store, rollups, keepsArchive });
    for (const tier of ['raw', 'archive', 'hour', 'day'] as const) await expire(tier, 'pond', 7);
    const points = 'floor pond points 7';
    expect(log).toEqual([
      ...(keepsArchive ? [] : [points]),
      'expire raw',
      ...(keepsArchive ? [points] : []),
      'expire archive',
      'floor pond hour 7',
      'expire hour',
      'floor pond day 7',
      'expire day',
    ]);
  }
});
