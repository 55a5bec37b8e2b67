import { z } from 'zod';
import type { EmergencyStop } from '../src/contracts/command.ts';
import { whySchema } from './command.ts';
import { instantSchema } from './common.ts';

/** What a stop is for: `coop:<id>`, `site:<id>` or `device:<id>`. */
export const scopeSchema: z.ZodString = z
  .string()
  .regex(/^(coop|site|device):[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/)
  .describe('`coop:<id>`, `site:<id>` or `device:<id>`.');

export const emergencyStopInputSchema = z
  .strictObject({ scope: scopeSchema, why: whySchema.nullable().exactOptional() })
  .meta({ id: 'EmergencyStopInput' });

export const emergencyStopSchema = z
  .object({
    scope: z.string(),
    coop: z.string(),
    at: instantSchema,
    by: z.string(),
    why: z.string().nullable(),
  })
  .meta({ id: 'EmergencyStop' }) satisfies z.ZodType<EmergencyStop>;
