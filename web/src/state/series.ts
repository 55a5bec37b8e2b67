import { type Signal, signal } from '@preact/signals';
import type { WireSeries } from '../api/types.ts';
import type { Metric } from '../domain/farm.ts';
import { type Points, readPoints } from '../domain/points.ts';
import { planSparkline, type SeriesPlan, seriesPath } from '../domain/range.ts';
import { serverNow } from './clock.ts';
import { api } from './session.ts';

/** A half-hour bucket moves little in five minutes. */
const SPARKLINE_KEPT_MS = 5 * 60_000;
/** Of the six connections a browser opens to one server, the stream takes one. */
const SPARKLINES_AT_ONCE = 3;

export async function fetchPoints(
  device: string,
  metric: string,
  options: { plan: SeriesPlan; signal?: AbortSignal },
): Promise<Points> {
  const path = seriesPath(device, metric, options.plan);
  const series = await api.list<WireSeries>(path, options.signal);
  return readPoints(series, options.plan.stepSeconds);
}

interface Kept {
  points: Signal<Points | null>;
  readAt: number;
  waiting: boolean;
}

const kept = new Map<string, Kept>();
const queue: Array<() => Promise<void>> = [];
let running = 0;

function runNext(): void {
  if (running >= SPARKLINES_AT_ONCE) return;
  const work = queue.shift();
  if (work === undefined) return;
  running += 1;
  void work().finally(() => {
    running -= 1;
    runNext();
  });
}

/** The last day of one metric for a card; read when first asked and again when it is old. */
export function sparkline(device: string, metric: Metric): Signal<Points | null> {
  const key = `${device} ${metric.name}`;
  let entry = kept.get(key);
  if (entry === undefined) {
    entry = { points: signal(null), readAt: Number.NEGATIVE_INFINITY, waiting: false };
    kept.set(key, entry);
  }
  const own = entry;
  if (!own.waiting && serverNow() - own.readAt > SPARKLINE_KEPT_MS) {
    own.waiting = true;
    queue.push(async () => {
      try {
        const plan = planSparkline(metric.shape, serverNow());
        own.points.value = await fetchPoints(device, metric.name, { plan });
      } catch {
        // The card says the value without its line; the next look tries again.
      }
      own.readAt = serverNow();
      own.waiting = false;
    });
    runNext();
  }
  return own.points;
}

export function forgetSparklines(): void {
  kept.clear();
  queue.length = 0;
}
