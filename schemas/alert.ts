import { z } from 'zod';
import type { Alert } from '../src/contracts/alert.ts';
import { instantSchema, localizedSchema, nameSchema } from './common.ts';
import { adviceSchema, advisesSchema, ruleSourceSchema, severitySchema } from './rule.ts';

/** Longest note to an alert: a few sentences typed on a phone. */
const NOTE_LENGTH_MAX = 2_000;

export const alertStateSchema = z.enum(['open', 'acknowledged', 'shelved', 'resolved']);

const evidenceSchema = z.object({
  metric: z.string().nullable(),
  unit: z.string().nullable(),
  limit: z.number().describe('The limit that was passed, or the seconds of silence allowed.'),
  worst: z.number().nullable(),
  samples: z.array(z.object({ time: instantSchema, value: z.number().nullable() })),
  source: ruleSourceSchema,
  beside: z
    .record(z.string(), z.union([z.number(), z.string()]))
    .readonly()
    .exactOptional()
    .describe('What else was computed with the latest value.'),
});

const timelineEntrySchema = z.object({
  at: instantSchema,
  event: z.enum([
    'raised',
    'recorded',
    'revised',
    'reopened',
    'withdrawn',
    'acknowledged',
    'commented',
    'assigned',
    'shelved',
    'unshelved',
    'escalated',
    'eased',
    'quieted',
    'unquieted',
    'sent',
    'delivered',
    'failed',
    'seen',
    'resolved',
  ]),
  who: z.string().nullable().describe('The person or token; null when the engine did it.'),
  note: z.string().nullable(),
});

export const alertSchema = z
  .object({
    id: z.string(),
    rule: z.string(),
    ruleVersion: z.number(),
    coop: z.string(),
    site: z.string().nullable(),
    device: z.string(),
    severity: severitySchema.describe('As it stands, or as it stood last.'),
    severities: z.array(z.object({ time: instantSchema, severity: severitySchema })),
    state: alertStateSchema,
    onset: instantSchema.describe('When the condition was met, in observed time.'),
    known: instantSchema.describe('When it could be known.'),
    end: instantSchema
      .nullable()
      .describe('When it was over; null while it lasts; equal to `onset` when it was withdrawn.'),
    revision: z.number(),
    evidence: evidenceSchema,
    title: localizedSchema,
    advice: adviceSchema,
    advises: advisesSchema,
    cause: z.string().nullable().describe('The alert that explains this one.'),
    quiet: z
      .object({
        reason: z.enum(['cause', 'maintenance', 'flapping']),
        since: instantSchema,
        until: instantSchema.nullable(),
      })
      .nullable()
      .describe('Why it calls nobody now.'),
    shelf: z
      .object({ who: z.string(), reason: z.string(), since: instantSchema, until: instantSchema })
      .nullable(),
    assignee: z.string().nullable(),
    timeline: z.array(timelineEntrySchema),
  })
  .meta({ id: 'Alert' }) satisfies z.ZodType<Alert>;

/** An alert on the wire: as `Alert`, its times as ISO 8601 text. */
export type AlertJson = z.input<typeof alertSchema>;

const note = z.string().trim().min(1).max(NOTE_LENGTH_MAX);

/** What is sent with acknowledge and resolve; the body may be left out. */
export const alertActionSchema = z
  .strictObject({ note: note.optional() })
  .nullish()
  .transform((body) => body ?? {});

export const alertCommentSchema = z.strictObject({ note });

/** A week, the longest an alert is put aside. */
const SHELF_MINUTES_MAX = 7 * 24 * 60;

/** For how long an alert is put aside, and why. */
export const alertShelfSchema = z
  .strictObject({
    minutes: z.int().min(1).max(SHELF_MINUTES_MAX).exactOptional(),
    until: instantSchema.exactOptional().describe('Instead of `minutes`; at most seven days on.'),
    reason: note.exactOptional(),
  })
  .superRefine(({ minutes, until }, context) => {
    if ((minutes === undefined) !== (until === undefined)) return;
    const path = [minutes === undefined ? 'minutes' : 'until'];
    context.addIssue({ code: 'custom', path, params: { code: 'SHELF_UNCLEAR' } });
  });

/** Whose it is to look after; without a name the caller's own. */
export const alertAssignSchema = z
  .strictObject({ assignee: nameSchema.nullable().exactOptional() })
  .nullish()
  .transform((body) => body ?? {});
