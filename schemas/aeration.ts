import { z } from 'zod';
import type { AerationDecision, AerationPlan } from '../src/contracts/aeration.ts';
import { idSchema, instantSchema } from './common.ts';
import { reasonSchema } from './reason.ts';

/** Aerators of one pond: an intensive one of a hectare has sixteen. */
const AERATORS_MAX = 50;
/** mg/L: fresh cold water holds less. */
const OXYGEN_MAX = 20;
/** kW of all aerators of a pond. */
const POWER_MAX = 1_000;

const oxygen = z.number().positive().max(OXYGEN_MAX);
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

const body = {
  mode: z.enum(['auto', 'propose', 'manual']),
  sensor: idSchema.describe('The device that measures dissolved oxygen.'),
  aerators: z.array(idSchema).min(1).max(AERATORS_MAX).readonly(),
  startBelow: oxygen.describe('Starts when oxygen, now or as projected for dawn, is below, mg/L.'),
  stopAbove: oxygen.describe('Ends once it was above for 30 minutes and dawn has passed.'),
  powerKw: z.number().min(0).max(POWER_MAX).describe('Of all aerators together.'),
  baseline: z
    .strictObject({ from: clockTime, to: clockTime })
    .nullable()
    .describe('Local times between which they ran before: savings count against it.'),
};

export const aerationPlanInputSchema = z
  .strictObject({
    site: idSchema.exactOptional().describe('As in the path.'),
    ...body,
    baseline: body.baseline.default(null),
  })
  .meta({ id: 'AerationPlanInput' });

export const aerationPlanSchema = z
  .object({ site: z.string(), coop: z.string(), ...body })
  .meta({ id: 'AerationPlan' }) satisfies z.ZodType<AerationPlan>;

export const aerationDecisionSchema = z
  .object({
    site: z.string(),
    at: instantSchema,
    decision: z
      .enum(['start', 'stop', 'keep', 'none'])
      .describe('`keep`: nobody knows, so what runs goes on.'),
    oxygen: z.number().nullable(),
    projected: z.number().nullable().describe('For dawn, mg/L.'),
    reasons: z.array(reasonSchema).readonly(),
    energy: z
      .object({
        day: z.string(),
        spent: z.number(),
        baseline: z.number().nullable(),
        saved: z.number().nullable().describe('Negative when more was spent.'),
      })
      .describe('kWh since local midnight.'),
  })
  .meta({ id: 'AerationDecision' }) satisfies z.ZodType<AerationDecision>;
