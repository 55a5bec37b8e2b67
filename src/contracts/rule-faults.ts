import { dayNumber, minutesOfDay } from '../base/local-clock.ts';
import { conditionFaults } from './condition-faults.ts';
import type { DeviceKind } from './device-kind.ts';
import type { Rule } from './rule.ts';

/** What cannot be in a rule: where, why, and what to write instead. */
export interface RuleFault {
  /** Path within the rule, such as `condition.bands.0.clear`. */
  field: string;
  why: string;
  hint: string;
}

/** What of a device's kind a rule is held against. */
export type RuleGround = Pick<DeviceKind, 'name' | 'siteKind' | 'metrics' | 'derived'> & {
  fieldCounts?: true;
};

/** What a person can do at three in the morning. */
const ADVICE_STEPS_MAX = 3;
const LANGUAGES = ['vi', 'en', 'fr'] as const;
/** No crop stands longer: three years, for trees counted from planting. */
const CROP_DAYS_MAX = 1_096;

/** The faults of a rule of this kind, the first to mend first; none when it can be. */
export function* ruleFaults(rule: Rule, kind: RuleGround): Iterable<RuleFault> {
  yield* wordFaults(rule);
  yield* scopeFaults(rule, kind);
  yield* seasonFaults(rule);
  yield* conditionFaults(rule, kind);
  yield* sourceFaults(rule);
  if (rule.advises === 'treat' && kind.fieldCounts !== true) {
    yield {
      field: 'advises',
      why: `${kind.name} counts nothing in the field, so it cannot advise to treat`,
      hint: 'Advise `scout`; only what people counted in the field may say `treat`.',
    };
  }
}

function* wordFaults({ title, advice, topic }: Rule): Iterable<RuleFault> {
  if (topic?.trim() === '') {
    yield { field: 'topic', why: 'the topic is empty', hint: 'Name it, or leave it out.' };
  }
  for (const language of LANGUAGES) {
    if (title[language].trim() === '') {
      yield { field: `title.${language}`, why: 'the title is empty', hint: 'Say what is wrong.' };
    }
    const steps = advice[language];
    const field = `advice.${language}`;
    if (steps.length === 0 || steps.length > ADVICE_STEPS_MAX) {
      const hint = `Give one to ${ADVICE_STEPS_MAX} steps in each language.`;
      yield { field, why: `it advises ${steps.length} steps`, hint };
    }
    if (steps.length !== advice.vi.length) {
      const why = `it advises ${steps.length} steps, and ${advice.vi.length} in Vietnamese`;
      yield { field, why, hint: 'Give the same steps in each language.' };
    }
    const empty = steps.findIndex((step) => step.trim() === '');
    if (empty !== -1) {
      yield { field: `${field}.${empty}`, why: 'the step is empty', hint: 'Say what to do.' };
    }
  }
}

function* scopeFaults({ scope, kind: name }: Rule, kind: RuleGround): Iterable<RuleFault> {
  for (const [part, value] of Object.entries(scope)) {
    if (typeof value === 'string' && value.trim() === '') {
      const hint = `Name the ${part}, or leave it out for all.`;
      yield { field: `scope.${part}`, why: `no device has an empty ${part}`, hint };
    }
  }
  const siteKind = scope.siteKind ?? kind.siteKind;
  const wrong = siteKind === 'pond' ? 'crop' : 'species';
  if (scope[wrong] === undefined) return;
  yield {
    field: `scope.${wrong}`,
    why: `${name} is read on a ${siteKind}, which has no ${wrong}`,
    hint: `Scope it by ${siteKind === 'pond' ? 'species' : 'crop'}, or leave it out.`,
  };
}

function* seasonFaults({ when }: Rule): Iterable<RuleFault> {
  const { hours, dates, cropDays } = when ?? {};
  for (const end of ['from', 'to'] as const) {
    if (hours !== undefined && Number.isNaN(minutesOfDay(hours[end]))) {
      const hint = 'Give hours and minutes of local time such as 18:00.';
      yield { field: `when.hours.${end}`, why: `${hours[end]} is no time of day`, hint };
    }
    // A leap year, so that 02-29 is a day.
    if (dates !== undefined && Number.isNaN(dayNumber(`2024-${dates[end]}`))) {
      const hint = 'Give month and day such as 05-01.';
      yield { field: `when.dates.${end}`, why: `${dates[end]} is no day of the year`, hint };
    }
    if (cropDays !== undefined && !isWhole(cropDays[end], 0, CROP_DAYS_MAX)) {
      const hint = `Give whole days from 0 to ${CROP_DAYS_MAX}.`;
      yield { field: `when.cropDays.${end}`, why: `${cropDays[end]} is no day of a crop`, hint };
    }
  }
  if (hours !== undefined && hours.from === hours.to) {
    const hint = 'Leave the hours out for the whole day.';
    yield { field: 'when.hours.to', why: 'the hours end where they begin', hint };
  }
  if (cropDays !== undefined && cropDays.from > cropDays.to) {
    const hint = 'Give the earlier day first.';
    yield { field: 'when.cropDays.to', why: 'the last day is before the first', hint };
  }
}

function* sourceFaults({ source, enabled }: Rule): Iterable<RuleFault> {
  if (source.text.trim() === '') {
    const hint = 'Say where the number comes from, if only that it is your own.';
    yield { field: 'source.text', why: 'the number has no source', hint };
  }
  if (enabled && source.evidence === 'U') {
    yield {
      field: 'enabled',
      why: 'it is enabled on an unverified number',
      hint: 'Verify the number and change `source.evidence`, or leave the rule disabled.',
    };
  }
  const { validUntil } = source;
  if (validUntil !== undefined && Number.isNaN(dayNumber(validUntil))) {
    const hint = 'Give a day such as 2027-12-31.';
    yield { field: 'source.validUntil', why: `${validUntil} is no day`, hint };
  }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
