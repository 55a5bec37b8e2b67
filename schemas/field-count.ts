import { z } from 'zod';
import { idSchema, instantSchema } from './common.ts';

/** Longest note to a count: what the field looked like, in a few sentences. */
const NOTE_LENGTH_MAX = 1_000;
/** More of anything nobody counts by hand. */
const COUNT_MAX = 1e7;
/** What one report of a device may hold. */
const VALUES_MAX = 64;

const noteSchema = z.string().trim().min(1).max(NOTE_LENGTH_MAX).nullable().exactOptional();

const counted = z
  .number()
  .max(COUNT_MAX)
  .refine((count) => count >= 0, { params: { code: 'COUNT_NEGATIVE' } })
  .exactOptional();

const size = z
  .number()
  .max(COUNT_MAX)
  .refine((size) => size > 0, { params: { code: 'SAMPLE_EMPTY' } })
  .exactOptional();

/** What a person counted of one pest in one field, and in how much of it. */
export const fieldCountInputSchema = z.strictObject({
  site: idSchema,
  observedAt: instantSchema.exactOptional().describe('Without it: now.'),
  pest: z.string().min(1).max(16).describe('EPPO code such as `NILALU`.'),
  measure: z.string().min(1).max(40).describe('What was counted, such as `insects-per-m2`.'),
  count: counted.describe('Insects, larvae, egg masses, damaged leaves …, over all samples.'),
  percent: counted.describe('Of the leaves, plants or berries that were looked at.'),
  hills: size,
  hillsPerM2: size.describe('Rice hills a square metre of this field.'),
  area: size.describe('m², of all frames together.'),
  tillers: size,
  plants: size,
  traps: size,
  days: size.describe('Mean days the traps were out.'),
  samples: size.describe('Leaves, frames or points looked at.'),
  note: noteSchema,
});

/** A count as it was kept. */
export const fieldCountSchema = z
  .object({
    site: z.string(),
    device: z.string().describe("The site's survey, under which `GET /series` has the counts."),
    observedAt: instantSchema,
    pest: z.string(),
    measure: z.string(),
    metric: z.string(),
    value: z.number(),
    unit: z.string(),
    samples: z.number().describe('What it was taken from: hills, plants, leaves, frames or traps.'),
    cropDay: z
      .int()
      .nullable()
      .describe('Days after sowing; null: rules of a crop stage stay silent.'),
    who: z.string(),
    note: z.string().nullable(),
  })
  .meta({ id: 'FieldCount' });

/** What a person measured by hand in place of a device. */
export const handReportInputSchema = z.strictObject({
  observedAt: instantSchema.exactOptional().describe('Without it: now.'),
  values: z
    .record(z.string().min(1).max(63), z.number())
    .refine((values) => Object.keys(values).length > 0, { params: { code: 'VALUES_MISSING' } })
    .refine((values) => Object.keys(values).length <= VALUES_MAX, {
      params: { code: 'VALUES_TOO_MANY' },
    })
    .describe("By metric, in the metric's unit and range."),
  note: noteSchema,
});

export const handReportSchema = z
  .object({
    device: z.string(),
    observedAt: instantSchema,
    values: z.record(z.string(), z.number()),
    who: z.string(),
    note: z.string().nullable(),
  })
  .meta({ id: 'HandReport' });
