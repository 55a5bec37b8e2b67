import { z } from 'zod';
import type { Spray, SprayBaseline, SprayLedgerLine } from '../src/contracts/survey.ts';
import { idSchema, instantSchema, NAME_LENGTH_MAX } from './common.ts';

/** Longest note to a spray. */
const NOTE_LENGTH_MAX = 1_000;
/** Longest id of an alert. */
const ALERT_ID_LENGTH_MAX = 200;
/** VND a hectare: thirty times what the dearest product costs. */
const COST_MAX = 1e9;
/** kg/ha of active ingredient: the heaviest, copper and sulphur, stay below 10. */
const ACTIVE_MAX = 100;
/** A season with a spray each day is a year. */
const SPRAYS_MAX = 366;
const FIELDS_MAX = 1e6;

const cost = z.number().min(0).max(COST_MAX);
const active = z.number().min(0).max(ACTIVE_MAX).nullable();
const text = z.string().trim().min(1);
const note = text.max(NOTE_LENGTH_MAX).nullable();

export const sprayInputSchema = z.strictObject({
  id: idSchema.exactOptional().describe('Sent again under its own id a spray counts once.'),
  site: idSchema,
  at: instantSchema.describe('When it was done.'),
  product: text.max(NAME_LENGTH_MAX),
  activeKgHa: active.exactOptional().describe('Active ingredient, kg/ha.'),
  costPerHa: cost.nullable().exactOptional().describe('Whole cost, VND/ha.'),
  alert: z
    .string()
    .min(1)
    .max(ALERT_ID_LENGTH_MAX)
    .nullable()
    .exactOptional()
    .describe('The alert that advised it.'),
  note: note.exactOptional(),
});

export const spraySchema = z
  .object({
    id: z.string(),
    coop: z.string(),
    site: z.string(),
    at: instantSchema,
    product: z.string(),
    activeKgHa: z.number().nullable(),
    costPerHa: z.number().nullable(),
    alert: z.string().nullable(),
    note: z.string().nullable(),
    who: z.string(),
    recordedAt: instantSchema,
  })
  .meta({ id: 'Spray' }) satisfies z.ZodType<Spray>;

const day = z.iso.date();

export const baselineInputSchema = z
  .strictObject({
    site: idSchema,
    from: day.describe('First local day of the season, such as `2026-11-01`.'),
    to: day.describe('Last local day, it belongs.'),
    sprays: z.int().min(0).max(SPRAYS_MAX).describe('Usual number of sprays in such a season.'),
    costPerHa: cost.describe('VND a hectare and spray.'),
    activeKgHa: active.exactOptional().describe('Active ingredient, kg a hectare and spray.'),
    source: text
      .max(NAME_LENGTH_MAX)
      .describe('Own last season, a paired neighbour, the district mean; never what we advised.'),
    fields: z.int().min(1).max(FIELDS_MAX).describe('Fields it was taken from.'),
  })
  .refine(({ from, to }) => from <= to, { path: ['to'], params: { code: 'SEASON_EMPTY' } });

export const baselineSchema = z
  .object({
    site: z.string(),
    coop: z.string(),
    from: z.string(),
    to: z.string(),
    sprays: z.number(),
    costPerHa: z.number(),
    activeKgHa: z.number().nullable(),
    source: z.string(),
    fields: z.number(),
    who: z.string(),
    recordedAt: instantSchema,
  })
  .meta({ id: 'SprayBaseline' }) satisfies z.ZodType<SprayBaseline>;

export const ledgerLineSchema = z
  .object({
    site: z.string(),
    from: z.string(),
    to: z.string(),
    advised: z.int().describe('Alerts raised in the season that advised to treat.'),
    done: z.int(),
    baseline: baselineSchema.nullable().describe('Null: none was declared for these days.'),
    avoided: z.number().nullable().describe('Baseline minus done; negative when more was sprayed.'),
    savedPerHa: z.number().nullable().describe('VND/ha, negative as it is.'),
    savedPercent: z.number().nullable().describe('Of the baseline; null on one of no sprays.'),
    activeKgHa: z.number().nullable().describe('Sprayed; null when a spray does not say.'),
    savedActiveKgHa: z.number().nullable(),
  })
  .meta({ id: 'SprayLedgerLine' }) satisfies z.ZodType<SprayLedgerLine>;
