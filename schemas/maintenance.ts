import { z } from 'zod';
import type { Maintenance } from '../src/contracts/alert.ts';
import { idSchema, instantSchema } from './common.ts';

/** Longest reason: what is done there, in a few sentences. */
const REASON_LENGTH_MAX = 1_000;

/** A time at which people work on a place: its alerts are kept and call nobody. */
export const maintenanceSchema = z
  .object({
    id: z.string(),
    coop: z.string(),
    site: z.string().nullable().describe('Null: every site of the cooperative.'),
    from: instantSchema,
    until: instantSchema,
    reason: z.string(),
    who: z.string().describe('The person or token.'),
  })
  .meta({ id: 'Maintenance' }) satisfies z.ZodType<Maintenance>;

export const maintenanceInputSchema = z.strictObject({
  coop: idSchema,
  site: idSchema.nullable().exactOptional(),
  from: instantSchema.exactOptional().describe('Now, when it is left out.'),
  until: instantSchema.describe('At most 30 days after `from`.'),
  reason: z.string().trim().min(1).max(REASON_LENGTH_MAX),
});
