import { dayNumber } from '../base/local-clock.ts';
import { nearest } from '../base/suggest.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Plot } from '../contracts/irrigation.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Site } from '../contracts/state.ts';
import { CROP_WATER, cropWaterOf } from '../water/crop-tables.ts';
import { leachingForDrip } from '../water/leaching.ts';
import type { Range } from '../water/valid-range.ts';
import { type DeclaredFault, declaredFault } from './declared-faults.ts';
import { type ReadMetric, readMetric } from './measurements.ts';
import { placeOf } from './place.ts';
import { PLOT_WORDS as WORDS } from './plot-words.ts';

export interface PlotWorld {
  site: Site | undefined;
  registry: Pick<Registry, 'find'>;
  kinds: KindRegistry;
}

/** Two years of sugarcane have 720 days, orchards 365 a season. */
const SEASON_DAYS_MAX = 1000;

/** Limits of the formulas; a value outside of them is a slip of a finger. */
const NUMBERS: ReadonlyArray<readonly [field: string, of: (plot: Plot) => number, range: Range]> = [
  ['soil.fieldCapacity', ({ soil }) => soil.fieldCapacity, [0.02, 0.7]],
  ['soil.wiltingPoint', ({ soil }) => soil.wiltingPoint, [0.005, 0.5]],
  ['rootDepth', ({ rootDepth }) => rootDepth, [0.05, 3]],
  ['areaM2', ({ areaM2 }) => areaM2, [1, 1e7]],
  ['drip.plantSpacing', ({ drip }) => drip.plantSpacing, [0.02, 20]],
  ['drip.rowSpacing', ({ drip }) => drip.rowSpacing, [0.1, 20]],
  ['drip.emittersPerPlant', ({ drip }) => drip.emittersPerPlant, [0.05, 100]],
  ['drip.emitterFlow', ({ drip }) => drip.emitterFlow, [0.1, 200]],
  ['drip.efficiency', ({ drip }) => drip.efficiency, [0.51, 1]],
  ['waterConductivity', ({ waterConductivity }) => waterConductivity ?? 0, [0, 60]],
  ['soilConductivityMax', ({ soilConductivityMax }) => soilConductivityMax ?? 1, [0.1, 60]],
];

/** What each sensor must measure. */
const SENSORS: ReadonlyArray<readonly [keyof Plot['sensors'], ReadMetric]> = [
  ['soilMoisture', 'soil_moisture'],
  ['rain', 'rain'],
  ['weather', 'air_temperature'],
];

/** Everything that is wrong with a plot; empty when it can be kept. */
export function plotFaults(plot: Plot, world: PlotWorld): DeclaredFault[] {
  return [...siteFaults(plot, world.site), ...valueFaults(plot), ...sensorFaults(plot, world)];
}

/** What no formula can take, wherever the zone lies and whatever is measured there. */
export function valueFaults(plot: Plot): DeclaredFault[] {
  return [...cropFaults(plot), ...numberFaults(plot), ...saltFaults(plot)];
}

function siteFaults(plot: Plot, site: Site | undefined): DeclaredFault[] {
  const { site: id, coop } = plot;
  if (site === undefined || site.coop !== coop) {
    return [declaredFault('site', WORDS.noSite, { coop, site: id })];
  }
  if (site.kind === 'pond') return [declaredFault('site', WORDS.pond, { site: id })];
  const place = placeOf(plot, site);
  if (place === null) return [declaredFault('place', WORDS.nowhere)];
  const { latitude, longitude, altitude } = place;
  const wrong =
    firstOutside('place.latitude', latitude, [-66, 66]) ??
    firstOutside('place.longitude', longitude, [-180, 180]) ??
    firstOutside('place.altitude', altitude ?? 0, [-430, 6000]);
  return wrong === null ? [] : [wrong];
}

function cropFaults({ crop, plantedOn, stageDays }: Plot): DeclaredFault[] {
  const faults: DeclaredFault[] = [];
  const { reason } = cropWaterOf(crop);
  if (reason !== null) {
    const names = CROP_WATER.map((row) => row.crop);
    const { why } = reason === 'needs-local-values' ? WORDS.cropNotTabled : WORDS.cropUnknown;
    const like = nearest(crop, names);
    const { fix } = like === undefined ? WORDS.cropNames : WORDS.cropLike;
    const gaps = { crop, like: like ?? '', names: names.join(', ') };
    faults.push(declaredFault('crop', { why, fix }, gaps));
  }
  if (Number.isNaN(dayNumber(plantedOn))) {
    faults.push(declaredFault('plantedOn', WORDS.noDay, { day: plantedOn }));
  }
  const stages = Object.entries(stageDays);
  for (const [stage, days] of stages) {
    if (Number.isInteger(days) && days >= 0) continue;
    faults.push(declaredFault(`stageDays.${stage}`, WORDS.noDays, { days }));
  }
  const season = stages.reduce((sum, [, days]) => sum + days, 0);
  if (season < 1 || season > SEASON_DAYS_MAX) {
    faults.push(declaredFault('stageDays', WORDS.season, { season, most: SEASON_DAYS_MAX }));
  }
  return faults;
}

function firstOutside(field: string, value: number, range: Range): DeclaredFault | null {
  const [lowest, highest] = range;
  if (value >= lowest && value <= highest) return null;
  return declaredFault(field, WORDS.outside, { value, lowest, highest });
}

function numberFaults(plot: Plot): DeclaredFault[] {
  const faults = NUMBERS.flatMap(([field, of, range]) => {
    const fault = firstOutside(field, of(plot), range);
    return fault === null ? [] : [fault];
  });
  const { fieldCapacity, wiltingPoint } = plot.soil;
  if (fieldCapacity <= wiltingPoint) {
    const gaps = { capacity: fieldCapacity, wilting: wiltingPoint };
    faults.push(declaredFault('soil.fieldCapacity', WORDS.soil, gaps));
  }
  return faults;
}

/** Beyond half of the water for leaching alone another water is needed (the formula's own end). */
const LEACHING_MAX = 0.5;

function saltFaults({ waterConductivity, soilConductivityMax }: Plot): DeclaredFault[] {
  if (waterConductivity === null && soilConductivityMax === null) return [];
  if (waterConductivity === null || soilConductivityMax === null) {
    const field = waterConductivity === null ? 'waterConductivity' : 'soilConductivityMax';
    return [declaredFault(field, WORDS.saltHalf)];
  }
  if (!(waterConductivity >= 0 && waterConductivity <= 60)) return [];
  if (!(soilConductivityMax >= 0.1 && soilConductivityMax <= 60)) return [];
  const { fraction } = leachingForDrip(waterConductivity, soilConductivityMax);
  if (fraction !== null && fraction <= LEACHING_MAX) return [];
  const gaps = { water: waterConductivity, soil: soilConductivityMax };
  return [declaredFault('waterConductivity', WORDS.tooSalty, gaps)];
}

function sensorFaults({ sensors, coop }: Plot, { registry, kinds }: PlotWorld): DeclaredFault[] {
  return SENSORS.flatMap(([name, metric]) => {
    const id = sensors[name];
    if (id === null) return [];
    const field = `sensors.${name}`;
    const device = registry.find(id);
    if (device === undefined || device.coop !== coop) {
      return [declaredFault(field, WORDS.noDevice, { device: id })];
    }
    if (readMetric(kinds.get(device.kind), metric) !== undefined) return [];
    return [declaredFault(field, WORDS.noMetric, { kind: device.kind, metric })];
  });
}
