import { z } from 'zod';
import type { BalanceRow, IrrigationAdvice, Plot } from '../src/contracts/irrigation.ts';
import { idSchema, instantSchema, nameSchema } from './common.ts';
import { reasonSchema } from './reason.ts';

/** Longest stage of a perennial crop, days. */
const STAGE_DAYS_MAX = 400;
/** Volumetric, m3/m3: peat holds most. */
const SOIL_WATER_MAX = 1;
const ROOT_DEPTH_MAX = 5;
/** A thousand hectares. */
const AREA_MAX = 10_000_000;
const SPACING_MAX = 50;
const EMITTERS_MAX = 1_000;
/** L/h: a bubbler. */
const EMITTER_FLOW_MAX = 1_000;
/** dS/m: sea water has 50. */
const CONDUCTIVITY_MAX = 60;
/** m above the sea. */
const ALTITUDE_MIN = -500;
const ALTITUDE_MAX = 9_000;

const day = z.iso.date().describe('A local day, `2026-11-22`.');
const days = z.int().min(0).max(STAGE_DAYS_MAX);
const spacing = z.number().positive().max(SPACING_MAX).describe('m.');
const conductivity = z.number().min(0).max(CONDUCTIVITY_MAX).nullable().describe('dS/m.');

/** Everything of a plot that has to be said. */
const body = {
  crop: nameSchema.describe('A crop of FAO-56, as `CROP_WATER` names them.'),
  plantedOn: day,
  stageDays: z.strictObject({ initial: days, development: days, middle: days, late: days }),
  soil: z
    .strictObject({
      fieldCapacity: z.number().positive().max(SOIL_WATER_MAX),
      wiltingPoint: z.number().min(0).max(SOIL_WATER_MAX),
    })
    .describe('Volumetric, m3/m3.'),
  rootDepth: z.number().positive().max(ROOT_DEPTH_MAX).describe('m.'),
  areaM2: z.number().positive().max(AREA_MAX).describe('What is irrigated, m2.'),
  drip: z.strictObject({
    plantSpacing: spacing,
    rowSpacing: spacing,
    emittersPerPlant: z.number().positive().max(EMITTERS_MAX),
    emitterFlow: z.number().positive().max(EMITTER_FLOW_MAX).describe('Of one, L/h.'),
    efficiency: z.number().gt(0.5).max(1),
  }),
};

const sensorsSchema = z
  .strictObject({
    soilMoisture: idSchema.nullable(),
    rain: idSchema.nullable(),
    weather: idSchema.nullable(),
  })
  .describe('Devices that correct or measure.');

const placeSchema = z
  .strictObject({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    altitude: z.number().min(ALTITUDE_MIN).max(ALTITUDE_MAX),
  })
  .describe('WGS 84 and m; the site’s own location without it.');

export const plotInputSchema = z
  .strictObject({
    site: idSchema.exactOptional().describe('As in the path.'),
    ...body,
    waterConductivity: conductivity.exactOptional(),
    soilConductivityMax: conductivity.exactOptional(),
    sensors: sensorsSchema.partial().exactOptional(),
    place: placeSchema.nullable().exactOptional(),
  })
  .meta({ id: 'PlotInput' });

export const plotSchema = z
  .object({
    site: z.string(),
    coop: z.string(),
    ...body,
    waterConductivity: conductivity,
    soilConductivityMax: conductivity,
    sensors: sensorsSchema,
    place: placeSchema.nullable(),
  })
  .meta({ id: 'Plot' }) satisfies z.ZodType<Plot>;

export const balanceRowSchema = z
  .object({
    day: z.string(),
    et0: z.number().nullable().describe('mm, as all depths here.'),
    method: z.string().describe('How ET0 was made, a provider’s name, or `missing`.'),
    kc: z.number(),
    etc: z.number().nullable(),
    rain: z.number(),
    irrigation: z.number(),
    depletion: z.number().describe('Of the root zone at the day’s end.'),
    deviation: z.number().describe('Standard deviation of the depletion.'),
    taw: z.number().describe('Total available water.'),
    raw: z.number().describe('Readily available water.'),
    ks: z.number().describe('Water stress, 1 is none.'),
    corrected: z.number().nullable().describe('The probe moved the model by so much.'),
    isForecast: z.boolean(),
  })
  .meta({ id: 'BalanceRow' }) satisfies z.ZodType<BalanceRow>;

export const irrigationAdviceSchema = z
  .object({
    site: z.string(),
    at: instantSchema,
    decision: z.enum(['irrigate', 'wait', 'unknown']),
    netMm: z.number(),
    grossMm: z.number().describe('With losses and leaching.'),
    seconds: z.number().describe('Of the drip lines.'),
    litres: z.number(),
    reasons: z.array(reasonSchema).readonly(),
    rows: z.array(balanceRowSchema).readonly(),
  })
  .meta({ id: 'IrrigationAdvice' }) satisfies z.ZodType<IrrigationAdvice>;
