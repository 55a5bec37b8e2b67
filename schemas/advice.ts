import { z } from 'zod';
import { adviceSchema } from './rule.ts';

/** A step is read on a phone, at night, in the rain. */
const STEP_LENGTH_MAX = 300;
const STEPS_MAX = 3;

const steps = z.array(z.string().trim().min(1).max(STEP_LENGTH_MAX)).min(1).max(STEPS_MAX);

/** What a cooperative says instead of a rule's own advice: up to three steps in each language. */
export const adviceInputSchema = z.strictObject({ vi: steps, en: steps, fr: steps });

export const coopAdviceSchema = z
  .object({
    coop: z.string(),
    rule: z.string(),
    advice: adviceSchema,
    own: z.boolean().describe("The cooperative's own; else that of the rule."),
  })
  .meta({ id: 'CoopAdvice' });
