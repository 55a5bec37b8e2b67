import type { SeverityStep } from '../contracts/alert.ts';
import { SEVERITIES } from '../contracts/rule.ts';
import type { DryInterval, DryRunFigures } from '../contracts/rule-book.ts';
import type { Interval } from './interval.ts';
import type { Nights } from './nights.ts';

/** Intervals that are listed; further ones are counted alone. 1 KB each with their samples. */
const LISTED_MAX = 500;

/** Counts what one rule finds in a range, device after device. */
export class Tally {
  readonly #range: { from: number; to: number };
  readonly #nights: Nights;
  readonly #byNight = new Map<number, number>();
  #listed: DryInterval[] = [];
  #alerts = 0;
  #notifications = 0;
  #wakings = 0;
  #ms = 0;
  /** Those that had begun before the range, and those that last at its end. */
  begunBefore = 0;
  lasting = 0;

  constructor(range: { from: number; to: number }, nights: Nights) {
    this.#range = range;
    this.#nights = nights;
  }

  /** It calls somebody at an instant, unless that is outside the range. */
  call(time: number): void {
    if (time < this.#range.from || time >= this.#range.to) return;
    this.#notifications++;
    const night = this.#nights.of(time);
    if (night === null) return;
    this.#wakings++;
    this.#byNight.set(night, (this.#byNight.get(night) ?? 0) + 1);
  }

  /** An interval that has ended, or lasts at the end of the range. */
  add(device: string, { onset, end, worst, samples, severities }: Interval): void {
    const { from, to } = this.#range;
    if (onset >= to || (end !== null && end <= from)) return;
    this.#alerts++;
    this.#ms += Math.min(end ?? to, to) - Math.max(onset, from);
    if (onset < from) this.begunBefore++;
    if (end === null) this.lasting++;
    this.#listed.push({ device, onset, end, severities, worst, samples });
    if (this.#listed.length > 2 * LISTED_MAX) this.#cut();
  }

  get intervals(): DryInterval[] {
    this.#cut();
    return this.#listed;
  }

  get more(): number {
    return this.#alerts - this.intervals.length;
  }

  get figures(): DryRunFigures {
    const nights = this.#nights.count(this.#range.from, this.#range.to);
    return {
      alerts: this.#alerts,
      notifications: this.#notifications,
      wakings: this.#wakings,
      worstNight: Math.max(0, ...this.#byNight.values()),
      perNight: nights === 0 ? 0 : this.#wakings / nights,
      seconds: this.#ms / 1000,
    };
  }

  #cut(): void {
    this.#listed.sort((left, right) => left.onset - right.onset);
    this.#listed.length = Math.min(this.#listed.length, LISTED_MAX);
  }
}

/** Whether the newest step is to a graver severity than the one before. */
export function isGraver(severities: readonly SeverityStep[]): boolean {
  const [before, last] = severities.slice(-2);
  if (before === undefined || last === undefined) return false;
  return SEVERITIES.indexOf(last.severity) > SEVERITIES.indexOf(before.severity);
}
