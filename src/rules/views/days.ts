import type { View, ViewFunction } from '../../contracts/rule.ts';
import { DayWindow, daysReachMs, valueOfDay } from '../day-window.ts';
import { exactly, type Known } from '../known.ts';
import { knownOfPart, type ViewPlan, type ViewRun, type ViewSetting } from './view.ts';

type DaysView = Extract<View, { type: 'days' }>;

/** A function over what the last local days came to. */
export function daysView(view: DaysView, setting: ViewSetting): ViewPlan {
  return { reachMs: daysReachMs(view.days), start: () => new DaysRun(view, setting) };
}

class DaysRun implements ViewRun {
  readonly #view: DaysView;
  readonly #onlyGrows: boolean;
  readonly #days: DayWindow;

  constructor(view: DaysView, { isNeverNegative, clock }: ViewSetting) {
    this.#view = view;
    this.#onlyGrows = view.each === 'count' || view.each === 'swing' || isNeverNegative;
    this.#days = new DayWindow(view, clock);
  }

  push(time: number, value: number): Known | null {
    this.#days.push(time, value);
    const { each, function: over, minimumDays } = this.#view;
    const values = this.#days.summaries().map((day) => valueOfDay(day, each));
    const found = overDays(over, values);
    return values.length >= minimumDays
      ? exactly(found)
      : knownOfPart(over, found, this.#onlyGrows);
  }
}

function overDays(name: ViewFunction, values: readonly number[]): number {
  switch (name) {
    case 'count':
      return values.length;
    case 'max':
      return Math.max(...values);
    case 'min':
      return Math.min(...values);
    case 'swing':
      return Math.max(...values) - Math.min(...values);
    case 'sum':
      return sumOf(values);
    case 'mean':
      return sumOf(values) / values.length;
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
