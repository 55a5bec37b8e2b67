import type { RetentionTier, SeriesStore } from '../../contracts/series.ts';
import type { FloorTier, RollupLedger } from './rollup-ledger.ts';

export interface ExpiringOptions {
  store: Pick<SeriesStore, 'name' | 'expire'>;
  rollups: Pick<RollupLedger, 'raiseFloor'>;
  /** Points that leave `raw` go to files and still answer queries. */
  keepsArchive: boolean;
}

/** Lets data leave a store such that history knows of it first, and asks for it no more. */
export function expiring(options: ExpiringOptions): Pick<SeriesStore, 'name' | 'expire'> {
  const { store, rollups, keepsArchive } = options;
  const lastOfPoints: RetentionTier = keepsArchive ? 'archive' : 'raw';
  const floors: Readonly<Record<RetentionTier, FloorTier | null>> = {
    raw: null,
    archive: null,
    [lastOfPoints]: 'points',
    hour: 'hour',
    day: 'day',
  };
  return {
    name: store.name,
    async expire(tier, kind, before) {
      const floor = floors[tier];
      if (floor !== null) await rollups.raiseFloor(kind, floor, before);
      return store.expire(tier, kind, before);
    },
  };
}
