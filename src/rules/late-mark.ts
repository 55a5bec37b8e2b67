import type { Observation } from '../contracts/observation.ts';
import type { DeviceMemory } from './device-memory.ts';

/** A stretch of event time that late reports reached. */
export interface LateMark {
  from: number;
  to: number;
  metrics: Set<string>;
  /** The store must have every frame below this offset before the stretch is read again. */
  needed: number;
  /** Receive time of the latest of them. */
  known: number;
  /** Where the device stood when it sent them. */
  coop: string;
  site: string | null;
}

/**
 * Observations of one device kept while a mark waits for the store: 20 minutes at one report in ten
 * seconds. At 300 bytes each 38 KB, so 38 MB when 1,000 devices are late while the store is down.
 */
const TAIL_PER_DEVICE_MAX = 128;

/**
 * Notes that a sample of a batch that ends at `needed` came late. What comes after the first mark
 * waits its turn in a second one, so that a device which is late for ever is evaluated again and
 * again instead of never.
 */
export function markLate(
  memory: DeviceMemory,
  metric: string,
  { observation, needed }: { observation: Observation; needed: number },
): void {
  const { observedAt: time, receivedAt, source } = observation;
  const { coop, site } = source;
  const late = {
    from: time,
    to: time,
    metrics: new Set([metric]),
    needed,
    known: receivedAt,
    coop,
    site,
  };
  if (memory.late === null || needed <= memory.late.needed) {
    memory.late = joined(memory.late, late);
  } else {
    memory.later = joined(memory.later, late);
  }
}

function joined(before: LateMark | null, mark: LateMark): LateMark {
  if (before === null) return mark;
  before.from = Math.min(before.from, mark.from);
  before.to = Math.max(before.to, mark.to);
  for (const metric of mark.metrics) before.metrics.add(metric);
  before.needed = Math.max(before.needed, mark.needed);
  before.known = Math.max(before.known, mark.known);
  return before;
}

/** Both marks as one. */
export function joinedMark({ late, later }: DeviceMemory): LateMark | null {
  if (late === null || later === null) return late;
  return joined({ ...late, metrics: new Set(late.metrics) }, later);
}

/** Ends the mark that was evaluated; the one that waited is next. */
export function settleMark(memory: DeviceMemory, storedBelow: number): void {
  memory.late = memory.later;
  memory.later = null;
  memory.tail =
    memory.late === null ? [] : memory.tail.filter(({ offset }) => offset >= storedBelow);
}

/**
 * Keeps an observation of a batch that ends at `needed` for the evaluation to come. When there are
 * too many the store is far behind: they are let go, and the evaluation waits for it to have all.
 */
export function keepTail(
  memory: DeviceMemory,
  observation: Observation,
  { needed, storedBelow }: { needed: number; storedBelow: number },
): void {
  if (memory.late === null) return;
  memory.tail.push(observation);
  if (memory.tail.length <= TAIL_PER_DEVICE_MAX) return;
  memory.tail = memory.tail.filter(({ offset }) => offset >= storedBelow);
  if (memory.tail.length <= TAIL_PER_DEVICE_MAX) return;
  memory.tail = [];
  memory.epoch++;
  memory.late.needed = needed;
  if (memory.later !== null) memory.later.needed = needed;
}
