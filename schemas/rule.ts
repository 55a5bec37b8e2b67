import { z } from 'zod';
import {
  type Rule,
  type RuleCondition,
  type Test,
  type TestGroup,
  VIEW_FUNCTIONS,
  type View,
} from '../src/contracts/rule.ts';
import { idSchema, localizedSchema, nameSchema } from './common.ts';

/** Longest source, or step of advice: a few lines on a phone. */
const TEXT_LENGTH_MAX = 1_000;
/** Far more than a rule may join or advise: what is wrong with it is then said by name. */
const LIST_LENGTH_MAX = 50;
/** Groups within groups that are read: one more than a rule may have, so that it can be said. */
const DEPTH_MAX = 4;
/** Larger than any quantity measured here, and than the seconds of a year. */
const NUMBER_MAX = 1_000_000_000;

export const severitySchema = z.enum(['info', 'warning', 'critical']);

export const advisesSchema = z
  .enum(['act', 'scout', 'treat'])
  .describe('Only what people counted in the field may advise `treat`.');

const EVIDENCE = 'V seen in the source, C computed from it, D our own design rule, U not verified.';
const evidenceSchema = z.enum(['V', 'C', 'D', 'U']).describe(EVIDENCE);
const siteKindSchema = z.enum(['pond', 'field', 'zone']);
const viewFunction = z.enum(VIEW_FUNCTIONS);
const beyondSchema = z.enum(['below', 'above']);

type Strictness = z.core.$strip | z.core.$strict;

/** Rules go out as they are; those that come in are held to bounds and to names that exist. */
interface Form {
  object<T extends z.core.$ZodLooseShape>(shape: T): z.ZodObject<T, Strictness>;
  list<T extends z.ZodType>(of: T): z.ZodArray<T>;
  name: z.ZodString;
  text: z.ZodString;
  number: z.ZodNumber;
  /** A group of tests, with groups within it. */
  group(test: TestSchema): GroupSchema;
}

type Leaf = Extract<Test, { type: 'test' }>;
type TestSchema = z.ZodType<Leaf, Leaf>;
type GroupSchema = z.ZodType<TestGroup, TestGroup>;
const groupType = z.enum(['all', 'any']);

const OUTPUT: Form = {
  object: (shape) => z.object(shape),
  list: (of) => z.array(of),
  name: z.string(),
  text: z.string(),
  number: z.number(),
  group(test) {
    const group: z.ZodType<TestGroup, TestGroup> = z.object({
      type: groupType,
      get of() {
        return z.array(z.union([test, group])).readonly();
      },
    });
    return group;
  },
};

const INPUT: Form = {
  object: (shape) => z.strictObject(shape),
  list: (of) => z.array(of).max(LIST_LENGTH_MAX),
  name: nameSchema,
  text: z.string().trim().max(TEXT_LENGTH_MAX),
  number: z.number().min(-NUMBER_MAX).max(NUMBER_MAX),
  group(test) {
    let members: z.ZodType<Test, Test> = test;
    // Not by reference to itself: a body nested without end would be followed without end.
    for (let depth = 2; depth < DEPTH_MAX; depth++) {
      const of = z.array(members).max(LIST_LENGTH_MAX).readonly();
      members = z.union([test, z.strictObject({ type: groupType, of })]);
    }
    return z.strictObject({
      type: groupType,
      of: z.array(members).max(LIST_LENGTH_MAX).readonly(),
    });
  },
};

function sourceForm({ object, text, name }: Form) {
  return object({
    text,
    evidence: evidenceSchema,
    region: name.exactOptional(),
    stage: name.exactOptional(),
    validUntil: name.exactOptional(),
  });
}

function adviceForm({ object, list, text }: Form) {
  const steps = list(text);
  return object({ vi: steps, en: steps, fr: steps });
}

function viewForm({ object, name, number }: Form) {
  const pair = z.tuple([number, number]);
  return z.discriminatedUnion('type', [
    object({ type: z.literal('rate'), overSeconds: number, perSeconds: number }),
    object({ type: z.literal('rolling'), function: viewFunction, overSeconds: number }),
    object({
      type: z.literal('days'),
      each: viewFunction,
      function: viewFunction,
      days: number,
      minimumDays: number,
      startsAt: name,
    }),
    object({
      type: z.literal('minus'),
      metric: name,
      device: name.exactOptional(),
      maxAgeSeconds: number,
      absolute: z.boolean().exactOptional(),
    }),
    object({
      type: z.literal('stuck'),
      tolerance: number,
      suspectSeconds: number,
      failSeconds: number,
    }),
    object({ type: z.literal('spike'), suspect: number, fail: number }),
    object({ type: z.literal('jump'), most: number, perSeconds: number }),
    object({ type: z.literal('range'), suspect: pair, fail: pair }),
  ]) satisfies z.ZodType<View>;
}

function conditionForm(form: Form) {
  const { object, list, name, number } = form;
  const signal = { metric: name, view: viewForm(form).exactOptional() };
  const limits = {
    beyond: beyondSchema,
    limit: number,
    clear: number.describe('Hysteresis: the value at which it counts as over.'),
  };
  const durations = {
    forSeconds: number,
    clearSeconds: number,
    gapSeconds: number.describe('Longer gaps are unknown: they neither open nor clear.'),
  };
  const band = object({
    severity: severitySchema,
    limit: number,
    clear: number,
    forSeconds: number.exactOptional(),
    clearSeconds: number.exactOptional(),
  });
  const threshold = object({
    type: z.literal('threshold'),
    ...signal,
    ...limits,
    ...durations,
    bands: list(band)
      .readonly()
      .exactOptional()
      .describe('Graver limits of the same condition; severity moves within the one alert.'),
  });
  const test = object({ type: z.literal('test'), ...signal, ...limits });
  const combined = { of: list(z.union([test, form.group(test)])).readonly(), ...durations };
  return z.discriminatedUnion('type', [
    threshold,
    object({ type: z.literal('all'), ...combined, maxAgeSeconds: number }),
    object({ type: z.literal('any'), ...combined, maxAgeSeconds: number }),
    object({
      type: z.literal('absence'),
      afterSeconds: number.nullable().describe('Null: three expected intervals of the device.'),
      metric: name.exactOptional(),
    }),
  ]) satisfies z.ZodType<RuleCondition>;
}

function seasonForm({ object, name, number }: Form) {
  return object({
    hours: object({ from: name, to: name }).exactOptional(),
    dates: object({ from: name, to: name }).exactOptional(),
    cropDays: object({ from: number, to: number }).exactOptional(),
  });
}

function scopeForm({ object, name }: Form) {
  return object({
    coop: name.exactOptional(),
    site: name.exactOptional(),
    device: name.exactOptional(),
    siteKind: siteKindSchema.exactOptional(),
    species: name.exactOptional(),
    crop: name.exactOptional(),
    tag: name.exactOptional(),
  });
}

/** All of a rule but its id, version and title. */
function bodyForm(form: Form) {
  return {
    enabled: z.boolean(),
    kind: form.name,
    topic: form.name.exactOptional(),
    severity: severitySchema,
    scope: scopeForm(form),
    when: seasonForm(form).exactOptional(),
    condition: conditionForm(form),
    source: sourceForm(form),
    advises: advisesSchema.exactOptional(),
    advice: adviceForm(form),
  };
}

export const ruleSourceSchema = sourceForm(OUTPUT);
export const adviceSchema = adviceForm(OUTPUT);

/** A rule as it goes out. */
export const ruleSchema = z
  .object({ id: z.string(), version: z.number(), title: localizedSchema, ...bodyForm(OUTPUT) })
  .meta({ id: 'Rule' }) satisfies z.ZodType<Rule>;

/** A rule as people write it; the version is given to be told of somebody else's change. */
export const ruleInputSchema = z
  .strictObject({
    id: idSchema,
    version: z.int().min(1).exactOptional(),
    title: z.strictObject({ vi: nameSchema, en: nameSchema, fr: nameSchema }),
    ...bodyForm(INPUT),
  })
  .meta({ id: 'RuleInput' }) satisfies z.ZodType<Omit<Rule, 'version'> & { version?: number }>;
