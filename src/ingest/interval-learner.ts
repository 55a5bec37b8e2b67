import type { Source } from '../contracts/frame.ts';
import type { Observation } from '../contracts/observation.ts';
import type { LearnedInterval } from '../contracts/state.ts';
import { learnFrom, type Spacings, spacingsFrom, WINDOW } from './report-interval.ts';

/**
 * Spacings are kept on disk this often besides each change of what was learned: 10,000 devices are
 * three rows a second. A crash forgets at most this much of them, and nothing of a device that
 * reports more rarely.
 */
const SAVE_EVERY_MS = 3_600_000;

interface Learning {
  /** Who it was of; another kind or cooperative under the same id is another device. */
  source: Pick<Source, 'kind' | 'coop'> | null;
  spacings: Spacings;
  savedAt: number;
  isChanged: boolean;
}

/**
 * Learns of each device how often it reports, from the event times of what it says itself. What it
 * took into account already it leaves out, so a batch whose commit failed may come again.
 */
export class IntervalLearner {
  readonly #devices = new Map<string, Learning>();

  load(learned: readonly LearnedInterval[]): void {
    this.#devices.clear();
    for (const { device, seconds, spacings } of learned) {
      const known = parsed(spacings, seconds);
      const savedAt = Number.NEGATIVE_INFINITY;
      if (known === null) continue;
      this.#devices.set(device, { source: null, spacings: known, savedAt, isChanged: false });
    }
  }

  /** Takes a batch into account and tells what of it is to be kept. */
  observe(observations: Iterable<Observation>): LearnedInterval[] {
    const due = new Map<string, Learning>();
    for (const { source, observedAt, receivedAt, imported } of observations) {
      if (imported !== undefined) continue;
      const learning = this.#of(source, observedAt);
      if (learnFrom(learning.spacings, observedAt)) learning.isChanged = true;
      const isDue = Math.abs(receivedAt - learning.savedAt) >= SAVE_EVERY_MS;
      if (isDue || learning.isChanged) due.set(source.device, learning);
    }
    return [...due].map(([device, { spacings }]) => ({
      device,
      seconds: spacings.seconds,
      spacings: JSON.stringify([spacings.last, spacings.fresh, ...spacings.windowMs]),
    }));
  }

  /** What `observe` told is on disk. */
  kept(learned: readonly LearnedInterval[], at: number): void {
    for (const { device } of learned) {
      const learning = this.#devices.get(device);
      if (learning === undefined) continue;
      learning.savedAt = at;
      learning.isChanged = false;
    }
  }

  #of(source: Source, observedAt: number): Learning {
    const known = this.#devices.get(source.device);
    if (known !== undefined && isSame(known.source ?? source, source)) {
      known.source = source;
      return known;
    }
    const savedAt = Number.NEGATIVE_INFINITY;
    const learning = { source, spacings: spacingsFrom(observedAt), savedAt, isChanged: false };
    this.#devices.set(source.device, learning);
    return learning;
  }
}

function isSame(left: Pick<Source, 'kind' | 'coop'>, right: Source): boolean {
  return left.kind === right.kind && left.coop === right.coop;
}

/** What was kept, or null when it is not ours: then it is learned anew. */
function parsed(text: string, seconds: number | null): Spacings | null {
  let numbers: unknown;
  try {
    numbers = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(numbers) || !numbers.every(Number.isFinite)) return null;
  const [last, fresh, ...windowMs] = numbers as number[];
  if (last === undefined || fresh === undefined) return null;
  return { last, fresh, windowMs: windowMs.slice(-WINDOW), seconds };
}
