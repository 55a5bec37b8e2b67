import { localDayOf } from '#src/base/local-day';
import type { View, ViewFunction } from '../../src/contracts/rule.ts';
import type { Known } from '../../src/rules/known.ts';

export interface TimedValue {
  time: number;
  value: number;
}

const HOUR = 3_600_000;

function apply(name: ViewFunction, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return (
    { mean: sum / values.length, min: least, max: most, sum, count: values.length }[
      name as 'mean'
    ] ?? most - least
  );
}

/** What more samples could still make of it. */
function ofPart(name: ViewFunction, value: number, onlyGrows: boolean): Known | null {
  if (name === 'mean' || (name === 'sum' && !onlyGrows)) return null;
  return name === 'min'
    ? { low: Number.NEGATIVE_INFINITY, high: value }
    : { low: value, high: Number.POSITIVE_INFINITY };
}

/**
 * The meaning of each view, said once more over all samples at once: what it says at the last of
 * them. `timeZone` is one without clock changes in the days asked for.
 */
export function viewAt(
  view: Exclude<View, { type: 'minus' }>,
  samples: readonly TimedValue[],
  { gapMs, isCount, timeZone }: { gapMs: number; isCount: boolean; timeZone: string },
): Known | null {
  const last = samples.at(-1);
  if (last === undefined) throw new Error('a view speaks of a sample');
  const { time, value } = last;
  const exact = (known: number): Known => ({ low: known, high: known });
  const older = samples.slice(0, -1);
  const before = older.at(-1);
  switch (view.type) {
    case 'rate': {
      const from = samples.findLast((each) => time - each.time >= view.overSeconds * 1000);
      if (from === undefined || time - from.time > view.overSeconds * 1000 + gapMs) return null;
      return exact(((value - from.value) / (time - from.time)) * view.perSeconds * 1000);
    }
    case 'rolling': {
      const start = time - view.overSeconds * 1000;
      const inside = samples.filter((each) => each.time > start);
      const times = [start, ...inside.map((each) => each.time)];
      const whole = times.every((each, at) => at === 0 || each - (times[at - 1] ?? 0) <= gapMs);
      const found = apply(
        view.function,
        inside.map((each) => each.value),
      );
      return whole ? exact(found) : ofPart(view.function, found, isCount);
    }
    case 'days': {
      const shift = Number(view.startsAt.slice(0, 2)) * HOUR;
      const dayOf = localDayOf(timeZone);
      const today = Date.parse(dayOf(time - shift));
      const days = new Map<string, number[]>();
      for (const each of samples) {
        const day = dayOf(each.time - shift);
        if (Date.parse(day) <= today - view.days * 24 * HOUR) continue;
        days.set(day, [...(days.get(day) ?? []), each.value]);
      }
      const found = apply(
        view.function,
        [...days.values()].map((day) => apply(view.each, day)),
      );
      if (days.size >= view.minimumDays) return exact(found);
      return ofPart(view.function, found, isCount || ['count', 'swing'].includes(view.each));
    }
    case 'stuck':
      return stuckAt(view, samples, gapMs);
    case 'jump': {
      if (before === undefined || time - before.time > gapMs) return null;
      const most = (view.most * (time - before.time)) / (view.perSeconds * 1000);
      return exact(Math.abs(value - before.value) > most ? 3 : 1);
    }
    case 'spike': {
      const first = older.at(-2);
      if (before === undefined || first === undefined) return null;
      if (time - before.time > gapMs || before.time - first.time > gapMs) return null;
      const distance = Math.abs(before.value - (first.value + value) / 2);
      return exact(distance > view.fail ? 4 : distance > view.suspect ? 3 : 1);
    }
    case 'range': {
      const outside = ([least, most]: [number, number]): boolean => value < least || value > most;
      return exact(outside(view.fail) ? 4 : outside(view.suspect) ? 3 : 1);
    }
  }
}

function stuckAt(
  view: Extract<View, { type: 'stuck' }>,
  samples: readonly TimedValue[],
  gapMs: number,
): Known {
  const isFlat = (from: number): boolean => {
    const values = samples.slice(from).map(({ value }) => value);
    return Math.max(...values) - Math.min(...values) <= view.tolerance;
  };
  const isJoined = (at: number): boolean =>
    at > 0 && (samples[at]?.time ?? 0) - (samples[at - 1]?.time ?? 0) <= gapMs;
  let first = samples.length - 1;
  while (isJoined(first) && isFlat(first - 1)) first--;
  const [start, second] = [samples[first]?.time ?? 0, samples[first + 1]?.time];
  const time = samples.at(-1)?.time ?? 0;
  const isKnown = isJoined(first);
  let flag = 1;
  if (second !== undefined) {
    const stood = isKnown ? start - (samples[first - 1]?.time ?? 0) : second - start;
    const seconds = (time - start + stood) / 1000;
    flag = seconds > view.failSeconds ? 4 : seconds > view.suspectSeconds ? 3 : 1;
  }
  return { low: flag, high: isKnown ? flag : 4 };
}
