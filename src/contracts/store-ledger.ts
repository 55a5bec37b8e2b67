import type { Rejection } from './observation.ts';
import type { StoredCount } from './series.ts';

/** A place a device stood on, as its rows are tagged, and how far they reach. */
export interface StoredPlace {
  kind: string;
  coop: string;
  site: string | null;
  device: string;
  /** Greatest observed time written (ms): what is newer cannot be a repeat. */
  newest: number;
}

/** A value that no longer counts: a later report from another place gave the point another. */
export interface SupersededValue {
  kind: string;
  coop: string;
  site: string | null;
  device: string;
  metric: string;
  observedAt: number;
}

/** What a store's server holds, as far as we must remember it ourselves. */
export interface StoreLedgerState {
  /** The data this ledger is about; null when nothing was ever committed. */
  identity: string | null;
  cursor: number;
  places: StoredPlace[];
  superseded: SupersededValue[];
  /** The newest plan that no commit has settled, in the store's own words; null without one. */
  plan: string | null;
}

/** One written batch; all of it commits, or none. */
export interface StoreLedgerChange {
  cursor: number;
  /** New places, and places whose newest time moved on. */
  places: readonly StoredPlace[];
  superseded: readonly SupersededValue[];
  /** Superseded values that count again: the device is back where it stood, with another value. */
  restored: readonly SupersededValue[];
  /** To be added to the counts of their (coop, device, day). */
  counts: readonly StoredCount[];
  /** What the server refused: kept as rejections and counted as such, each place once. */
  rejections: readonly Rejection[];
  /** What is left of the plan; null when it is settled. */
  plan: string | null;
}

/** Durable memory of one store whose server knows no transactions. Throws STATE_UNAVAILABLE. */
export interface StoreLedger {
  load(): Promise<StoreLedgerState>;
  /**
   * Keeps what was decided about a batch before it is written: the server may take it and we may
   * not live to commit, and then what the server holds no longer tells what was new.
   */
  prepare(plan: string): Promise<void>;
  commit(change: StoreLedgerChange): Promise<void>;
  counts(fromDay: string, toDay: string, coops?: readonly string[]): Promise<StoredCount[]>;
  /** The server's data is gone, or new: begins anew at cursor 0 under this identity. */
  reset(identity: string): Promise<void>;
}
