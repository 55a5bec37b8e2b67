import { z } from 'zod';
import type { Reason } from '../src/contracts/irrigation.ts';

/** One step of a reasoning: the page says it in the reader's language. */
export const reasonSchema = z
  .object({
    code: z.string(),
    values: z.record(z.string(), z.union([z.number(), z.string(), z.null()])).readonly(),
  })
  .meta({ id: 'Reason' }) satisfies z.ZodType<Reason>;
