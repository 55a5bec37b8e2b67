import { dayName, dayNumber } from '../base/local-clock.ts';
import type { Forecast, ForecastSkill, WeatherDay } from '../contracts/forecast.ts';
import { type ForecastPair, forecastErrors, forecastSkill } from '../water/forecast-skill.ts';

/** Newest days that are compared. */
export const JUDGED_DAYS = 30;
/** Fewer tell nothing about skill. Ours. */
const SKILL_DAYS_MIN = 10;
const METRICS = ['rain', 'et0'] as const;
/** The furthest day ahead that is said. */
export const LEAD_MAX = 14;

/**
 * How each provider did, by metric and days ahead. Of several forecasts of one day of issue the
 * last counts. The reference says that a day will be as the day of issue was; today as yesterday.
 */
export function judge(
  site: string,
  forecasts: readonly Forecast[],
  { actual, dayOf }: { actual: readonly WeatherDay[]; dayOf: (time: number) => number },
): ForecastSkill[] {
  const came = new Map(actual.map((day) => [day.day, day]));
  const newest = actual.slice(-JUDGED_DAYS);
  const issued = new Map<string, Map<number, Map<string, WeatherDay>>>();
  for (const { provider, takenAt, days } of forecasts) {
    const ofProvider = issued.get(provider) ?? new Map<number, Map<string, WeatherDay>>();
    issued.set(provider, ofProvider);
    ofProvider.set(dayOf(takenAt), new Map(days.map((day) => [day.day, day])));
  }
  const skills: ForecastSkill[] = [];
  for (const [provider, byIssue] of [...issued].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const metric of METRICS) {
      for (let lead = 0; lead <= LEAD_MAX; lead++) {
        const pairs: ForecastPair[] = [];
        const reference: ForecastPair[] = [];
        for (const day of newest) {
          const target = dayNumber(day.day);
          const forecast = byIssue.get(target - lead)?.get(day.day)?.[metric] ?? null;
          const value = day[metric];
          if (forecast === null || value === null) continue;
          pairs.push({ forecast, actual: value });
          const before = came.get(dayName(target - Math.max(1, lead)))?.[metric] ?? null;
          if (before !== null) reference.push({ forecast: before, actual: value });
        }
        const skill = skillOf(pairs, reference);
        if (skill !== null) skills.push({ provider, site, metric, lead, ...skill });
      }
    }
  }
  return skills;
}

function skillOf(pairs: readonly ForecastPair[], reference: readonly ForecastPair[]) {
  const errors = forecastErrors(pairs);
  if (errors === null) return null;
  const isEnough = errors.count >= SKILL_DAYS_MIN && reference.length >= SKILL_DAYS_MIN;
  return {
    days: errors.count,
    meanError: errors.bias,
    meanAbsoluteError: errors.mae,
    skill: isEnough ? forecastSkill(errors, forecastErrors(reference)) : null,
  };
}
