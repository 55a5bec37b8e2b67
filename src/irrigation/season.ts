import { dayName } from '../base/local-clock.ts';
import type { BalanceRow, Plot } from '../contracts/irrigation.ts';
import type { State } from '../contracts/state.ts';
import { beliefOf, chainDays, type DayInput, firstBelief, type ZoneModel } from './chain.ts';
import type { DayInputs, SoFar } from './day-inputs.ts';
import type { DaySpan, Measurements } from './measurements.ts';
import type { Place } from './place.ts';

/** Late reports and corrections seldom reach further back; each night these days are done anew. */
export const RECOMPUTE_DAYS = 10;
/** A season begun anew is looked for so far back, as long as values are usually kept. */
const SEASON_DAYS_MAX = 400;

export interface SeasonOptions {
  state: State;
  inputs: DayInputs;
  measurements: Measurements;
}

/** What is asked of a season's past. */
export interface PastWish {
  plot: Plot;
  model: ZoneModel;
  place: Place | null;
  today: number;
  /** Days before it are believed as they stand; as far back as usual when it is left out. */
  from?: number | undefined;
}

/** Days that are over, oldest first, and today so far. */
export interface Past {
  rows: BalanceRow[];
  soFar: SoFar;
}

/**
 * The rows of the days that are over, the newest of them made anew from what the stores say now;
 * those that came out differently are saved.
 */
export async function refreshPast(options: SeasonOptions, wish: PastWish): Promise<Past> {
  const { state } = options;
  const { plot, model, today } = wish;
  const { planted } = model;
  const end = Math.min(today, model.over);
  const wanted = Math.max(planted, Math.min(end, wish.from ?? today - RECOMPUTE_DAYS));
  const stored = await state.plots.rows(plot.site, dayName(planted));
  const byDay = new Map(stored.map((row) => [row.day, row]));
  const before = wanted > planted ? byDay.get(dayName(wanted - 1)) : undefined;
  const earliest = before === undefined ? Math.max(planted, end - SEASON_DAYS_MAX) : wanted;
  const from = Math.min(earliest, end);
  const { days, soFar } = await inputsOf(options, wish, { from, to: end });
  const made =
    before === undefined ? beginning(model, days) : chainDays(model, beliefOf(before), days);
  const changed = made.filter((row) => JSON.stringify(row) !== JSON.stringify(byDay.get(row.day)));
  if (changed.length > 0) await save(state, plot, changed);
  const first = made[0]?.day ?? dayName(from);
  const kept = before === undefined ? [] : stored.filter(({ day }) => day < first);
  return { rows: [...kept, ...made], soFar };
}

/** Rows of a plot that was changed meanwhile are of no use to what it is now. */
async function save(state: State, plot: Plot, rows: readonly BalanceRow[]): Promise<void> {
  await state.transaction(async (tx) => {
    const now = await tx.plots.get(plot.site);
    if (JSON.stringify(now) === JSON.stringify(plot)) await tx.plots.saveRows(plot.site, rows);
  });
}

function inputsOf(options: SeasonOptions, { plot, place }: PastWish, span: DaySpan) {
  const { state, inputs, measurements } = options;
  // A forecast taken on a day or later says something of that day.
  return state.forecasts
    .since(plot.site, measurements.startOf(span.from))
    .then((forecasts) => inputs.past(plot, place, { span, forecasts }));
}

/** A chain that begins with the first day of which the weather is known, or with planting. */
function beginning(model: ZoneModel, inputs: readonly DayInput[]): BalanceRow[] {
  const first = inputs.findIndex(({ et0 }) => et0 !== null);
  const [begin, ...rest] = first === -1 ? [] : inputs.slice(first);
  if (begin === undefined) return [];
  const isAssumed = begin.day > model.planted;
  const notes = isAssumed ? [...begin.notes, 'start-assumed'] : begin.notes;
  return chainDays(model, firstBelief(model, begin.day), [{ ...begin, notes }, ...rest]);
}
