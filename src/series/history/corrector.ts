import { hash } from 'node:crypto';
import type { Correction, ValueFlag } from '../../contracts/history.ts';
import type { Span } from './local-days.ts';

/** A stretch of time in which the same corrections count. */
export interface Stretch extends Span {
  gain: number;
  offset: number;
  /** Stands for every value of the stretch; null: none does. */
  value: number | null;
  flag: ValueFlag | null;
}

/** What becomes of a device's value. Flags are told apart: an invalid value is mended all the same. */
export function correctedValue(raw: number, { gain, offset, value }: Stretch): number {
  return value ?? gain * raw + offset;
}

/** True when `one` counts rather than `other`: it starts later, or was recorded later. */
function precedes(one: Correction, other: Correction | undefined): boolean {
  if (other === undefined || one.from !== other.from) return one.from > (other?.from ?? -Infinity);
  return one.at >= other.at;
}

/** What the corrections that apply at one instant come to; null when there are none. */
function combine(active: Iterable<Correction>, span: Span): Stretch | null {
  let calibration: Correction | undefined;
  let replacement: Correction | undefined;
  let flag: ValueFlag | null = null;
  let any = false;
  for (const correction of active) {
    any = true;
    const { work } = correction;
    if (work.type === 'calibration') {
      if (precedes(correction, calibration)) calibration = correction;
    } else if (work.type === 'value') {
      if (precedes(correction, replacement)) replacement = correction;
    } else if (flag !== 'invalid') {
      // Two people disagree: the value is left out rather than believed.
      flag = work.flag;
    }
  }
  if (!any) return null;
  const { gain, offset } =
    calibration?.work.type === 'calibration' ? calibration.work : { gain: 1, offset: 0 };
  const value = replacement?.work.type === 'value' ? replacement.work.value : null;
  return { ...span, gain, offset, value, flag };
}

/** The stretches that corrections of one device's metric come to, in order of time. */
export function stretchesOf(corrections: readonly Correction[]): Stretch[] {
  const endOf = ({ to }: Correction): number => to ?? Number.POSITIVE_INFINITY;
  const bounds = [...new Set(corrections.flatMap((one) => [one.from, endOf(one)]))].sort(
    (left, right) => left - right,
  );
  const byStart = [...corrections].sort((left, right) => left.from - right.from);
  const active = new Set<Correction>();
  const stretches: Stretch[] = [];
  let started = 0;
  bounds.forEach((from, place) => {
    const to = bounds[place + 1];
    if (to === undefined) return;
    for (const one of active) if (endOf(one) <= from) active.delete(one);
    for (let next = byStart[started]; next !== undefined && next.from <= from; ) {
      active.add(next);
      next = byStart[++started];
    }
    const stretch = combine(active, { from, to });
    if (stretch !== null) stretches.push(stretch);
  });
  return stretches;
}

/** The corrections of one device's metric, ready to be applied. */
export class Corrector {
  readonly stretches: readonly Stretch[];
  /** Rows come in order of time, so the next one is mostly in the same stretch. */
  #near = 0;

  constructor(corrections: readonly Correction[]) {
    this.stretches = stretchesOf(corrections);
  }

  at(time: number): Stretch | undefined {
    const near = this.stretches[this.#near];
    if (near !== undefined && time >= near.from && time < near.to) return near;
    const place = this.#firstEndingAfter(time);
    const found = this.stretches[place];
    if (found === undefined || time < found.from) return undefined;
    this.#near = place;
    return found;
  }

  touches({ from, to }: Span): boolean {
    const found = this.stretches[this.#firstEndingAfter(from)];
    return found !== undefined && found.from < to;
  }

  /** From the first to the last instant of the span that is flagged invalid; null: none is. */
  invalidWithin({ from, to }: Span): Span | null {
    const invalid = this.stretches.filter(
      (one) => one.flag === 'invalid' && one.from < to && one.to > from,
    );
    const [first] = invalid;
    const last = invalid.at(-1);
    if (first === undefined || last === undefined) return null;
    return { from: Math.max(first.from, from), to: Math.min(last.to, to) };
  }

  #firstEndingAfter(time: number): number {
    let low = 0;
    let high = this.stretches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.stretches[middle]?.to ?? Number.POSITIVE_INFINITY) > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** One device's metric. */
export interface Pair {
  device: string;
  metric: string;
}

function namesByDevice(corrections: readonly Correction[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { device, id, version } of corrections) {
    const some = names.get(device) ?? [];
    names.set(device, some);
    some.push(`${id}:${version}`);
  }
  return names;
}

/** The corrections that apply now, in memory, as history reads them. */
export class CorrectionList {
  readonly #byDevice = new Map<string, Map<string, Corrector>>();
  readonly #stamps = new Map<string, string>();

  load(corrections: readonly Correction[]): void {
    this.#stamps.clear();
    for (const [device, names] of namesByDevice(corrections)) {
      this.#stamps.set(device, hash('sha256', names.sort().join(' '), 'base64url'));
    }
    const grouped = new Map<string, Map<string, Correction[]>>();
    for (const one of corrections) {
      const metrics = grouped.get(one.device) ?? new Map<string, Correction[]>();
      grouped.set(one.device, metrics);
      const same = metrics.get(one.metric) ?? [];
      metrics.set(one.metric, same);
      same.push(one);
    }
    this.#byDevice.clear();
    for (const [device, metrics] of grouped) {
      const correctors = [...metrics].map(
        ([metric, some]) => [metric, new Corrector(some)] as const,
      );
      this.#byDevice.set(device, new Map(correctors));
    }
  }

  of({ device, metric }: Pair): Corrector | undefined {
    return this.#byDevice.get(device)?.get(metric);
  }

  /** Names the corrections of a device as they stand; undefined when it has none. */
  stamp(device: string): string | undefined {
    return this.#stamps.get(device);
  }

  /** The device's metrics that are corrected at some time of the span; `devices` absent: of all. */
  touched(devices: readonly string[] | undefined, metrics: readonly string[], span: Span): Pair[] {
    if (this.#byDevice.size === 0) return [];
    const found: Pair[] = [];
    for (const device of devices ?? this.#byDevice.keys()) {
      const correctors = this.#byDevice.get(device);
      if (correctors === undefined) continue;
      for (const metric of metrics) {
        if (correctors.get(metric)?.touches(span) === true) found.push({ device, metric });
      }
    }
    return found;
  }
}
