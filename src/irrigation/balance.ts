import { type Clock, repeat } from '../base/clock.ts';
import { AppError, describeError } from '../base/errors.ts';
import { dayName, dayNumber, localClock } from '../base/local-clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Service } from '../base/service.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Forecasts } from '../contracts/forecast.ts';
import type { History } from '../contracts/history.ts';
import type { BalanceRow, IrrigationAdvice, Plot, WaterBalance } from '../contracts/irrigation.ts';
import type { Registry } from '../contracts/registry.ts';
import type { State } from '../contracts/state.ts';
import { advise } from './advise.ts';
import { beliefOf, chainDays, type DayInput, firstBelief, zoneModel } from './chain.ts';
import {
  DayInputs,
  daysToCome,
  likelyRain,
  newestWord,
  recentMean,
  type SoFar,
} from './day-inputs.ts';
import { type Decision, planDays } from './decide.ts';
import { Measurements } from './measurements.ts';
import { placeOf } from './place.ts';
import { allPlots, savePlot } from './plots.ts';
import { type Past, refreshPast } from './season.ts';
import { WaterMeter } from './water-meter.ts';

export interface WaterBalanceOptions {
  state: State;
  registry: Registry;
  kinds: KindRegistry;
  history: History;
  forecasts: Forecasts;
  clock: Clock;
  logger: Logger;
  timeZone: string;
}

export interface WaterBalanceService extends WaterBalance, Service {
  /** Makes the days of a season from one on anew, for corrections that reach far back. */
  recompute(site: string, from: string): Promise<BalanceRow[]>;
  /** The nightly work, when it is due. */
  tick(): Promise<void>;
}

/** Days ahead for which something is said. */
export const DAYS_AHEAD = 14;
/** What was computed serves so long: a plan of 14 days asks for one zone fourteen times. */
const VIEW_MS = 10 * 60_000;
/** 20 kB each: 25 rows and a plan. */
const VIEWS_MAX = 2_000;
/** The last reports of a day are in by then. */
const NIGHTLY_MINUTES = 20;
const TICK_MS = 5 * 60_000;

/** What is known of a zone now. */
interface View {
  advice: IrrigationAdvice;
  coming: readonly BalanceRow[];
  /** Empty while nobody knows. */
  plan: ReadonlyMap<number, Decision>;
}

/** Water balances of the zones: computed when asked for, and each night for all. */
export function createWaterBalance(options: WaterBalanceOptions): WaterBalanceService {
  return new Balance(options);
}

class Balance implements WaterBalanceService {
  readonly name = 'water-balance';
  readonly #options: WaterBalanceOptions;
  readonly #measurements: Measurements;
  readonly #inputs: DayInputs;
  readonly #views = new Map<string, { at: number; today: number; view: Promise<View> }>();
  #night: number | null = null;
  #end: () => void = () => undefined;

  constructor(options: WaterBalanceOptions) {
    const { history, kinds, state } = options;
    this.#options = options;
    this.#measurements = new Measurements(options);
    const meter = new WaterMeter({
      ...{ history, kinds, actuators: state.actuators, measurements: this.#measurements },
    });
    this.#inputs = new DayInputs({ measurements: this.#measurements, meter });
  }

  async start(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) this.#end = repeat(TICK_MS, () => this.tick());
  }

  async stop(): Promise<void> {
    this.#end();
  }

  async savePlot(plot: Plot, by: string): Promise<Plot> {
    const saved = await savePlot(this.#options, plot, by);
    this.#views.delete(plot.site);
    return saved;
  }

  async advice(site: string): Promise<IrrigationAdvice | undefined> {
    const plot = await this.#options.state.plots.get(site);
    return plot && (await this.#view(plot)).advice;
  }

  async rows(site: string, from: string): Promise<BalanceRow[]> {
    const { state } = this.#options;
    const plot = await this.#plot(site);
    // The view may save rows, so it comes first.
    const { coming } = await this.#view(plot);
    const past = await state.plots.rows(site, from);
    return [...past, ...coming.filter(({ day }) => day >= from && day > (past.at(-1)?.day ?? ''))];
  }

  async needOn(site: string, day: string) {
    const { state, logger } = this.#options;
    try {
      const plot = await state.plots.get(site);
      const view = plot && (await this.#view(plot));
      const decision = view?.plan.get(dayNumber(day));
      if (decision === undefined) return null;
      const { netMm, grossMm, seconds } = decision.dose;
      return { netMm, grossMm, seconds };
    } catch (error) {
      // A store that is away knows nothing; whoever plans says so and goes on with the others.
      if (!(error instanceof AppError)) throw error;
      logger.warn({ error: describeError(error), site }, 'the need of a zone cannot be said');
      return null;
    }
  }

  async recompute(site: string, from: string): Promise<BalanceRow[]> {
    const plot = await this.#plot(site);
    const { rows } = await this.#past(plot, dayNumber(from));
    this.#views.delete(site);
    return rows;
  }

  async tick(): Promise<void> {
    const { state, clock, logger, timeZone } = this.#options;
    const local = localClock(timeZone);
    const now = clock.now();
    const today = local.day(now);
    if (this.#night === today || local.minutes(now) < NIGHTLY_MINUTES) return;
    this.#night = today;
    try {
      for await (const plot of allPlots(state)) await this.#nightly(plot);
    } catch (error) {
      // The state is away: the next tick begins the night's work again.
      this.#night = null;
      logger.error(
        { error: describeError(error) },
        'the water balances of the night were not made',
      );
    }
  }

  async #nightly(plot: Plot): Promise<void> {
    try {
      await this.#past(plot);
    } catch (error) {
      const { site } = plot;
      this.#options.logger.error(
        { error: describeError(error), site },
        'a water balance was not made',
      );
    }
  }

  async #plot(site: string): Promise<Plot> {
    const plot = await this.#options.state.plots.get(site);
    if (plot !== undefined) return plot;
    throw new AppError('PLOT_NOT_FOUND', `${site} has no plot`, {
      hint: 'Say first what stands there: crop, soil and drip lines.',
    });
  }

  #today(): number {
    return this.#measurements.dayOf(this.#options.clock.now());
  }

  #view(plot: Plot): Promise<View> {
    const now = this.#options.clock.now();
    const today = this.#today();
    const known = this.#views.get(plot.site);
    // A clock that was put back makes it look young for ever, so both ends count.
    const isFresh = known?.today === today && Math.abs(now - known.at) < VIEW_MS;
    if (known !== undefined && isFresh) return known.view;
    const view = this.#compute(plot, today);
    const entry = { at: now, today, view };
    this.#views.delete(plot.site);
    this.#views.set(plot.site, entry);
    const [oldest] = this.#views.keys();
    if (this.#views.size > VIEWS_MAX && oldest !== undefined) this.#views.delete(oldest);
    view.catch(() => {
      if (this.#views.get(plot.site) === entry) this.#views.delete(plot.site);
    });
    return view;
  }

  async #place(plot: Plot) {
    return placeOf(plot, await this.#options.state.sites.get(plot.site));
  }

  async #past(plot: Plot, from?: number): Promise<Past> {
    const { state } = this.#options;
    const place = await this.#place(plot);
    return refreshPast(
      { state, inputs: this.#inputs, measurements: this.#measurements },
      { plot, model: zoneModel(plot), place, today: this.#today(), from },
    );
  }

  async #compute(plot: Plot, today: number): Promise<View> {
    const { forecasts, clock } = this.#options;
    const model = zoneModel(plot);
    const forecast = await forecasts.of(plot.site);
    const { rows: past, soFar } = await this.#past(plot);
    const last = past.at(-1);
    const start = last === undefined ? firstBelief(model, today) : beliefOf(last);
    const { inputs, rainAfter } = await this.#outlook(plot, { today, past, forecast, soFar });
    const coming = chainDays(model, start, inputs);
    const ground = { plot, model, today, past, coming, forecast, rainAfter };
    const advice = advise({ ...ground, at: clock.now() });
    const isKnown = advice.decision !== 'unknown';
    const plan = isKnown
      ? planDays(plot, model, {
          start: { depletion: start.depletionMm, deviation: start.deviationMm },
          ...{ inputs, rainAfter },
        })
      : new Map<number, Decision>();
    return { advice, coming: isKnown ? coming : [], plan };
  }

  /** Today with what came so far, and the days to come. */
  async #outlook(
    plot: Plot,
    { today, past, forecast, soFar }: OutlookGround,
  ): Promise<{ inputs: DayInput[]; rainAfter(day: number): number }> {
    const place = await this.#place(plot);
    const span = { from: today, to: today + DAYS_AHEAD + 1 };
    const [first, ...rest] = daysToCome(place, { span, forecast, fallback: recentMean(past) });
    const words = newestWord(forecast === undefined ? [] : [forecast]);
    const likely = (day: number): number => likelyRain(words.get(dayName(day))?.weather);
    // Rain of today counts once it fell; where no gauge says so, once it is likely.
    const rain = soFar.rain ?? likely(today);
    const inputs =
      first === undefined ? [] : [{ ...first, rain, irrigation: soFar.irrigation }, ...rest];
    return {
      inputs,
      rainAfter: (day) => likely(day + 1) + (day === today ? Math.max(0, likely(today) - rain) : 0),
    };
  }
}

interface OutlookGround {
  today: number;
  past: readonly BalanceRow[];
  soFar: SoFar;
  forecast: Awaited<ReturnType<Forecasts['of']>>;
}
