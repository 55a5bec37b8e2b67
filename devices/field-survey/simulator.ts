import type { DeviceSimulator } from '../../src/contracts/simulator.ts';
import { FIELD_MEASURES, HILLS_METRIC, samplesMetric } from '../../src/pests/field-measures.ts';

const WEEK_MS = 7 * 86_400_000;
const HILLS_PER_M2 = 25;
/** Ten hills at five points; leaves, plants and frames alike. */
const SAMPLES = 50;
/** Insects on a hill for each one the trap took in the night: a quiet field. */
const PER_CAUGHT = 0.02;
/** What else is found, as a share of its largest usual value. */
const USUAL: Readonly<Record<string, number>> = {
  '%': 6,
  '{count}/{plant}': 0.3,
  '{count}/{trap}': 40,
};

/** A surveyor who walks the field once a week and counts what the season brings. */
export const simulator: DeviceSimulator = {
  idPrefix: 'tham',
  values({ world, seed, time, intervalSeconds }) {
    const week = (at: number): number => Math.floor(at / WEEK_MS);
    if (week(time) === week(time - intervalSeconds * 1000)) return null;
    const { catches } = world.field(seed, time);
    const values: Record<string, number> = { [HILLS_METRIC]: HILLS_PER_M2 };
    for (const [place, { pest, measure, metric }] of FIELD_MEASURES.entries()) {
      const luck = world.chance(seed, time, 300 + place);
      const perHill = (catches[pest] ?? 1) * PER_CAUGHT * 2 * luck;
      values[metric] = found(measure, perHill, luck);
      values[samplesMetric(metric)] = SAMPLES;
    }
    return values;
  },
};

/** What a number on a hill comes to in a measure. */
function found(measure: string, perHill: number, luck: number): number {
  if (measure === 'insects-per-m2') return perHill * HILLS_PER_M2;
  if (measure.endsWith('-percent')) return (USUAL['%'] ?? 0) * luck;
  if (measure === 'larvae-per-plant') return (USUAL['{count}/{plant}'] ?? 0) * luck;
  if (measure === 'catch-per-trap') return Math.round((USUAL['{count}/{trap}'] ?? 0) * luck);
  return perHill;
}
