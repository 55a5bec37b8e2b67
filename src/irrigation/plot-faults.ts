import { dayNumber } from '../base/local-clock.ts';
import { nearest } from '../base/suggest.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Plot } from '../contracts/irrigation.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Site } from '../contracts/state.ts';
import { CROP_WATER, cropWaterOf } from '../water/crop-tables.ts';
import { leachingForDrip } from '../water/leaching.ts';
import type { Range } from '../water/valid-range.ts';
import { type ReadMetric, readMetric } from './measurements.ts';
import { placeOf } from './place.ts';

/** Why a plot cannot be watered by its balance, and what to do about it. */
export interface PlotFault {
  field: string;
  why: string;
  fix: string;
}

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
export function plotFaults(plot: Plot, world: PlotWorld): PlotFault[] {
  return [
    ...siteFaults(plot, world.site),
    ...cropFaults(plot),
    ...numberFaults(plot),
    ...saltFaults(plot),
    ...sensorFaults(plot, world),
  ];
}

function siteFaults(plot: Plot, site: Site | undefined): PlotFault[] {
  if (site === undefined || site.coop !== plot.coop) {
    const why = `the cooperative ${plot.coop} has no site ${plot.site}`;
    return [{ field: 'site', why, fix: 'Make the site first.' }];
  }
  if (site.kind === 'pond') {
    const why = `${plot.site} is a pond`;
    return [{ field: 'site', why, fix: 'Use a site of kind zone, or field.' }];
  }
  const place = placeOf(plot, site);
  if (place === null) {
    const why = 'neither the plot nor its site says where it is';
    return [{ field: 'place', why, fix: 'Give latitude, longitude and altitude.' }];
  }
  const { latitude, longitude, altitude } = place;
  const wrong =
    firstOutside('place.latitude', latitude, [-66, 66]) ??
    firstOutside('place.longitude', longitude, [-180, 180]) ??
    firstOutside('place.altitude', altitude ?? 0, [-430, 6000]);
  return wrong === null ? [] : [wrong];
}

function cropFaults({ crop, plantedOn, stageDays }: Plot): PlotFault[] {
  const faults: PlotFault[] = [];
  const { reason } = cropWaterOf(crop);
  if (reason !== null) {
    const names = CROP_WATER.map((row) => row.crop);
    const like = nearest(crop, names);
    const isLocal = reason === 'needs-local-values';
    faults.push({
      field: 'crop',
      why: isLocal ? `FAO-56 has no coefficients for ${crop}` : `nobody knows the crop ${crop}`,
      fix: like === undefined ? `Use one of ${names.join(', ')}.` : `Did you mean ${like}?`,
    });
  }
  if (Number.isNaN(dayNumber(plantedOn))) {
    const why = `${plantedOn} is no day`;
    faults.push({ field: 'plantedOn', why, fix: 'Write it as 2026-11-22.' });
  }
  const stages = Object.entries(stageDays);
  for (const [stage, days] of stages) {
    if (Number.isInteger(days) && days >= 0) continue;
    const why = `${days} is no number of days`;
    faults.push({ field: `stageDays.${stage}`, why, fix: 'Use whole days, 0 or more.' });
  }
  const season = stages.reduce((sum, [, days]) => sum + days, 0);
  if (season < 1 || season > SEASON_DAYS_MAX) {
    faults.push({
      field: 'stageDays',
      why: `a season of ${season} days`,
      fix: `The four stages together last 1 to ${SEASON_DAYS_MAX} days.`,
    });
  }
  return faults;
}

function firstOutside(field: string, value: number, range: Range): PlotFault | null {
  const [lowest, highest] = range;
  if (value >= lowest && value <= highest) return null;
  return { field, why: `${value} cannot be`, fix: `Use ${lowest} to ${highest}.` };
}

function numberFaults(plot: Plot): PlotFault[] {
  const faults = NUMBERS.flatMap(([field, of, range]) => {
    const fault = firstOutside(field, of(plot), range);
    return fault === null ? [] : [fault];
  });
  const { fieldCapacity, wiltingPoint } = plot.soil;
  if (fieldCapacity <= wiltingPoint) {
    faults.push({
      field: 'soil.fieldCapacity',
      why: `field capacity ${fieldCapacity} does not lie above wilting at ${wiltingPoint}`,
      fix: 'A clay loam has about 0.36 and 0.21 m³/m³, a sand 0.12 and 0.045.',
    });
  }
  return faults;
}

/** Beyond half of the water for leaching alone another water is needed (the formula's own end). */
const LEACHING_MAX = 0.5;

function saltFaults({ waterConductivity, soilConductivityMax }: Plot): PlotFault[] {
  if (waterConductivity === null && soilConductivityMax === null) return [];
  if (waterConductivity === null || soilConductivityMax === null) {
    const field = waterConductivity === null ? 'waterConductivity' : 'soilConductivityMax';
    const why = 'leaching needs both conductivities';
    return [{ field, why, fix: 'Give both in dS/m, or neither.' }];
  }
  if (!(waterConductivity >= 0 && waterConductivity <= 60)) return [];
  if (!(soilConductivityMax >= 0.1 && soilConductivityMax <= 60)) return [];
  const { fraction } = leachingForDrip(waterConductivity, soilConductivityMax);
  if (fraction !== null && fraction <= LEACHING_MAX) return [];
  return [
    {
      field: 'waterConductivity',
      why: `water of ${waterConductivity} dS/m is too salty for a crop that ends at ${soilConductivityMax}`,
      fix: 'Use other water: more than half of this would be needed to wash its own salt down.',
    },
  ];
}

function sensorFaults({ sensors, coop }: Plot, { registry, kinds }: PlotWorld): PlotFault[] {
  return SENSORS.flatMap(([name, metric]) => {
    const id = sensors[name];
    if (id === null) return [];
    const field = `sensors.${name}`;
    const device = registry.find(id);
    if (device === undefined || device.coop !== coop) {
      const why = `the cooperative has no device ${id}`;
      return [{ field, why, fix: 'Register the device first, or leave it out.' }];
    }
    if (readMetric(kinds.get(device.kind), metric) !== undefined) return [];
    const why = `a ${device.kind} does not measure ${metric}`;
    return [{ field, why, fix: `Name a device whose kind measures ${metric}.` }];
  });
}
