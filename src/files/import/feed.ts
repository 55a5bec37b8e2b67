import { type Clock, sleep } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Journal } from '../../contracts/journal.ts';
import type { SeriesStore } from '../../contracts/series.ts';
import type { ImportFrame } from './chunk.ts';

/** Frames handed over and not yet on disk: 4 MB at 64 KiB each, a sixteenth of what may wait. */
const IN_FLIGHT_MAX = 64;
/** How long the store may take to follow before an import gives up, to be sent again later. */
const FOLLOW_MS_MAX = 60_000;
/** At the end it is only waited for a little: what is on disk is safe. */
const SETTLE_MS_MAX = 10_000;
const POLL_MS = 20;

export interface FeedOptions {
  journal: Pick<Journal, 'append' | 'status'>;
  series: Pick<SeriesStore, 'cursor'>;
  clock: Clock;
}

/** Hands reports of a file to the journal, no faster than disk and store follow. */
export class JournalFeed {
  readonly #options: FeedOptions;
  #inFlight = 0;
  #failure: AppError | null = null;
  #wake: (() => void) | undefined;
  /** What was said before, and everything of ours, is below this offset. */
  #end: number;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#end = options.journal.status().head;
  }

  /** Resolves when all are on disk. Throws why one was not kept. */
  async append(frames: Iterable<ImportFrame>): Promise<void> {
    const { journal, clock } = this.#options;
    for (const { source, payload } of frames) {
      this.#inFlight++;
      const receivedAt = clock.now();
      journal.append({ source, topic: 'import', payload, receivedAt }, (error) => {
        this.#inFlight--;
        this.#failure ??= error;
        this.#wake?.();
      });
      await this.#atMost(IN_FLIGHT_MAX - 1);
      if (this.#failure !== null) break;
    }
    await this.#atMost(0);
    if (this.#failure !== null) throw this.#failure;
    this.#end = journal.status().head;
  }

  /** Waits until the store has what it was given: the next look into it must see that. */
  async followed(signal: AbortSignal | undefined): Promise<void> {
    if (await this.#reached(FOLLOW_MS_MAX, signal)) return;
    signal?.throwIfAborted();
    throw new AppError('SERIES_BUSY', 'the series store is too far behind for an import', {
      hint: 'What was taken is kept; send the file again later.',
    });
  }

  /** Whether the store has everything now, or after a short while. */
  settled(signal: AbortSignal | undefined): Promise<boolean> {
    return this.#reached(SETTLE_MS_MAX, signal).catch(() => false);
  }

  async #reached(waitMsMax: number, signal: AbortSignal | undefined): Promise<boolean> {
    const { series, clock } = this.#options;
    const until = clock.monotonic() + waitMsMax;
    while ((await series.cursor()) < this.#end) {
      if (clock.monotonic() > until || signal?.aborted) return false;
      await sleep(POLL_MS, signal);
    }
    return true;
  }

  async #atMost(count: number): Promise<void> {
    while (this.#inFlight > count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
