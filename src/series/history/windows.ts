import {
  ROLLUP_FUNCTIONS,
  ROLLUP_TIERS,
  type RollupChange,
  type RollupTier,
  type SeriesBlock,
  type SeriesQuery,
  type SeriesStore,
} from '../../contracts/series.ts';
import { correctedBuckets } from './corrected-buckets.ts';
import type { CorrectionList, Pair } from './corrector.ts';
import { HOUR_MS, type LocalDays, type Span } from './local-days.ts';

/** Days that follow each other, of several devices of a kind: all of their windows are replaced. */
export interface WindowsWanted {
  kind: string;
  metrics: readonly string[];
  devices: readonly string[];
  firstDay: number;
  lastDay: number;
}

export interface WindowsOptions {
  store: Pick<SeriesStore, 'query'>;
  corrections: CorrectionList;
  days: LocalDays;
}

/** Computes rollups from corrected points: what the store keeps of these windows from then on. */
export async function computeWindows(
  options: WindowsOptions,
  wanted: WindowsWanted,
  signal?: AbortSignal,
): Promise<RollupChange[]> {
  const { days, corrections } = options;
  const { kind, metrics, devices, firstDay, lastDay } = wanted;
  const span: Span = { from: days.spanOf(firstDay).from, to: days.spanOf(lastDay).to };
  const touched = corrections.touched(devices, metrics, span);
  const pairKey = ({ device, metric }: Pair): string => JSON.stringify([device, metric]);
  const touchedKeys = new Set(touched.map(pairKey));
  const changes: RollupChange[] = [];
  for (const tier of ROLLUP_TIERS) {
    const windows = windowStarts(days, wanted, tier);
    const blocks = new Map<string, SeriesBlock[]>(devices.map((device) => [device, []]));
    for (const { corrected, query } of queriesOf(wanted, { span, tier, touched, days })) {
      const read = corrected
        ? correctedBuckets(options, query, signal)
        : options.store.query(query, signal);
      for await (const block of read) {
        const isTouched = touchedKeys.has(pairKey(block));
        if (corrected === isTouched) blocks.get(block.device)?.push(block);
      }
    }
    for (const [device, own] of blocks) {
      changes.push({ tier, kind, device, windows, blocks: own });
    }
  }
  return changes;
}

type AggregateQuery = SeriesQuery & { aggregate: NonNullable<SeriesQuery['aggregate']> };

/** What nobody corrected is counted by the store; the rest is read point by point. */
function* queriesOf(
  { kind, metrics, devices }: WindowsWanted,
  context: {
    span: Span;
    tier: RollupTier;
    touched: readonly Pair[];
    days: LocalDays;
  },
): Iterable<{ corrected: boolean; query: AggregateQuery }> {
  const { span, tier, touched, days } = context;
  const query: AggregateQuery = {
    kind,
    metrics,
    filter: { devices },
    ...span,
    aggregate: {
      every: { count: 1, unit: tier },
      functions: ROLLUP_FUNCTIONS,
      timeZone: days.timeZone,
    },
    order: 'ascending',
  };
  yield { corrected: false, query };
  for (const metric of new Set(touched.map((pair) => pair.metric))) {
    const own = touched.filter((pair) => pair.metric === metric).map(({ device }) => device);
    yield { corrected: true, query: { ...query, metrics: [metric], filter: { devices: own } } };
  }
}

function windowStarts(
  days: LocalDays,
  { firstDay, lastDay }: WindowsWanted,
  tier: RollupTier,
): number[] {
  const starts: number[] = [];
  for (let day = firstDay; day <= lastDay; day++) {
    const { from, to } = days.spanOf(day);
    if (tier === 'day' && from < to) starts.push(from);
    for (let start = from; tier === 'hour' && start < to; start += HOUR_MS) starts.push(start);
  }
  return starts;
}
