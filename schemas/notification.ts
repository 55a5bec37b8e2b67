import { z } from 'zod';
import type { ChannelStatus, Delivery } from '../src/contracts/notify.ts';
import { instantSchema, localizedSchema } from './common.ts';
import { severitySchema } from './rule.ts';

/** A push subscription is the longest address. */
const ADDRESS_LENGTH_MAX = 2_000;

export const deliveryStateSchema = z.enum(['waiting', 'sent', 'delivered', 'dead', 'cancelled']);

export const deliverySchema = z
  .object({
    id: z.string().describe('Also the key by which a receiver may tell a repeat.'),
    coop: z.string(),
    person: z.string(),
    alert: z.string().nullable(),
    event: z.string().describe('What it tells of the alert, or `digest`.'),
    severity: severitySchema,
    step: z.number().describe('Step of the ladder that called for it, from 0.'),
    digest: z.string().nullable().describe('The delivery that carries it.'),
    state: deliveryStateSchema.describe('`dead`: given up; `cancelled`: no longer true.'),
    createdAt: instantSchema,
    dueAt: instantSchema,
    held: z.boolean().describe('It waits for a time of day.'),
    attempts: z.number(),
    contact: z.number().describe("Index of the person's contact."),
    refused: z.array(z.number()).readonly(),
    channel: z.string(),
    answer: z.string().nullable().describe('What the provider said last.'),
    reason: z.string().nullable(),
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Notification' }) satisfies z.ZodType<Delivery>;

export const channelSchema = z
  .object({
    name: z.string(),
    title: localizedSchema,
    ready: z.boolean(),
    missing: z.array(z.string()).describe('Settings that are not there.'),
    waiting: z.number(),
    lastSentAt: instantSchema.nullable(),
    lastAnswer: z.string().nullable(),
  })
  .meta({ id: 'Channel' }) satisfies z.ZodType<ChannelStatus>;

export const channelTestSchema = z.strictObject({
  address: z.string().max(ADDRESS_LENGTH_MAX),
  language: z.enum(['vi', 'en', 'fr']).default('vi'),
});

/** What the provider said to a test message, in its own words. */
export const outcomeSchema = z
  .object({
    channel: z.string(),
    state: z.enum(['sent', 'delivered', 'retry', 'refused']),
    answer: z.string(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'TestOutcome' });
