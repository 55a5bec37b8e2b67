import { z } from 'zod';
import {
  ACTUATOR_ROLES,
  type Actuator,
  type ActuatorState,
  type Band,
  type Interlock,
  type Witness,
} from '../src/contracts/actuator.ts';
import type { ActuatorView } from '../src/contracts/command.ts';
import { positionSchema, whySchema } from './command.ts';
import { idSchema, instantSchema, localizedSchema } from './common.ts';

/** Nine types of interlocks, a few of them for more than one sensor. */
const INTERLOCKS_MAX = 20;
/** Longest lease, s: seven days, as on the wire. */
const LEASE_SECONDS_MAX = 7 * 86_400;
const DAY_SECONDS = 86_400;
/** Filling the longest line takes two hours. */
const WITNESS_SECONDS_MAX = 7_200;
/** Beyond every value measured here. */
const NUMBER_MAX = 1_000_000_000;
/** L/min: a canal pump of 15 m3 a minute. */
const FLOW_MAX = 15_000;
/** Actuators that one supply may feed at once. */
const OPEN_MAX = 100;

export const roleSchema = z.enum(ACTUATOR_ROLES);

const metricSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/);
const limit = z.number().min(-NUMBER_MAX).max(NUMBER_MAX).nullable();

const bandSchema = z
  .strictObject({ min: limit, max: limit })
  .describe('In the metric’s unit; null: no limit on that side.') satisfies z.ZodType<Band>;

/** The independent sensor that shows whether a command had its effect. */
export const witnessSchema = z
  .strictObject({
    device: idSchema.nullable().describe('The device that measures it; null: the actuator’s own.'),
    metric: metricSchema,
    view: z.enum(['value', 'slope']).describe('`slope`: the change in an hour.'),
    on: z
      .union([bandSchema, z.literal('learned')])
      .describe('What it shows while the part is on; `learned`: from its good runs.'),
    off: bandSchema.describe('What it shows while the part is off.'),
    withinSeconds: z
      .int()
      .min(1)
      .max(WITNESS_SECONDS_MAX)
      .describe('From the change until it must show.'),
  })
  .meta({ id: 'Witness' }) satisfies z.ZodType<Witness>;

const sensor = { device: idSchema, metric: metricSchema };
const enabled = z.boolean().describe('Switching one off needs a confirmation.');

/** What is asked before each start; a stop always passes. */
export const interlockSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('minimum-off'),
      enabled,
      seconds: z.int().min(1).max(DAY_SECONDS),
    }),
    z.strictObject({
      type: z.literal('daily-seconds'),
      enabled,
      most: z.int().min(1).max(DAY_SECONDS),
    }),
    z.strictObject({
      type: z.literal('daily-litres'),
      enabled,
      most: z.number().positive().max(NUMBER_MAX),
    }),
    z.strictObject({
      type: z.literal('tank-level'),
      enabled,
      ...sensor,
      lowPercent: z.number().min(0).max(100),
    }),
    z.strictObject({
      type: z.literal('source-salinity'),
      enabled,
      ...sensor,
      most: z.number().positive().max(NUMBER_MAX),
    }),
    z.strictObject({
      type: z.literal('rain'),
      enabled,
      ...sensor,
      mostMm: z.number().positive().max(NUMBER_MAX),
    }),
    z.strictObject({
      type: z.literal('stale'),
      enabled,
      intervals: z.number().positive().max(NUMBER_MAX),
    }),
    z.strictObject({
      type: z.literal('most-open'),
      enabled,
      count: z.int().min(1).max(OPEN_MAX),
    }),
    z.strictObject({ type: z.literal('needs-open'), enabled }),
  ])
  .meta({ id: 'Interlock' }) satisfies z.ZodType<Interlock>;

const failSafeSchema = z
  .enum(['on', 'off'])
  .describe('Where it must be when nobody knows: valves and pumps off, aerators on.');

/** What people say of an actuator; what is left out is as its kind of device has it, or none. */
export const actuatorInputSchema = z
  .strictObject({
    device: idSchema.exactOptional().describe('As in the path.'),
    version: z.int().min(1).exactOptional().describe('The one that was read: see `If-Match`.'),
    role: roleSchema.exactOptional(),
    enabled: z.boolean().describe('Only with a fail-safe direction; a stop always passes.'),
    failSafe: failSafeSchema.nullable().exactOptional(),
    maxSeconds: z
      .int()
      .min(1)
      .max(LEASE_SECONDS_MAX)
      .exactOptional()
      .describe('Longest lease; raising it needs a confirmation.'),
    witness: witnessSchema.nullable().exactOptional(),
    supply: idSchema.nullable().exactOptional().describe('The actuator that feeds it.'),
    nominalFlow: z
      .number()
      .positive()
      .max(FLOW_MAX)
      .nullable()
      .exactOptional()
      .describe('Declared flow while on, L/min; null: learned.'),
    interlocks: z.array(interlockSchema).max(INTERLOCKS_MAX).exactOptional(),
  })
  .meta({ id: 'ActuatorInput' });

export const actuatorSchema = z
  .object({
    device: z.string(),
    coop: z.string(),
    site: z.string().nullable(),
    role: roleSchema,
    enabled: z.boolean(),
    failSafe: failSafeSchema.nullable(),
    maxSeconds: z.number(),
    witness: witnessSchema.nullable(),
    supply: z.string().nullable(),
    nominalFlow: z.number().nullable(),
    interlocks: z.array(interlockSchema).readonly(),
    version: z.number(),
  })
  .meta({ id: 'Actuator' }) satisfies z.ZodType<Actuator>;

const stateSchema = z
  .object({
    device: z.string(),
    sequence: z.number().describe('Of the newest command.'),
    position: positionSchema.describe('By the newest evidence.'),
    since: instantSchema.nullable(),
    lease: z
      .object({
        command: z.string(),
        from: instantSchema,
        until: instantSchema.describe('When the device has ended it by itself.'),
        grantedSeconds: z.number(),
        owner: z.string(),
      })
      .nullable(),
    lastOffAt: instantSchema.nullable(),
    use: z
      .object({ day: z.string(), seconds: z.number(), litres: z.number() })
      .describe('Since local midnight.'),
    goodRuns: z.array(z.number()).readonly().describe('Mean flow of good runs, L/min.'),
    verdicts: z.object({
      effective: z.number(),
      contradicted: z.number(),
      unproven: z.number(),
      failed: z.number(),
    }),
    fault: z
      .object({
        code: z.string(),
        at: instantSchema,
        command: z.string().nullable(),
        text: localizedSchema,
      })
      .nullable()
      .describe('Nothing starts until somebody has looked and cleared it.'),
  })
  .meta({ id: 'ActuatorState' }) satisfies z.ZodType<ActuatorState>;

/** An actuator with what is known of it. */
export const actuatorViewSchema = z
  .object({
    actuator: actuatorSchema,
    state: stateSchema,
    connected: z.boolean(),
    reliability: z.number().nullable().describe('Share of verdicts that were effective, 0 to 1.'),
    blocked: z
      .array(z.object({ code: z.string(), text: z.string() }))
      .readonly()
      .describe('Why a start would be refused now.'),
  })
  .meta({ id: 'ActuatorView' }) satisfies z.ZodType<ActuatorView>;

export const clearFaultSchema = z.strictObject({
  why: whySchema.describe('What was found and done.'),
});
