import type { Bands, Limit, SalinityPoint, ShrimpSpecies, Sides } from './limits.ts';
import { WATER_LIMITS } from './limits.ts';

export type WaterLevel = 'optimum' | 'acceptable' | 'warn' | 'critical';

export type Classification =
  | { level: WaterLevel; isLethal: boolean; reason: null }
  | { level: null; isLethal: false; reason: 'salinity-unknown' | 'no-value' };

function between(points: readonly SalinityPoint[], salinity: number): number {
  const next = points.findIndex(([at]) => at >= salinity);
  const [upperAt, upper] = points[next === -1 ? points.length - 1 : next] ?? [0, Number.NaN];
  const [lowerAt, lower] = points[Math.max(0, next - 1)] ?? [0, Number.NaN];
  if (next <= 0) return upper;
  return lower + ((upper - lower) * (salinity - lowerAt)) / (upperAt - lowerAt);
}

/** The limit at a salinity; null when it depends on the salinity and that is unknown. */
export function limitAt(limit: Limit, salinity: number | null = null): number | null {
  if (typeof limit.value === 'number') return limit.value;
  return salinity === null || !Number.isFinite(salinity) ? null : between(limit.value, salinity);
}

/** Whether a value lies beyond a side; null when a side cannot be told. */
function isBeyond(sides: Sides, value: number, salinity: number | null): boolean | null {
  const low = sides.below && limitAt(sides.below, salinity);
  const high = sides.above && limitAt(sides.above, salinity);
  if (low === null || high === null) return null;
  return (low !== undefined && value < low) || (high !== undefined && value > high);
}

/** Where a value lies in its bands. One equal to a limit takes the milder class. */
export function classifyWater(
  bands: Bands,
  value: number,
  salinity: number | null = null,
): Classification {
  if (!Number.isFinite(value)) return { level: null, isLethal: false, reason: 'no-value' };
  const [critical, warn, optimum] = [bands.critical, bands.warn, bands.optimum].map((sides) =>
    isBeyond(sides, value, salinity),
  );
  if (critical === null || warn === null || optimum === null) {
    return { level: null, isLethal: false, reason: 'salinity-unknown' };
  }
  // What warns is not at its optimum, also where the optimum has no edge of its own.
  const level = critical ? 'critical' : warn ? 'warn' : optimum ? 'acceptable' : 'optimum';
  const isLethal = bands.lethal !== undefined && isBeyond(bands.lethal, value, salinity) === true;
  return { level, isLethal, reason: null };
}

/** The bands of one metric for a species; undefined when nothing is known of it. */
export function bandsOf(species: ShrimpSpecies, metric: string): Bands | undefined {
  return WATER_LIMITS[species].find((bands) => bands.metric === metric);
}

/** Below this share of saturation ammonia is the more toxic: at 27 % twice (P. semisulcatus). */
export const AMMONIA_OXYGEN_PERCENT = 55;

/** The class of un-ionised ammonia in water short of oxygen: one worse, unless at its best. */
export function escalateAmmonia(level: WaterLevel, oxygenPercent: number): WaterLevel {
  if (!(oxygenPercent < AMMONIA_OXYGEN_PERCENT)) return level;
  if (level === 'acceptable') return 'warn';
  return level === 'warn' ? 'critical' : level;
}
