import type { Observation } from '../contracts/observation.ts';
import type { DeviceMemory } from './device-memory.ts';

/** A stretch of event time that is to be judged again, and by which rules. */
export interface LateMark {
  from: number;
  to: number;
  /** Ids of the rules; never empty. */
  rules: Set<string>;
  /** The store must have every frame below this offset before the stretch is read again. */
  needed: number;
  /** Receive time of the latest report, or correction, that made it. */
  known: number;
  /** Where the device stood then. */
  coop: string;
  site: string | null;
  /** Why alerts change by it, for their timeline. */
  note: string;
}

/**
 * Observations of one device kept while a mark waits for the store: 20 minutes at one report in ten
 * seconds. At 300 bytes each 38 KB, so 38 MB when 1,000 devices are late while the store is down.
 */
const TAIL_PER_DEVICE_MAX = 128;

/**
 * Notes a stretch that came late with a batch that ends at `needed`. What comes after the first mark
 * waits its turn in a second one, so that a device which is late for ever is evaluated again and
 * again instead of never. The mark is the caller's no more.
 */
export function markLate(memory: DeviceMemory, mark: LateMark): void {
  if (memory.late === null || mark.needed <= memory.late.needed) {
    memory.late = joined(memory.late, mark);
  } else {
    memory.later = joined(memory.later, mark);
  }
}

function joined(before: LateMark | null, mark: LateMark): LateMark {
  if (before === null) return mark;
  before.from = Math.min(before.from, mark.from);
  before.to = Math.max(before.to, mark.to);
  for (const rule of mark.rules) before.rules.add(rule);
  before.needed = Math.max(before.needed, mark.needed);
  before.known = Math.max(before.known, mark.known);
  before.note = mark.note;
  return before;
}

/** Both marks as one. */
export function joinedMark({ late, later }: DeviceMemory): LateMark | null {
  if (late === null || later === null) return late;
  return joined({ ...late, rules: new Set(late.rules) }, later);
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
