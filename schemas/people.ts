import { z } from 'zod';
import type { Duty, Person } from '../src/contracts/people.ts';
import { idSchema, instantSchema, nameSchema } from './common.ts';
import { severitySchema } from './rule.ts';

/** Ways to reach one person; nobody waits for an eleventh. */
const CONTACTS_MAX = 10;
/** A push subscription with its keys is 500 characters; nothing else comes near. */
const ADDRESS_LENGTH_MAX = 2_000;
const COOPS_MAX = 100;
const SITES_MAX = 1_000;
/** One message a minute is an alarm clock; more is a fault of the rules. */
const PER_HOUR_MAX = 60;
const STEPS_MAX = 10;
const PEOPLE_PER_STEP_MAX = 50;
/** Shorter, nobody can answer; longer, the shrimp are dead. */
const WAIT_SECONDS_MIN = 60;
const WAIT_SECONDS_MAX = 14_400;

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
  .describe('Local time of day, such as 05:30.');

const contactSchema = z.strictObject({
  channel: z.string().min(1).max(32).describe('Name of a channel; see GET /channels.'),
  address: z.string().max(ADDRESS_LENGTH_MAX).describe('As the channel has it.'),
  from: severitySchema.exactOptional().describe('Least severity this way is used for.'),
});

const policySchema = z.strictObject({
  minimum: severitySchema.describe('Least severity the person wants to hear of.'),
  sites: z
    .array(idSchema)
    .min(1)
    .max(SITES_MAX)
    .nullable()
    .describe("Null: every site of the person's cooperatives."),
  quietHours: z
    .strictObject({ from: timeOfDay, to: timeOfDay })
    .refine(({ from, to }) => from !== to, { params: { code: 'QUIET_HOURS_EMPTY' }, path: ['to'] })
    .nullable()
    .describe('Only critical alerts come then; the rest waits for the end.'),
  digestAt: timeOfDay.nullable().describe('When what is not urgent comes; null: each at once.'),
  perHour: z.int().min(1).max(PER_HOUR_MAX).describe('Messages an hour; critical ones go on top.'),
});

/** What somebody gets who says nothing: what matters, and a quiet night but for the critical. */
const POLICY_DEFAULT = {
  minimum: 'warning',
  sites: null,
  quietHours: { from: '22:00', to: '05:00' },
  digestAt: null,
  perHour: 10,
} as const;

const changeable = {
  name: nameSchema,
  coops: z.array(idSchema).min(1).max(COOPS_MAX),
  language: z.enum(['vi', 'en', 'fr']).default('vi'),
  contacts: z.array(contactSchema).max(CONTACTS_MAX).describe('In the order they are tried.'),
  policy: policySchema.default(POLICY_DEFAULT as never),
  active: z.boolean().default(true),
};

export const personInputSchema = z.strictObject({ id: idSchema, ...changeable });
export const personReplaceSchema = z.strictObject(changeable);

export const personSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    coops: z.array(z.string()),
    language: z.enum(['vi', 'en', 'fr']),
    contacts: z.array(contactSchema),
    policy: policySchema,
    active: z.boolean(),
    createdAt: instantSchema,
  })
  .meta({ id: 'Person' }) satisfies z.ZodType<Person>;

const stepSchema = z.strictObject({
  people: z.array(idSchema).min(1).max(PEOPLE_PER_STEP_MAX),
  waitSeconds: z
    .int()
    .min(WAIT_SECONDS_MIN)
    .max(WAIT_SECONDS_MAX)
    .describe('Time to answer before the next step is called.'),
});

export const dutyInputSchema = z.strictObject({
  steps: z.array(stepSchema).min(1).max(STEPS_MAX),
  escalateFrom: severitySchema
    .default('critical')
    .describe('Least severity that climbs; milder alerts reach the first step alone.'),
});

export const dutySchema = z
  .object({
    coop: z.string(),
    steps: z.array(z.object({ people: z.array(z.string()), waitSeconds: z.number() })),
    escalateFrom: severitySchema,
    saved: z.boolean().describe('False: nobody said who is called, so everybody is.'),
  })
  .meta({ id: 'Duty' }) satisfies z.ZodType<Duty>;
