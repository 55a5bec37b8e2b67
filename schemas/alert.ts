import { z } from 'zod';
import type { Alert } from '../src/contracts/alert.ts';
import { instantSchema, localizedSchema } from './common.ts';
import { adviceSchema, ruleSourceSchema, severitySchema } from './rule.ts';

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
    severity: severitySchema,
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
