import { localClock } from '../base/local-clock.ts';
import type { Signal, View } from '../contracts/rule.ts';
import type { Instant, Reading } from './compiled.ts';
import { exactly, type Known } from './known.ts';
import {
  type Compilation,
  compileOther,
  compileSource,
  type SourcePlan,
  type SourceRun,
} from './source.ts';
import { daysView } from './views/days.ts';
import { jumpView, rangeView, spikeView, stuckView } from './views/quality.ts';
import { rateView } from './views/rate.ts';
import { rollingView } from './views/rolling.ts';
import type { ViewPlan, ViewRun, ViewSetting } from './views/view.ts';

type MinusView = Extract<View, { type: 'minus' }>;

/** A signal in the form a run reads it. */
export interface SignalPlan {
  reachMs: number;
  unit: string | null;
  start(): SignalRun;
}

export interface SignalRun {
  /**
   * Takes the next instant. Undefined where the metric was not observed; null where it was and yet
   * nothing can be said.
   */
  push(instant: Instant): Known | null | undefined;
  readonly beside?: Reading['beside'];
}

export function compileSignal(
  { metric, view }: Signal,
  gapMs: number,
  compilation: Compilation,
): SignalPlan {
  const source = compileSource(metric, compilation);
  const unit = unitOf(view, source.unit);
  if (view === undefined) {
    return { reachMs: source.reachMs, unit, start: () => new PlainRun(source.start()) };
  }
  if (view.type === 'minus') return minusPlan(view, { source, unit }, compilation);
  const clock = localClock(compilation.context.timeZone);
  const plan = viewPlan(view, { gapMs, isNeverNegative: source.isNeverNegative, clock });
  return {
    // What a view reads back to was itself read back from there.
    reachMs: source.reachMs + plan.reachMs,
    unit,
    start: () => new ViewedRun(source.start(), plan.start()),
  };
}

function viewPlan(view: Exclude<View, MinusView>, setting: ViewSetting): ViewPlan {
  switch (view.type) {
    case 'rate':
      return rateView(view, setting);
    case 'rolling':
      return rollingView(view, setting);
    case 'days':
      return daysView(view, setting);
    case 'stuck':
      return stuckView(view, setting);
    case 'spike':
      return spikeView(view, setting);
    case 'jump':
      return jumpView(view, setting);
    case 'range':
      return rangeView(view);
  }
}

class PlainRun implements SignalRun {
  readonly #source: SourceRun;

  constructor(source: SourceRun) {
    this.#source = source;
  }

  get beside(): Reading['beside'] {
    return this.#source.beside;
  }

  push(instant: Instant): Known | null | undefined {
    const value = this.#source.push(instant);
    return typeof value === 'number' ? exactly(value) : value;
  }
}

class ViewedRun implements SignalRun {
  readonly #source: SourceRun;
  readonly #view: ViewRun;

  constructor(source: SourceRun, view: ViewRun) {
    this.#source = source;
    this.#view = view;
  }

  get beside(): Reading['beside'] {
    return this.#source.beside;
  }

  push(instant: Instant): Known | null | undefined {
    const value = this.#source.push(instant);
    return typeof value === 'number' ? this.#view.push(instant.time, value) : value;
  }
}

function minusPlan(
  view: MinusView,
  { source, unit }: { source: SourcePlan; unit: string | null },
  compilation: Compilation,
): SignalPlan {
  const { metric, device } = view;
  const other =
    device === undefined
      ? compileSource(metric, compilation)
      : compileOther({ metric, device }, compilation);
  const ageReach = view.maxAgeSeconds === 0 ? 0 : view.maxAgeSeconds * 1000 + 1;
  return {
    reachMs: Math.max(source.reachMs, other.reachMs + ageReach),
    unit,
    start: () => new MinusRun(view, source.start(), other.start()),
  };
}

class MinusRun implements SignalRun {
  readonly #view: MinusView;
  readonly #source: SourceRun;
  readonly #other: SourceRun;
  #time = Number.NEGATIVE_INFINITY;
  #value = Number.NaN;

  constructor(view: MinusView, source: SourceRun, other: SourceRun) {
    this.#view = view;
    this.#source = source;
    this.#other = other;
  }

  get beside(): Reading['beside'] {
    return this.#source.beside;
  }

  push(instant: Instant): Known | null | undefined {
    const value = this.#source.push(instant);
    const other = this.#other.push(instant);
    if (typeof other === 'number') {
      this.#time = instant.time;
      this.#value = other;
    }
    if (typeof value !== 'number') return value;
    if (instant.time - this.#time > this.#view.maxAgeSeconds * 1000) return null;
    const difference = value - this.#value;
    return exactly(this.#view.absolute === true ? Math.abs(difference) : difference);
  }
}

/** UCUM: dimensionless. */
const ONE = '1';
const PER: Readonly<Record<number, string>> = { 1: 's', 60: 'min', 3600: 'h', 86400: 'd' };

/** The unit of what is compared; null where none can be named. */
function unitOf(view: View | undefined, unit: string | null): string | null {
  switch (view?.type) {
    case undefined:
      return unit;
    case 'minus':
      return ofDifference(unit);
    case 'rate': {
      const per = PER[view.perSeconds];
      return unit === null || per === undefined ? null : `${ofDifference(unit)}/${per}`;
    }
    case 'rolling':
      return ofFunction(view.function, unit);
    case 'days':
      return view.function === 'count'
        ? ONE
        : ofFunction(view.function, ofFunction(view.each, unit));
    default:
      return ONE;
  }
}

function ofFunction(name: string, unit: string | null): string | null {
  if (name === 'count') return ONE;
  return name === 'swing' ? ofDifference(unit) : unit;
}

/** Degrees Celsius are a point on a scale; between two of them lie kelvins. */
function ofDifference(unit: string | null): string | null {
  return unit === 'Cel' ? 'K' : unit;
}
