import { BackOff } from '../base/back-off.ts';
import { type Clock, repeat, withDeadline } from '../base/clock.ts';
import { type AppError, describeError, toAppError } from '../base/errors.ts';
import { dayName, localClock } from '../base/local-clock.ts';
import type { Logger } from '../base/logger.ts';
import type { PartSetting } from '../base/part-settings.ts';
import type { Service } from '../base/service.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Forecast, ForecastRequest, ForecastSkill, Forecasts } from '../contracts/forecast.ts';
import type { History } from '../contracts/history.ts';
import type { Registry } from '../contracts/registry.ts';
import type { State } from '../contracts/state.ts';
import { nothingHere, requireSoundForecast, unavailable } from './forecast-faults.ts';
import { JUDGED_DAYS, judge, LEAD_MAX } from './forecast-judge.ts';
import { Measurements } from './measurements.ts';
import { Observed } from './observed.ts';
import { placeOf } from './place.ts';
import { allPlots } from './plots.ts';
import { type ForecastProviders, type OpenedProvider, openProviders } from './providers.ts';

export interface ForecastsOptions {
  state: State;
  registry: Registry;
  kinds: KindRegistry;
  history: History;
  providers: ForecastProviders;
  /** `SLUICE_FORECAST_…` as they were said, and `SLUICE_FORECAST`. */
  settings: readonly PartSetting[];
  order: readonly string[];
  clock: Clock;
  logger: Logger;
  timeZone: string;
  /** What one provider is given for one site; usually 10 s. */
  patienceMs?: number;
}

export interface ForecastsService extends Forecasts, Service {
  /** Forecasts that are due, one site after the other. */
  tick(): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Weather models run four times a day; eight questions find each run soon. */
const REFRESH_MS = 3 * HOUR_MS;
/** A better provider is looked for again so soon; it is asked when its rest is over. */
const RETRY_MS = HOUR_MS / 4;
/** A better provider's last word stands so long while it does not answer. */
const STANDS_MS = 24 * HOUR_MS;
/** Yesterday as it was, today, and 14 days to come. */
const DAYS_ASKED = 16;
const PATIENCE_MS = 10_000;
const TICK_MS = 60_000;
/** 60 days at 8 a day and 3 kB are 1.5 MB a site; skill looks back 30 days and 14 ahead of them. */
const KEEP_MS = 60 * 24 * HOUR_MS;
/** Sites without a plot that somebody asked for; the one asked for longest ago is dropped. */
const WANTED_MAX = 1_000;
const FIRST_WAIT_MS = 60_000;

interface Held {
  forecast: Forecast | undefined;
  checkedAt: number;
}

/** Opens the providers. Throws CONFIG_UNKNOWN, CONFIG_INVALID. */
export function createForecasts(options: ForecastsOptions): ForecastsService {
  return new ForecastDesk(options);
}

class ForecastDesk implements ForecastsService {
  readonly name = 'forecasts';
  readonly #options: ForecastsOptions;
  readonly #measurements: Measurements;
  readonly #observed: Observed;
  readonly #providers: readonly OpenedProvider[];
  /** By provider: when it may be asked again, after it did not answer. */
  readonly #rests = new Map<string, { until: number; why: string; backOff: BackOff }>();
  readonly #held = new Map<string, Held>();
  readonly #underway = new Map<string, Promise<Forecast | undefined>>();
  readonly #wanted = new Set<string>();
  /** The last fault the audit was told, by provider and site. */
  readonly #told = new Map<string, string>();
  #expiredOn: number | null = null;
  #end: () => void = () => undefined;
  readonly #stopper = new AbortController();

  constructor(options: ForecastsOptions) {
    const { clock, timeZone } = options;
    this.#options = options;
    this.#measurements = new Measurements(options);
    this.#observed = new Observed({ ...options, measurements: this.#measurements });
    this.#providers = openProviders(options, {
      now: () => clock.now(),
      observed: (site, days) => {
        const today = localClock(timeZone).day(clock.now());
        return this.#observed.past(site, { from: today - days, to: today });
      },
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) this.#end = repeat(TICK_MS, () => this.tick());
  }

  async stop(): Promise<void> {
    this.#end();
    this.#stopper.abort();
    await Promise.allSettled(this.#underway.values());
  }

  async of(site: string): Promise<Forecast | undefined> {
    this.#want(site);
    const { clock, logger } = this.#options;
    const held = await this.#known(site);
    const { forecast } = held;
    if (this.#isFresh(held)) return forecast;
    const age = clock.now() - (forecast?.takenAt ?? Number.NEGATIVE_INFINITY);
    if (age < 0 || age >= STANDS_MS) return this.#refresh(site);
    this.#refresh(site).catch((error: unknown) => {
      logger.warn({ error: describeError(error), site }, 'a forecast was not refreshed');
    });
    return forecast;
  }

  async skill(site: string): Promise<ForecastSkill[]> {
    const { state, clock } = this.#options;
    const today = this.#measurements.dayOf(clock.now());
    const from = today - JUDGED_DAYS - LEAD_MAX - 1;
    const actual = await this.#observed.measured(site, { from, to: today });
    const forecasts = await state.forecasts.since(site, this.#measurements.startOf(from));
    return judge(site, forecasts, { actual, dayOf: (time) => this.#measurements.dayOf(time) });
  }

  async tick(): Promise<void> {
    const { state, logger } = this.#options;
    try {
      await this.#expire();
      const sites = new Set(this.#wanted);
      for await (const { site } of allPlots(state)) sites.add(site);
      for (const site of sites) {
        if (this.#stopper.signal.aborted) return;
        if (!this.#isFresh(await this.#known(site))) await this.#refresh(site);
      }
    } catch (error) {
      logger.error({ error: describeError(error) }, 'the forecasts were not refreshed');
    }
  }

  async #expire(): Promise<void> {
    const { state, clock } = this.#options;
    const now = clock.now();
    const today = this.#measurements.dayOf(now);
    if (this.#expiredOn === today) return;
    await state.forecasts.expire(now - KEEP_MS);
    this.#expiredOn = today;
  }

  async #known(site: string): Promise<Held> {
    const held = this.#held.get(site);
    if (held !== undefined) return held;
    const forecast = await this.#options.state.forecasts.newest(site);
    return { forecast, checkedAt: forecast?.takenAt ?? Number.NEGATIVE_INFINITY };
  }

  #isFresh({ forecast, checkedAt }: Held): boolean {
    const isBest = forecast !== undefined && forecast.fellBack === null;
    // Both ways: a clock that was put back must not keep a forecast for ever.
    const age = Math.abs(this.#options.clock.now() - checkedAt);
    return age < (isBest ? REFRESH_MS : RETRY_MS);
  }

  #want(site: string): void {
    this.#wanted.delete(site);
    this.#wanted.add(site);
    const [oldest] = this.#wanted;
    if (this.#wanted.size > WANTED_MAX && oldest !== undefined) this.#wanted.delete(oldest);
  }

  /** One at a time for a site; who asks meanwhile waits for the same answer. */
  #refresh(site: string): Promise<Forecast | undefined> {
    let underway = this.#underway.get(site);
    if (underway === undefined) {
      underway = this.#take(site).finally(() => this.#underway.delete(site));
      this.#underway.set(site, underway);
    }
    return underway;
  }

  async #take(site: string): Promise<Forecast | undefined> {
    const { state, clock, timeZone } = this.#options;
    const place = placeOf(await state.plots.get(site), await state.sites.get(site));
    if (place === null) {
      this.#wanted.delete(site);
      return undefined;
    }
    const now = clock.now();
    const { latitude, longitude } = place;
    const today = this.#measurements.dayOf(now);
    const request = {
      ...{ site, latitude, longitude, timeZone },
      ...{ from: dayName(today - 1), days: DAYS_ASKED },
    };
    const earlier = await state.forecasts.since(site, now - STANDS_MS);
    const forecast = await this.#best(request, earlier, dayName(today));
    this.#held.set(site, { forecast, checkedAt: clock.now() });
    return forecast;
  }

  /** The first provider in order that has a sound word; what was passed over is said. */
  async #best(
    request: ForecastRequest,
    earlier: readonly Forecast[],
    today: string,
  ): Promise<Forecast | undefined> {
    const { state, clock } = this.#options;
    const failures: string[] = [];
    for (const provider of this.#providers) {
      const { name } = provider;
      const last = earlier.findLast(
        (one) => one.provider === name && one.days.some(({ day }) => day === today),
      );
      const fellBack = failures.length === 0 ? null : failures.join('; ');
      // A stand-in is asked no more often for that the better one is.
      const isRecent = last !== undefined && clock.now() - last.takenAt < REFRESH_MS;
      if (fellBack !== null && isRecent) return { ...last, fellBack };
      try {
        const days = await this.#ask(provider, request);
        if (!days.some(({ day }) => day === today)) {
          throw nothingHere(`${name} says nothing of ${today}`);
        }
        const { site } = request;
        const forecast = { site, provider: name, takenAt: clock.now(), days, fellBack };
        await state.forecasts.save(forecast);
        return forecast;
      } catch (error) {
        const why = describeError(error);
        if (last !== undefined) return { ...last, fellBack: [...failures, why].join('; ') };
        failures.push(why);
      }
    }
    return undefined;
  }

  async #ask({ name, open }: OpenedProvider, request: ForecastRequest) {
    const { clock, patienceMs = PATIENCE_MS } = this.#options;
    const rest = this.#rests.get(name);
    if (rest !== undefined && clock.monotonic() < rest.until) {
      throw unavailable(`${name} rests: ${rest.why}`);
    }
    const stopper = new AbortController();
    const signal = AbortSignal.any([stopper.signal, this.#stopper.signal]);
    try {
      const days = await withDeadline(open.fetch(request, signal), patienceMs, () =>
        unavailable(`${name} did not answer within ${patienceMs / 1000} s`),
      );
      requireSoundForecast(name, days);
      this.#answered(name, request.site);
      return days;
    } catch (cause) {
      const error = toAppError(cause, 'FORECAST_UNAVAILABLE', `${name} failed`);
      await this.#failed(name, request.site, error);
      throw error;
    } finally {
      stopper.abort();
    }
  }

  #answered(name: string, site: string): void {
    if (this.#rests.delete(name)) {
      this.#options.logger.info({ provider: name }, 'a forecast provider answers again');
    }
    this.#told.delete(`${name} ${site}`);
  }

  async #failed(name: string, site: string, error: AppError): Promise<void> {
    const { clock, logger, state } = this.#options;
    const why = describeError(error);
    if (error.code === 'FORECAST_UNAVAILABLE') this.#rest(name, error, why);
    const key = `${name} ${site}`;
    if (this.#told.get(key) === why) return;
    this.#told.set(key, why);
    logger.warn({ error: why, provider: name, site }, 'a forecast was passed over');
    if (error.code !== 'FORECAST_INVALID') return;
    const coop = (await state.sites.get(site))?.coop ?? null;
    const told = { what: 'forecast.refused', subject: site, why };
    const after = { provider: name, field: error.field ?? null };
    await state.audit.append([
      { at: clock.now(), coop, who: `forecast ${name}`, ...told, before: null, after },
    ]);
  }

  /** One that is down is left alone for a while by all sites. */
  #rest(name: string, error: AppError, why: string): void {
    const { clock } = this.#options;
    const backOff = this.#rests.get(name)?.backOff ?? new BackOff(FIRST_WAIT_MS, REFRESH_MS);
    // However long it says: what it says may be nonsense too.
    const waitMs = Math.min(STANDS_MS, backOff.after(error));
    this.#rests.set(name, { until: clock.monotonic() + waitMs, why, backOff });
  }
}
