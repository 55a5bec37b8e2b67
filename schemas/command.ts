import { z } from 'zod';
import {
  COMMAND_STATES,
  type Command,
  type CommandRequest,
  type CommandSource,
} from '../src/contracts/command.ts';
import { idSchema, instantSchema, nameSchema } from './common.ts';

/** Longest reason for a command: a few sentences typed on a phone. */
const WHY_LENGTH_MAX = 1_000;
/** As long as names of actions are; longer ones are told by the desk that they are unknown. */
const ACTION_LENGTH_MAX = 63;
/** Thirty years: what is merely over the actuator's cap is refused with the cap, and audited. */
const SECONDS_MAX = 1_000_000_000;
/** Commands of one request: every valve of a large cooperative. */
const BULK_MAX = 200;

export const whySchema: z.ZodString = z.string().trim().min(1).max(WHY_LENGTH_MAX);

export const commandStateSchema = z.enum(COMMAND_STATES);

export const commandSourceTypeSchema = z.enum([
  'person',
  'rule',
  'programme',
  'aeration',
  'compensation',
  'emergency-stop',
]);

export const positionSchema = z.enum(['on', 'off', 'unknown']);

const order = {
  id: z
    .uuid({ version: 'v7' })
    .toLowerCase()
    .exactOptional()
    .describe('Sent again under its own UUIDv7 a command counts once; made here without it.'),
  action: z
    .string()
    .min(1)
    .max(ACTION_LENGTH_MAX)
    .describe("One of the commands of the device's kind, as `GET /kinds` lists them."),
  maxSeconds: z
    .int()
    .min(1)
    .max(SECONDS_MAX)
    .exactOptional()
    .describe('Needed for what starts something: the device ends it by itself after so long.'),
  notAfter: instantSchema
    .exactOptional()
    .describe('The device never begins it later; 60 s from now without it, 7 days at most.'),
  owner: nameSchema
    .exactOptional()
    .describe('Whose run it is; the caller without it. Only the owner may extend it.'),
  why: whySchema.exactOptional(),
};

type Order = Omit<CommandRequest, 'id' | 'device' | 'source'> & { id?: string };

/** A command for the device in the path. */
export const commandInputSchema = z
  .strictObject(order)
  .meta({ id: 'CommandInput' }) satisfies z.ZodType<Order>;

/** Several commands at once: all are taken, or none. */
export const bulkCommandsSchema = z
  .strictObject({
    commands: z
      .array(z.strictObject({ device: idSchema, ...order }))
      .min(1)
      .max(BULK_MAX),
  })
  .meta({ id: 'BulkCommands' });

const sourceSchema = z.object({
  type: commandSourceTypeSchema,
  name: z.string(),
  id: z.string().nullable().describe('Of the rule, programme or compensated command.'),
}) satisfies z.ZodType<CommandSource>;

const proofSchema = z.object({
  device: z.string(),
  metric: z.string(),
  value: z.number().nullable(),
  at: instantSchema.nullable().describe('Observed time.'),
  expected: z.object({ min: z.number().nullable(), max: z.number().nullable() }),
});

const eventSchema = z.object({
  at: instantSchema,
  state: commandStateSchema,
  note: z.string().nullable().describe("The device's or the server's word, in English."),
});

export const commandSchema = z
  .object({
    id: z.string(),
    device: z.string(),
    coop: z.string(),
    site: z.string().nullable(),
    action: z.string(),
    to: z.enum(['on', 'off']).describe('Where the action leads.'),
    maxSeconds: z.number().nullable(),
    notAfter: instantSchema,
    sequence: z.number().describe('A device takes no older one than it has; 0: never queued.'),
    source: sourceSchema,
    owner: z.string(),
    why: z.string().nullable(),
    state: commandStateSchema.describe('Moved by evidence alone; see docs/commands.md.'),
    reason: z.string().nullable().describe('Why it ended so: an error code, or the device’s word.'),
    createdAt: instantSchema,
    sentAt: instantSchema.nullable(),
    attempts: z.number(),
    grantedSeconds: z.number().nullable().describe('What the device granted of `maxSeconds`.'),
    startedAt: instantSchema.nullable(),
    endedAt: instantSchema.nullable().describe('When what it started was over.'),
    before: positionSchema,
    proof: proofSchema.nullable().describe('What the witness showed.'),
    compensates: z.string().nullable().describe('The command whose failure this one answers.'),
    timeline: z.array(eventSchema).readonly().describe('The newest 50 steps, oldest first.'),
  })
  .meta({ id: 'Command' }) satisfies z.ZodType<Command>;

/** A command on the wire: its times as ISO 8601 text. */
export type CommandJson = z.input<typeof commandSchema>;
