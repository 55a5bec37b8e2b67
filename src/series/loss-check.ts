import { type Clock, holdProcess, sleep } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { localDayOf } from '../base/local-day.ts';
import type { Logger } from '../base/logger.ts';
import type { Service } from '../base/service.ts';
import type { SeriesStore } from '../contracts/series.ts';
import type { State } from '../contracts/state.ts';
import { describeLosses, type Loss, LossTally } from './losses.ts';

/** Under this name the state remembers which data the store held when it was last complete. */
const IDENTITY_SETTING = 'series.identity';
/** The consumer that counts what was received, in one transaction with its cursor. */
const COUNTING_CONSUMER = 'ledger';
/** A store that began anew is looked at this often until it has caught up. */
const LOOK_EVERY_MS = 2_000;
/** Counts are read by so many days at once: 31,000 lines of 1,000 devices. */
const DAYS_AT_ONCE = 31;
/** Nothing was received before this program could receive anything. */
const FIRST_DAY = '2024-01-01';

export interface LossCheckOptions {
  series: Pick<SeriesStore, 'status' | 'cursor' | 'counts'>;
  state: Pick<State, 'ledger' | 'cursors' | 'settings'>;
  timeZone: string;
  clock: Clock;
  logger: Logger;
  lookEveryMs?: number;
}

export interface LossCheck extends Service {
  /** What could not be rebuilt since the start, one line each. */
  lines(): string[];
}

/**
 * When the store began anew, compares what was received with what it holds once everything that
 * the archive and the journal still have is back, and says the difference in numbers.
 */
export function createLossCheck(options: LossCheckOptions): LossCheck {
  const { series, state, clock, logger, lookEveryMs = LOOK_EVERY_MS } = options;
  const stopping = new AbortController();
  const lines: string[] = [];
  let running: Promise<void> | null = null;
  let known: string | null = null;

  async function look(): Promise<void> {
    const { available, identity } = series.status();
    if (!available || identity === null || identity === known) return;
    const before = known ?? (await state.settings.get(IDENTITY_SETTING)) ?? null;
    if (before !== null && before !== identity) {
      const losses = await findLosses();
      if (losses === null) return;
      const line = describeLosses(losses);
      if (line !== null) {
        lines.push(line);
        logger.error({ losses: losses.slice(0, 20), line }, 'series values could not be rebuilt');
      }
    }
    await state.settings.set(IDENTITY_SETTING, identity);
    known = identity;
  }

  /** Null while the store has not yet been given everything that was counted. */
  async function findLosses(): Promise<Loss[] | null> {
    const tally = new LossTally();
    const last = localDayOf(options.timeZone)(clock.now());
    for (const [from, to] of dayRanges(FIRST_DAY, last)) {
      const received = await state.ledger.counts(from, to);
      const counted = await state.cursors.get(COUNTING_CONSUMER);
      if ((await series.cursor()) < counted) return null;
      tally.add(received, await series.counts(from, to));
    }
    return tally.losses();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
      } catch (error) {
        logger.debug({ reason: describeError(error) }, 'losses cannot be told yet');
      }
      await sleep(lookEveryMs, stopping.signal);
    }
  }

  return {
    name: 'loss-check',
    async start() {
      running ??= run().finally(holdProcess());
    },
    async stop() {
      stopping.abort();
      await running;
    },
    lines: () => [...lines],
  };
}

const DAY_MS = 86_400_000;

/** Days from the first to the last, both included, cut into pieces. */
function dayRanges(first: string, last: string): Array<[string, string]> {
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  const ranges: Array<[string, string]> = [];
  const end = Date.parse(last);
  for (let start = Date.parse(first); start <= end; start += DAYS_AT_ONCE * DAY_MS) {
    ranges.push([day(start), day(Math.min(end, start + (DAYS_AT_ONCE - 1) * DAY_MS))]);
  }
  return ranges;
}
