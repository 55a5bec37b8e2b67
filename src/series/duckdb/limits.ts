import type { StoreLimits } from './protocol.ts';

export const DEFAULT_LIMITS: StoreLimits = {
  // Two threads serve all queries; a third connection lets a small one start beside two heavy ones.
  queriesConcurrentMax: 3,
  // At the 20 ms of a usual query 64 waiting are 0.4 s; more would only time out further back.
  queriesWaitingMax: 64,
  // A page of fifty device-years sorted on disk took 3 s on the slowest machine tried.
  queryTimeMaxMs: 30_000,
  // A reader that asks for its next page within this time keeps its place without sorting anew.
  readerHoldMs: 500,
  // A reader that vanished without a word costs one entry for five minutes.
  readerIdleMaxMs: 300_000,
  // Replaying the log takes memory in proportion: a quarter of the smallest memory limit.
  checkpointBytes: 32 * 1024 * 1024,
  // Each checkpoint rewrites the newest rows, a few MB: 288 a day keep a small disk alive.
  checkpointEveryMs: 300_000,
  // A batch a second leaves 300 cursors between checkpoints; reading 10,000 takes no time at all.
  foldRows: 10_000,
  // Points after which a page is sent: half a MiB with their times, some milliseconds of work. As
  // many again are made, on their way or read, in both processes.
  pagePoints: 32_768,
  // Rows of points sorted at once: with seven metrics 100 bytes each, 3 MB. A sort takes several
  // times its rows; four times as many were no faster and took 20 MB more.
  sortedRowsMax: 30_000,
  // Values of one source held back until its series can be sent one after the other: 16 MiB.
  heldValuesMax: 2 * 1024 * 1024,
};
