import { z } from 'zod';
import type { Site } from '../src/contracts/state.ts';
import { idSchema, nameSchema } from './common.ts';
import { geometrySchema, storedGeometrySchema } from './geometry.ts';

/** Larger than any farm: 100,000 ha is a district. */
const AREA_HA_MAX = 100_000;

export const siteKindSchema = z.enum(['pond', 'field', 'zone']);

const changeable = {
  location: geometrySchema.nullable().optional(),
  areaHa: z.number().positive().max(AREA_HA_MAX).nullable().optional().describe('Hectares.'),
  crop: nameSchema.nullable().optional(),
  species: nameSchema.nullable().optional(),
  startedOn: z.iso
    .date()
    .nullable()
    .optional()
    .describe('Local day of stocking or sowing; crop days count from it.'),
};

/** What is sent to create a pond, a field or an irrigation zone. */
export const siteInputSchema = z.strictObject({
  id: idSchema,
  coop: idSchema,
  kind: siteKindSchema,
  name: nameSchema,
  ...changeable,
});

export const siteChangeSchema = z.strictObject({
  kind: siteKindSchema.optional(),
  name: nameSchema.optional(),
  ...changeable,
});

export const siteSchema = z
  .object({
    id: z.string(),
    coop: z.string(),
    kind: siteKindSchema,
    name: z.string(),
    location: storedGeometrySchema.nullable(),
    areaHa: z.number().nullable(),
    crop: z.string().nullable(),
    species: z.string().nullable(),
    startedOn: z.string().nullable(),
  })
  .meta({ id: 'Site' }) satisfies z.ZodType<Site>;
