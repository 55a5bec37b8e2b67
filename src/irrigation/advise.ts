import { dayName, dayNumber } from '../base/local-clock.ts';
import type { Forecast } from '../contracts/forecast.ts';
import type { BalanceRow, IrrigationAdvice, Plot, Reason } from '../contracts/irrigation.ts';
import { applicationRate } from '../water/drip.ts';
import type { ZoneModel } from './chain.ts';
import { type Decision, decide, reason } from './decide.ts';
import { type Dose, dripField, leachingFraction, NO_DOSE } from './drip-lines.ts';
import { MISSING } from './reference-day.ts';

/** After so many days without weather nobody knows how dry the soil is. */
export const UNKNOWN_AFTER_DAYS = 3;
/** Past days shown with an advice. */
const ROWS_SHOWN = 10;

/** What an advice is made of. */
export interface AdviceGround {
  plot: Plot;
  model: ZoneModel;
  /** Days since 1970. */
  today: number;
  at: number;
  /** Days that are over, oldest first. */
  past: readonly BalanceRow[];
  /** Today, then days to come, without any further watering. */
  coming: readonly BalanceRow[];
  forecast: Forecast | undefined;
  /** Likely rain after a day's end, mm. */
  rainAfter(day: number): number;
}

/** What to do tonight and why; what is not known is said and never guessed. */
export function advise(ground: AdviceGround): IrrigationAdvice {
  const { plot, at, past, coming } = ground;
  const told = (
    decision: IrrigationAdvice['decision'],
    reasons: readonly Reason[],
    { netMm, grossMm, seconds, litres }: Dose = NO_DOSE,
  ): IrrigationAdvice => ({
    ...{ site: plot.site, at, decision, netMm, grossMm, seconds, litres, reasons },
    // What is to come stands on what is: where that is not known, nothing is drawn.
    rows: [...past.slice(-ROWS_SHOWN), ...(decision === 'unknown' ? [] : coming)],
  });
  const season = outOfSeason(ground);
  if (season !== null) return told('wait', [season]);
  const unknown = unknownReason(ground);
  if (unknown !== null) return told('unknown', [...sourceReasons(ground), unknown]);
  const tonight = coming[0];
  if (tonight === undefined) {
    return told('unknown', [...sourceReasons(ground), reason('no-outlook')]);
  }
  const rain = ground.rainAfter(ground.today);
  const decision = decide(plot, tonight, rain);
  const reasons = [
    ...sourceReasons(ground),
    ...stateReasons(ground, tonight),
    ...rainReasons(ground, rain),
    ...decisionReasons(ground, decision, rain),
  ];
  return decision.reason === 'due'
    ? told('irrigate', reasons, decision.dose)
    : told('wait', reasons);
}

/** Before planting and after harvest there is nothing to water. */
function outOfSeason({ plot, model, today }: AdviceGround): Reason | null {
  if (today < model.planted) return reason('not-planted', { plantedOn: plot.plantedOn });
  if (today < model.over) return null;
  return reason('season-over', { endedOn: dayName(model.over - 1) });
}

/** Days in a row, up to yesterday, of which no ET0 is known. */
export function missingDays(past: readonly BalanceRow[]): number {
  const known = past.findLastIndex(({ method }) => method !== MISSING);
  return past.length - 1 - known;
}

function unknownReason({ past, today, model }: AdviceGround): Reason | null {
  // What was planted today has no past, and needs none.
  if (today <= model.planted) return null;
  if (past.length === 0) return reason('no-weather', { days: today - model.planted });
  const last = past.at(-1);
  const behind = last === undefined ? 0 : today - 1 - dayNumber(last.day);
  const days = missingDays(past) + behind;
  if (days < UNKNOWN_AFTER_DAYS && days < past.length) return null;
  return reason('no-weather', { days });
}

/** Where the numbers of the last day came from, and what they lack. */
function sourceReasons({ past, forecast }: AdviceGround): Reason[] {
  const last = past.at(-1);
  const reasons: Reason[] = [];
  if (last !== undefined) {
    const { day, et0, method, kc, etc, rain, irrigation } = last;
    reasons.push(reason('yesterday', { day, et0, method, kc, etc, rain, irrigation }));
  }
  const notes = new Set(past.slice(-UNKNOWN_AFTER_DAYS).flatMap((row) => row.notes ?? []));
  for (const note of notes) if (TOLD_NOTES.has(note)) reasons.push(reason(note));
  if (forecast === undefined) reasons.push(reason('no-forecast'));
  else if (forecast.fellBack !== null) {
    reasons.push(reason('forecast-fell-back', { provider: forecast.provider }));
  }
  return reasons;
}

/** Notes of the last days that a person should know before trusting an advice. */
const TOLD_NOTES = new Set([
  'rain-unknown',
  'rain-in-part',
  'rain-from-forecast',
  'irrigation-unknown',
  'meter-restarted',
  'meter-implausible',
  'meter-silent',
  'probe-disagrees',
  'probe-impossible-water-content',
  'fraction-assumed',
  'start-assumed',
]);

function stateReasons({ past, model }: AdviceGround, tonight: BalanceRow): Reason[] {
  const { depletion, deviation, raw, taw, ks } = tonight;
  const reasons = [
    reason('depletion', { mm: depletion, deviation, total: taw }),
    reason('readily-available', { mm: raw, percent: (100 * raw) / model.totalMm }),
  ];
  if (ks < 1) reasons.push(reason('stress', { ks }));
  const corrected = past.at(-1)?.corrected ?? null;
  if (corrected !== null && Math.abs(corrected) >= 0.05) {
    reasons.push(reason('probe-corrected', { mm: corrected }));
  }
  return reasons;
}

function rainReasons({ forecast }: AdviceGround, rain: number): Reason[] {
  if (forecast === undefined || rain === 0) return [];
  return [reason('rain-expected', { mm: rain, provider: forecast.provider })];
}

function decisionReasons(ground: AdviceGround, { dose, reason: why }: Decision, rain: number) {
  const { plot, coming } = ground;
  if (why !== 'due') {
    const dueOn = coming.find(({ depletion, raw }) => depletion >= raw)?.day ?? null;
    const values = why === 'not-yet-due' ? { dueOn } : why === 'rain-will-do' ? { mm: rain } : {};
    return [reason(why, values)];
  }
  const leaching = leachingFraction(plot);
  const { waterConductivity: water, soilConductivityMax: soil } = plot;
  return [
    reason('due', { net: dose.netMm }),
    ...(leaching > 0 ? [reason('leaching', { percent: 100 * leaching, water, soil })] : []),
    reason('efficiency', { percent: 100 * plot.drip.efficiency, gross: dose.grossMm }),
    reason('run-time', {
      ...{ seconds: dose.seconds, litres: dose.litres },
      rate: applicationRate(dripField(plot)),
    }),
    ...(dose.isLimited ? [reason('limited-to-a-night')] : []),
  ];
}
