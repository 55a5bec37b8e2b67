import { z } from 'zod';
import { VALUE_FLAGS } from '../src/contracts/history.ts';
import { idSchema, instantSchema } from './common.ts';

/** Longest note to a correction: why a probe was cleaned, in a few sentences. */
const NOTE_LENGTH_MAX = 1_000;
/** Beyond this, factors and values are slips of a finger, and their products may overflow. */
const NUMBER_MAX = 1e9;

const number = z.number().min(-NUMBER_MAX).max(NUMBER_MAX);

const calibrationSchema = z
  .strictObject({
    gain: number.refine((gain) => gain !== 0, { params: { code: 'GAIN_ZERO' } }),
    offset: number,
  })
  .describe("corrected = gain × raw + offset, in the metric's unit.");

const works = {
  calibration: calibrationSchema.exactOptional(),
  flag: z
    .enum(VALUE_FLAGS)
    .exactOptional()
    .describe('suspect: kept and marked; invalid: left out.'),
  value: number.exactOptional().describe('What the values of the span should have been.'),
};

const WORK_NAMES = ['calibration', 'flag', 'value'] as const;

/** What a person says of values: a span of one device's metric, and what is done to it. */
export const correctionInputSchema = z
  .strictObject({
    device: idSchema,
    metric: z.string().min(1).max(63),
    from: instantSchema.exactOptional().describe('Start of the span, included.'),
    to: instantSchema
      .nullable()
      .exactOptional()
      .describe('End, excluded. Null or left out: until another correction replaces it.'),
    at: instantSchema.exactOptional().describe('One instant, instead of `from` and `to`.'),
    ...works,
    note: z.string().trim().min(1).max(NOTE_LENGTH_MAX).nullable().exactOptional(),
  })
  .superRefine((body, context) => {
    const fault = (field: string, code: string): void =>
      context.addIssue({ code: 'custom', path: [field], params: { code } });
    const said = WORK_NAMES.filter((name) => body[name] !== undefined);
    if (said.length !== 1) fault(said[1] ?? 'calibration', 'CORRECTION_WORK_UNCLEAR');
    const { from, to = null, at } = body;
    if (at !== undefined && (from !== undefined || to !== null))
      fault('at', 'CORRECTION_SPAN_DOUBLE');
    if (at === undefined && from === undefined) fault('from', 'CORRECTION_SPAN_MISSING');
    if (from !== undefined && to !== null && from >= to) fault('to', 'CORRECTION_SPAN_EMPTY');
  });

const versionSchema = z.object({
  id: z.string(),
  version: z.number(),
  device: z.string(),
  metric: z.string(),
  from: instantSchema,
  to: instantSchema.nullable(),
  ...works,
  note: z.string().nullable(),
  by: z.string().describe('The person or token.'),
  recordedAt: instantSchema.describe('When this version was recorded.'),
  removed: z.boolean().describe('This version takes the correction back.'),
});

/** A correction on the wire: its newest version. */
export const correctionSchema = versionSchema.meta({ id: 'Correction' });

/** A correction with all its versions, oldest first. */
export const correctionHistorySchema = versionSchema
  .extend({ versions: z.array(correctionSchema) })
  .meta({ id: 'CorrectionHistory' });
