import { DAY_MS, dayName } from '../../base/local-clock.ts';
import type { ProgrammeConditions, Reason } from '../../contracts/irrigation.ts';
import type { SkyDay, World } from './world.ts';

/** Forecast rain that is less likely than this keeps nobody from watering, percent. */
const LIKELY_PERCENT = 60;
/** A probe that said nothing for longer says nothing of the soil at a start. */
const MOISTURE_AGE_MS_MAX = 6 * 3_600_000;

/** Whether a zone is left out, and how far its dose is scaled. */
export interface Verdict {
  skip: boolean;
  factor: number;
  reasons: Reason[];
}

/** What the conditions say of one zone then. What is not known skips and scales nothing. */
export function judge(
  conditions: ProgrammeConditions,
  site: string | null,
  { world, at }: { world: World; at: number },
): Verdict {
  const verdict: Verdict = { skip: false, factor: 1, reasons: [] };
  const { skipAfterRain, skipBeforeRain, skipAboveMoisture, scaleByEt0 } = conditions;
  const say = (code: string, values: Reason['values']): void => {
    verdict.reasons.push({ code, values: { site, ...values } });
  };
  if (skipAfterRain !== undefined) {
    const mm = site === null ? null : rainBefore(world, site, at);
    if (mm === null) say('rain-unknown', {});
    else if (mm >= skipAfterRain) {
      verdict.skip = true;
      say('rain-fell', { mm: rounded(mm), limit: skipAfterRain });
    }
  }
  if (skipBeforeRain !== undefined) {
    const mm = site === null ? null : rainAfter(world, site, at);
    if (mm === null) say('forecast-unknown', {});
    else if (mm >= skipBeforeRain) {
      verdict.skip = true;
      say('rain-coming', { mm: rounded(mm), limit: skipBeforeRain, likely: LIKELY_PERCENT });
    }
  }
  if (skipAboveMoisture !== undefined) {
    const seen = site === null ? undefined : world.moisture.get(site);
    if (seen === undefined || Math.abs(at - seen.at) > MOISTURE_AGE_MS_MAX) {
      say('moisture-unknown', {});
    } else if (seen.percent > skipAboveMoisture) {
      verdict.skip = true;
      say('soil-moist', { percent: rounded(seen.percent), limit: skipAboveMoisture });
    }
  }
  if (scaleByEt0 !== undefined) {
    const { reference, least, most } = scaleByEt0;
    const et0 = skyOn(world, site, at)?.et0 ?? null;
    if (et0 === null) say('et0-unknown', {});
    else {
      verdict.factor = Math.min(Math.max(et0 / reference, least), most);
      say('scaled', { factor: rounded(verdict.factor), et0: rounded(et0), reference });
    }
  }
  return verdict;
}

function skyOn(world: World, site: string | null, at: number): SkyDay | undefined {
  return site === null ? undefined : world.sky.get(site)?.get(dayName(world.clock.day(at)));
}

/**
 * Rain of the 24 h before an instant, mm: as measured up to now, and for what lies ahead of now as
 * it is likely to come. Null when neither is known.
 */
function rainBefore(world: World, site: string, at: number): number | null {
  const from = at - DAY_MS;
  const measured = from < world.now ? world.rain.get(site) : undefined;
  const fell = measured?.reduce((sum, piece) => sum + piece.mm * share(piece, { from, to: at }), 0);
  const coming =
    at > world.now ? likelyRain(world, site, { from: Math.max(from, world.now), to: at }) : null;
  if (fell === undefined && (coming === null || from < world.now)) return null;
  return (fell ?? 0) + (coming ?? 0);
}

function rainAfter(world: World, site: string, at: number): number | null {
  return likelyRain(world, site, { from: at, to: at + DAY_MS });
}

/** Forecast rain of a time by the days it lies in, mm; null when of a day nothing is said. */
function likelyRain(world: World, site: string, time: Stretch): number | null {
  const { clock } = world;
  let sum = 0;
  for (let day = clock.day(time.from); day <= clock.day(time.to - 1); day++) {
    const sky = world.sky.get(site)?.get(dayName(day));
    if (sky === undefined || sky.rain === null || sky.rainProbability === null) return null;
    if (sky.rainProbability < LIKELY_PERCENT) continue;
    const whole = { from: clock.instant(day * DAY_MS), to: clock.instant((day + 1) * DAY_MS) };
    sum += sky.rain * share(whole, time);
  }
  return sum;
}

interface Stretch {
  from: number;
  to: number;
}

/** Which part of a stretch lies within another, 0 to 1. */
function share(part: Stretch, within: Stretch): number {
  const overlap = Math.min(part.to, within.to) - Math.max(part.from, within.from);
  return part.to > part.from ? Math.max(0, overlap) / (part.to - part.from) : 0;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
