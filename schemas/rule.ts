import { z } from 'zod';
import type { Rule } from '../src/contracts/rule.ts';
import { localizedSchema } from './common.ts';

export const severitySchema = z.enum(['info', 'warning', 'critical']);

export const ruleSourceSchema = z.object({
  text: z.string(),
  evidence: z
    .enum(['V', 'C', 'D', 'U'])
    .describe('V seen in the source, C computed from it, D our own design rule, U not verified.'),
});

const steps = z.array(z.string());
export const adviceSchema = z.object({ vi: steps, en: steps, fr: steps });

const thresholdSchema = z.object({
  type: z.literal('threshold'),
  metric: z.string(),
  beyond: z.enum(['below', 'above']),
  limit: z.number(),
  clear: z.number().describe('Hysteresis: the value at which it counts as over.'),
  forSeconds: z.number(),
  clearSeconds: z.number(),
  gapSeconds: z.number().describe('Longer gaps are unknown: they neither open nor clear.'),
});

const absenceSchema = z.object({
  type: z.literal('absence'),
  afterSeconds: z.number().nullable().describe('Null: three expected intervals of the device.'),
});

export const ruleSchema = z
  .object({
    id: z.string(),
    version: z.number(),
    enabled: z.boolean(),
    kind: z.string(),
    title: localizedSchema,
    severity: severitySchema,
    scope: z.object({
      coop: z.string().exactOptional(),
      site: z.string().exactOptional(),
      device: z.string().exactOptional(),
    }),
    condition: z.discriminatedUnion('type', [thresholdSchema, absenceSchema]),
    source: ruleSourceSchema,
    advice: adviceSchema,
  })
  .meta({ id: 'Rule' }) satisfies z.ZodType<Rule>;
