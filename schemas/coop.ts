import { z } from 'zod';
import { idSchema, nameSchema } from './common.ts';

/** What is sent to create a cooperative. */
export const coopInputSchema = z.strictObject({ id: idSchema, name: nameSchema });

export const coopChangeSchema = z.strictObject({ name: nameSchema.optional() });

export const coopSchema = z.object({ id: z.string(), name: z.string() }).meta({ id: 'Coop' });
