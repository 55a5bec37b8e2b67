import { z } from 'zod';
import { idSchema, instantSchema } from './common.ts';
import { ruleInputSchema, ruleSchema, severitySchema } from './rule.ts';

const originSchema = z
  .enum(['kind', 'saved'])
  .describe('`kind`: shipped with a kind of device; `saved`: written here.');
const remarksSchema = z
  .array(z.string())
  .describe('What else should be known, in the language asked for.');

/** A rule in force, with where it comes from and what it reads. */
export const ruleInForceSchema = z
  .object({
    ...ruleSchema.shape,
    origin: originSchema,
    devices: z.int().describe('Devices of the caller it is judged for now.'),
    remarks: remarksSchema,
  })
  .meta({ id: 'RuleInForce' });

/** What an answer says of a rule besides the rule: it may come back, and is not read. */
const notRead = {
  origin: originSchema.exactOptional().describe('As answered; not read.'),
  devices: z.int().exactOptional().describe('As answered; not read.'),
  remarks: remarksSchema.exactOptional().describe('As answered; not read.'),
};

export const ruleCreationSchema = ruleInputSchema
  .extend(notRead)
  .meta({ id: 'RuleCreation', description: 'A rule, as JSON or YAML.' });

export const ruleChangeSchema = ruleInputSchema
  .extend({ ...notRead, id: idSchema.exactOptional() })
  .meta({
    id: 'RuleChange',
    description: 'A rule, as JSON or YAML; with a version that is not the newest it is refused.',
  });

export const ruleVersionSchema = z
  .object({
    rule: ruleSchema,
    savedAt: instantSchema,
    savedBy: z.string(),
    removed: z.boolean().describe('It was taken back with this.'),
  })
  .meta({ id: 'RuleVersion' });

const figuresSchema = z
  .object({
    alerts: z.int().describe('Alerts that lasted at some time in the range.'),
    notifications: z.int().describe('Alerts that began or got graver in the range.'),
    wakings: z.int().describe('Those between 22:00 and 05:00 local time.'),
    worstNight: z.int().describe('Wakings of the worst night.'),
    perNight: z.number().describe('Wakings a night, on average.'),
    seconds: z.number().describe('Event time under alert within the range.'),
  })
  .meta({ id: 'DryRunFigures' });

/** Devices of one question: the most a dry run of one day takes. */
const DEVICES_MAX = 1_000;

const asWritten = z
  .union([z.string().max(40), z.int()])
  .describe('ISO 8601, a date (midnight in the time zone), or milliseconds since 1970.');

export const dryRunSchema = z
  .strictObject({
    rule: ruleChangeSchema,
    devices: z.array(idSchema).min(1).max(DEVICES_MAX).exactOptional(),
    from: asWritten,
    to: asWritten.exactOptional().describe('Now without it.'),
  })
  .meta({ id: 'DryRun', description: 'A rule to try on history, as JSON or YAML.' });

export const dryRunAnswerSchema = z
  .object({
    from: instantSchema,
    to: instantSchema,
    devices: z.int().describe('Devices it would be judged for.'),
    samples: z.int().describe('Values read within the range.'),
    figures: figuresSchema,
    current: figuresSchema
      .nullable()
      .describe('The same of the rule in force under this id, if there is one.'),
    intervals: z.array(
      z.object({
        device: z.string(),
        onset: instantSchema,
        end: instantSchema.nullable(),
        severities: z.array(z.object({ time: instantSchema, severity: severitySchema })),
        worst: z.number().nullable(),
        samples: z.array(z.object({ time: instantSchema, value: z.number().nullable() })),
      }),
    ),
    more: z.int().describe('Further intervals, counted and not listed.'),
    remarks: remarksSchema,
  })
  .meta({ id: 'DryRunAnswer' });

export const noiseSchema = z
  .object({
    from: instantSchema,
    to: instantSchema,
    items: z.array(
      z
        .object({
          rule: z.string(),
          alerts: z.int(),
          notifications: z.int(),
          wakings: z.int(),
          acknowledged: z.int(),
          unanswered: z.int().describe('Over by themselves before anybody answered.'),
          flapping: z.int().describe('Times one was quieted because it came and went too often.'),
          medianSeconds: z.number().nullable().describe('Half of them lasted less.'),
        })
        .meta({ id: 'RuleNoise' }),
    ),
  })
  .meta({ id: 'NoiseReport' });
