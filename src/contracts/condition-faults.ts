import { minutesOfDay } from '../base/local-clock.ts';
import { nearest } from '../base/suggest.ts';
import { CLOCK_FAULT } from './clock-fault.ts';
import {
  type AbsenceCondition,
  type Limits,
  type Rule,
  SEVERITIES,
  type Signal,
  type Test,
  type TestGroup,
  type ThresholdCondition,
  type View,
} from './rule.ts';
import type { RuleFault, RuleGround } from './rule-faults.ts';

/** Groups within groups: more nobody reads at once. */
const DEPTH_MAX = 3;
/** A reading asks each test; more than these no person can have in mind either. */
const TESTS_MAX = 20;
/** Samples are kept as far back as a window of seconds reaches; what is longer counts days. */
const WINDOW_SECONDS_MAX = 31 * 86_400;
/** A year, with its 29 February. */
export const DAYS_MAX = 366;
const SECONDS_MAX = DAYS_MAX * 86_400;

/** The faults of a rule's condition. */
export function* conditionFaults(rule: Rule, kind: RuleGround): Iterable<RuleFault> {
  const { condition } = rule;
  if (condition.type === 'absence') {
    yield* absenceFaults(condition, kind);
    return;
  }
  for (const field of ['forSeconds', 'clearSeconds', 'gapSeconds'] as const) {
    yield* spanFaults(`condition.${field}`, condition[field], { positive: field === 'gapSeconds' });
  }
  if (condition.type === 'threshold') {
    yield* signalFaults('condition', condition, kind);
    yield* limitFaults('condition', condition, kind);
    yield* bandFaults(rule, condition);
    return;
  }
  yield* spanFaults('condition.maxAgeSeconds', condition.maxAgeSeconds, {});
  yield* groupFaults(condition, { kind, path: 'condition', depth: 1 });
  const tests = countTests(condition);
  if (tests > TESTS_MAX) {
    const hint = `Join at most ${TESTS_MAX}, or write several rules.`;
    yield { field: 'condition.of', why: `it joins ${tests} tests`, hint };
  }
}

function* absenceFaults(
  { afterSeconds, metric }: AbsenceCondition,
  { name, metrics }: RuleGround,
): Iterable<RuleFault> {
  if (afterSeconds !== null && !isSpan(afterSeconds, true)) {
    yield {
      field: 'condition.afterSeconds',
      why: 'the allowed silence is not above 0 and below a year',
      hint: 'Give seconds, or null for three of the device’s intervals.',
    };
  }
  if (metric === undefined) return;
  const names = metrics.map((each) => each.name);
  if (!names.includes(metric)) yield unknownMetric('condition.metric', metric, { name, names });
}

function* groupFaults(
  { of }: TestGroup,
  { kind, path, depth }: { kind: RuleGround; path: string; depth: number },
): Iterable<RuleFault> {
  if (of.length === 0) {
    const hint = 'Give at least one test.';
    yield { field: `${path}.of`, why: 'it joins nothing', hint };
  }
  if (depth > DEPTH_MAX) {
    const hint = `Groups go ${DEPTH_MAX} deep at most.`;
    yield { field: path, why: 'groups are nested too deep', hint };
    return;
  }
  for (const [index, test] of of.entries()) {
    const field = `${path}.of.${index}`;
    if (test.type === 'test') {
      yield* signalFaults(field, test, kind);
      yield* limitFaults(field, test, kind);
    } else {
      yield* groupFaults(test, { kind, path: field, depth: depth + 1 });
    }
  }
}

function countTests({ of }: TestGroup): number {
  const count = (test: Test): number => (test.type === 'test' ? 1 : countTests(test));
  return of.reduce((sum, test) => sum + count(test), 0);
}

function* limitFaults(
  path: string,
  { metric, view, beyond, limit, clear }: Signal & Limits,
  kind: RuleGround,
): Iterable<RuleFault> {
  const found = metricsFor(kind).find(({ name }) => name === metric);
  if (!Number.isFinite(limit)) {
    yield { field: `${path}.limit`, why: 'the limit is not a number', hint: 'Give a number.' };
  } else if (view === undefined && found !== undefined) {
    const { min, max } = found;
    if (limit < min || limit > max) {
      const hint = `${metric} is between ${min} and ${max}.`;
      yield { field: `${path}.limit`, why: `no value can pass a limit of ${limit}`, hint };
    }
  } else if (isFlag(view) && !(beyond === 'above' && limit >= 1 && limit < 4)) {
    const hint = 'Warn above 2 for suspect values, above 3 for failed ones.';
    yield { field: `${path}.limit`, why: 'flags are 1 good, 3 suspect, 4 fail', hint };
  }
  if (beyond === 'below' ? clear >= limit : clear <= limit) return;
  yield {
    field: `${path}.clear`,
    why: `${clear} is on the wrong side of the limit`,
    hint: `A rule that warns ${beyond} ${limit} ends at ${limit} or on its safe side.`,
  };
}

/** What a rule may look at: the kind's own metrics, and the one every kind has. */
function metricsFor({
  metrics,
  derived,
}: RuleGround): Array<{ name: string; min: number; max: number }> {
  return [...metrics, ...(derived ?? []), CLOCK_FAULT];
}

function isFlag(view: View | undefined): boolean {
  return view !== undefined && ['stuck', 'spike', 'jump', 'range'].includes(view.type);
}

function* bandFaults(rule: Rule, condition: ThresholdCondition): Iterable<RuleFault> {
  const { beyond } = condition;
  const isPast = (value: number, limit: number): boolean =>
    beyond === 'below' ? value < limit : value > limit;
  let milder = { severity: rule.severity, limit: condition.limit };
  for (const [index, band] of (condition.bands ?? []).entries()) {
    const path = `condition.bands.${index}`;
    if (SEVERITIES.indexOf(band.severity) <= SEVERITIES.indexOf(milder.severity)) {
      const why = `${band.severity} is not graver than ${milder.severity}`;
      yield { field: `${path}.severity`, why, hint: 'Give the milder first, each only once.' };
    }
    if (!isPast(band.limit, milder.limit)) {
      const why = `${band.limit} is not beyond the milder limit ${milder.limit}`;
      const hint = `A graver limit is ${beyond} ${milder.limit}.`;
      yield { field: `${path}.limit`, why, hint };
    }
    if (!(band.clear === band.limit || isPast(band.limit, band.clear))) {
      const why = `${band.clear} is on the wrong side of the limit`;
      const hint = `A band that warns ${beyond} ${band.limit} ends there or on its safe side.`;
      yield { field: `${path}.clear`, why, hint };
    }
    if (!(band.clear === milder.limit || isPast(band.clear, milder.limit))) {
      yield {
        field: `${path}.clear`,
        why: `its hysteresis is wider than the band: ${band.clear} is past ${milder.limit}`,
        hint: `Let it end between ${band.limit} and ${milder.limit}, where the milder one begins.`,
      };
    }
    for (const field of ['forSeconds', 'clearSeconds'] as const) {
      yield* spanFaults(`${path}.${field}`, band[field] ?? 0, {});
    }
    milder = band;
  }
}

function* signalFaults(
  path: string,
  { metric, view }: Signal,
  kind: RuleGround,
): Iterable<RuleFault> {
  const names = metricsFor(kind).map(({ name }) => name);
  const known = { name: kind.name, names };
  if (!names.includes(metric)) yield unknownMetric(`${path}.metric`, metric, known);
  if (view === undefined) return;
  yield* viewFaults(`${path}.view`, view);
  if (view.type !== 'minus' || view.device !== undefined) return;
  if (!names.includes(view.metric)) yield unknownMetric(`${path}.view.metric`, view.metric, known);
  if (view.metric === metric) {
    const hint = 'Name another metric, or the same one of another device.';
    yield { field: `${path}.view.metric`, why: `${metric} minus itself is 0`, hint };
  }
}

function* viewFaults(path: string, view: View): Iterable<RuleFault> {
  for (const [name, value] of Object.entries(view)) {
    if (!name.endsWith('Seconds')) continue;
    const most = name === 'perSeconds' || name === 'maxAgeSeconds' ? SECONDS_MAX : undefined;
    const positive = name !== 'maxAgeSeconds';
    yield* spanFaults(`${path}.${name}`, Number(value), { positive, window: most === undefined });
  }
  switch (view.type) {
    case 'days':
      yield* dayFaults(path, view);
      break;
    case 'stuck':
      yield* leastFaults(`${path}.tolerance`, view.tolerance);
      if (view.failSeconds < view.suspectSeconds) {
        const hint = 'Give the time to suspect first.';
        yield { field: `${path}.failSeconds`, why: 'it fails before it is suspect', hint };
      }
      break;
    case 'spike':
      yield* leastFaults(`${path}.suspect`, view.suspect);
      if (!(view.fail >= view.suspect)) {
        const hint = `Give ${view.suspect} or more.`;
        yield { field: `${path}.fail`, why: 'it fails before it is suspect', hint };
      }
      break;
    case 'jump':
      yield* leastFaults(`${path}.most`, view.most);
      break;
    case 'range':
      yield* rangeFaults(path, view);
      break;
    default:
  }
}

/** Local days a view or a derived metric looks back on. */
export function* dayFaults(
  path: string,
  { days, startsAt, minimumDays = 1 }: { days: number; startsAt: string; minimumDays?: number },
): Iterable<RuleFault> {
  if (!Number.isInteger(days) || days < 1 || days > DAYS_MAX) {
    const hint = `Give whole days from 1 to ${DAYS_MAX}.`;
    yield { field: `${path}.days`, why: `${days} days are no window`, hint };
  }
  if (!Number.isInteger(minimumDays) || minimumDays < 1 || minimumDays > days) {
    const hint = `Give whole days from 1 to ${days}.`;
    yield { field: `${path}.minimumDays`, why: `${minimumDays} of ${days} days`, hint };
  }
  if (Number.isNaN(minutesOfDay(startsAt))) {
    const hint = 'Give hours and minutes of local time such as 00:00.';
    yield { field: `${path}.startsAt`, why: `${startsAt} is no time of day`, hint };
  }
}

function* rangeFaults(
  path: string,
  { suspect, fail }: Extract<View, { type: 'range' }>,
): Iterable<RuleFault> {
  if (!(fail[0] < fail[1])) {
    yield { field: `${path}.fail`, why: 'the range is empty', hint: 'Give the lower end first.' };
  }
  if (suspect[0] < suspect[1] && suspect[0] >= fail[0] && suspect[1] <= fail[1]) return;
  const hint = `Give a range within ${fail[0]} to ${fail[1]}, the lower end first.`;
  yield { field: `${path}.suspect`, why: 'the range is empty or wider than that to fail', hint };
}

function* leastFaults(field: string, value: number): Iterable<RuleFault> {
  if (Number.isFinite(value) && value >= 0) return;
  yield { field, why: `${value} is below 0 or no number`, hint: 'Give 0 or more.' };
}

/** A duration in seconds; `window`: samples are kept for as long. */
export function* spanFaults(
  field: string,
  seconds: number,
  { positive = false, window = false }: { positive?: boolean; window?: boolean },
): Iterable<RuleFault> {
  const most = window ? WINDOW_SECONDS_MAX : SECONDS_MAX;
  if (isSpan(seconds, positive) && seconds <= most) return;
  const least = positive ? 'a number above 0' : '0 or more';
  const hint = `Give ${least}, at most ${most}${window ? '; for longer, count days' : ''}.`;
  yield { field, why: `${seconds} seconds is not a duration here`, hint };
}

function isSpan(seconds: number, positive: boolean): boolean {
  return (positive ? seconds > 0 : seconds >= 0) && seconds <= SECONDS_MAX;
}

/** A metric the kind does not have, with the one that was probably meant. */
export function unknownMetric(
  field: string,
  metric: string,
  { name, names }: { name: string; names: readonly string[] },
): RuleFault {
  const meant = nearest(metric, names);
  const those = `Its metrics are ${names.join(', ')}.`;
  const hint = meant === undefined ? those : `Did you mean ${meant}? ${those}`;
  return { field, why: `${name} has no metric ${metric}`, hint };
}
