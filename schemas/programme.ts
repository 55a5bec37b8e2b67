import { z } from 'zod';
import type {
  Programme,
  ProgrammeConditions,
  ProgrammeDose,
  ProgrammeRun,
  ProgrammeStart,
} from '../src/contracts/irrigation.ts';
import { idSchema, instantSchema, nameSchema } from './common.ts';
import { reasonSchema } from './reason.ts';

/** Valves of one programme: a large field has forty. */
const ZONES_MAX = 100;
/** Starts of a day: every half hour. */
const TIMES_MAX = 48;
const WEEKDAYS = 7;
const DAY_MINUTES = 1_440;
const DAY_SECONDS = 86_400;
const CRON_LENGTH_MAX = 100;
/** A thousand cubic metres. */
const LITRES_MAX = 1_000_000;
/** Deeper than any soil of the delta takes at once. */
const MILLIMETRES_MAX = 200;

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
  .describe('Local `HH:MM`.');
const days = z
  .array(
    z
      .int()
      .min(0)
      .max(WEEKDAYS - 1),
  )
  .min(1)
  .max(WEEKDAYS)
  .readonly()
  .describe('Weekdays, 0 is Sunday; all without it.');
const minutes = z.number().positive().max(DAY_MINUTES);

export const programmeStartSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('times'),
      at: z.array(clockTime).min(1).max(TIMES_MAX).readonly(),
      days: days.exactOptional(),
    }),
    z.strictObject({
      type: z.literal('window'),
      from: clockTime,
      to: clockTime.describe('Once within it, as late as still ends within.'),
      days: days.exactOptional(),
    }),
    z.strictObject({
      type: z.literal('cron'),
      expression: z.string().min(1).max(CRON_LENGTH_MAX).describe('Five or six fields.'),
    }),
  ])
  .meta({ id: 'ProgrammeStart' }) satisfies z.ZodType<ProgrammeStart>;

export const programmeDoseSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('minutes'), minutes }),
    z.strictObject({ type: z.literal('litres'), litres: z.number().positive().max(LITRES_MAX) }),
    z.strictObject({
      type: z.literal('millimetres'),
      millimetres: z.number().positive().max(MILLIMETRES_MAX),
    }),
    z
      .strictObject({ type: z.literal('need'), mostMinutes: minutes })
      .describe('What the water balance of the zone asks for.'),
  ])
  .meta({ id: 'ProgrammeDose' }) satisfies z.ZodType<ProgrammeDose>;

export const programmeConditionsSchema = z
  .strictObject({
    skipAfterRain: z
      .number()
      .min(0)
      .max(MILLIMETRES_MAX)
      .exactOptional()
      .describe('Measured rain of the last 24 h, mm.'),
    skipBeforeRain: z
      .number()
      .min(0)
      .max(MILLIMETRES_MAX)
      .exactOptional()
      .describe('Forecast rain of the next 24 h, mm, when it is likely.'),
    skipAboveMoisture: z
      .number()
      .min(0)
      .max(100)
      .exactOptional()
      .describe('Soil moisture of the zone, %.'),
    scaleByEt0: z
      .strictObject({
        reference: z.number().positive().max(20).describe('mm a day.'),
        least: z.number().min(0).max(10),
        most: z.number().positive().max(10),
      })
      .exactOptional()
      .describe('The dose times ET0 of the day over the reference, between the two shares.'),
  })
  .meta({ id: 'ProgrammeConditions' }) satisfies z.ZodType<ProgrammeConditions>;

const zone = { dose: programmeDoseSchema.exactOptional().describe('Instead of the programme’s.') };

/** All of a programme but its id, version and cooperative. */
const body = {
  name: nameSchema,
  enabled: z.boolean(),
  mode: z
    .enum(['auto', 'propose', 'manual'])
    .describe('`propose`: each run waits for a person; `manual`: only when told.'),
  order: z.enum(['sequence', 'parallel']),
  start: programmeStartSchema,
  dose: programmeDoseSchema,
  cycle: z
    .strictObject({ runMinutes: minutes, soakMinutes: minutes })
    .nullable()
    .describe('Runs are cut into such pieces with pauses to soak.'),
  conditions: programmeConditionsSchema,
  missed: z
    .discriminatedUnion('policy', [
      z.strictObject({ policy: z.literal('skip') }),
      z.strictObject({ policy: z.literal('once'), withinMinutes: minutes }),
    ])
    .describe('What becomes of a start that was missed while nothing ran.'),
  budget: z
    .strictObject({
      litres: z.number().positive().max(LITRES_MAX).nullable(),
      seconds: z
        .int()
        .min(1)
        .max(DAY_SECONDS * ZONES_MAX)
        .nullable(),
    })
    .describe('A day, of all zones; a programme that cannot keep it is refused.'),
};

/** A programme as people write it; the version is given to be told of somebody else’s change. */
export const programmeInputSchema = z
  .strictObject({
    id: idSchema,
    version: z.int().min(1).exactOptional(),
    coop: idSchema,
    zones: z
      .array(z.strictObject({ device: idSchema, ...zone }))
      .min(1)
      .max(ZONES_MAX)
      .readonly()
      .describe('Valves, in their order.'),
    ...body,
    cycle: body.cycle.default(null),
    conditions: programmeConditionsSchema.default({}),
    missed: body.missed.default({ policy: 'skip' }),
    budget: body.budget.default({ litres: null, seconds: null }),
  })
  .meta({ id: 'ProgrammeInput', description: 'A programme, as JSON or YAML.' }) satisfies z.ZodType<
  Omit<Programme, 'version'> & { version?: number }
>;

export const programmeChangeSchema = programmeInputSchema
  .extend({ id: idSchema.exactOptional().describe('As in the path.') })
  .meta({ id: 'ProgrammeChange', description: 'A programme, as JSON or YAML.' });

export const programmeSchema = z
  .object({
    id: z.string(),
    version: z.number(),
    coop: z.string(),
    zones: z.array(z.object({ device: z.string(), ...zone })).readonly(),
    ...body,
  })
  .meta({ id: 'Programme' }) satisfies z.ZodType<Programme>;

export const programmeRunSchema = z
  .object({
    programme: z.string(),
    version: z.number(),
    at: instantSchema.describe('The start it belongs to: with the programme its name.'),
    decision: z.enum(['run', 'skip', 'propose', 'missed']),
    reasons: z.array(reasonSchema).readonly(),
    pieces: z
      .array(
        z.object({
          device: z.string(),
          from: instantSchema,
          seconds: z.number(),
          litres: z.number().nullable(),
          command: z.string().nullable().describe('The command that was ordered for it.'),
        }),
      )
      .readonly(),
    state: z.enum(['planned', 'proposed', 'waiting', 'running', 'done', 'stopped']),
    note: z.string().nullable(),
    supplies: z
      .array(z.object({ device: z.string(), from: instantSchema, seconds: z.number() }))
      .readonly()
      .exactOptional()
      .describe('Of a preview: what feeds the valves and is started for them.'),
  })
  .meta({ id: 'ProgrammeRun' }) satisfies z.ZodType<ProgrammeRun>;
