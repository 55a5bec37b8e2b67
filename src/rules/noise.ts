import { AppError } from '../base/errors.ts';
import type { Alert, TimelineEntry } from '../contracts/alert.ts';
import type { RuleNoise } from '../contracts/rule-book.ts';
import type { Nights } from './nights.ts';

/** Alerts of one report: a year of a thousand devices, 2 MB of durations. */
const ALERTS_MAX = 250_000;

/** What calls people when it is not quieted in the same breath. */
const CALLS: ReadonlySet<TimelineEntry['event']> = new Set([
  'raised',
  'reopened',
  'escalated',
  'unquieted',
]);
/** What a person does when an alert concerns them. */
const ANSWERS: ReadonlySet<TimelineEntry['event']> = new Set([
  'acknowledged',
  'commented',
  'assigned',
  'shelved',
  'resolved',
]);
/** How the desk notes why it quieted an alert that comes and goes too often. */
const FLAPPING = 'flapping';

interface Count extends Omit<RuleNoise, 'rule' | 'medianSeconds'> {
  durations: number[];
}

/** How much each rule called in a range, by its stored alerts; the noisiest first. */
export async function countNoise(
  alerts: AsyncIterable<Alert> | Iterable<Alert>,
  range: { from: number; to: number },
  nights: Nights,
): Promise<RuleNoise[]> {
  const counts = new Map<string, Count>();
  let seen = 0;
  for await (const alert of alerts) {
    if (++seen > ALERTS_MAX) {
      throw new AppError('NOISE_TOO_LARGE', `there are more than ${ALERTS_MAX} alerts`, {
        field: 'from',
        hint: 'Ask for less time.',
      });
    }
    let count = counts.get(alert.rule);
    if (count === undefined) {
      count = newCount();
      counts.set(alert.rule, count);
    }
    countAlert(count, alert, { range, nights });
  }
  return [...counts]
    .map(([rule, { durations, ...rest }]) => ({
      rule,
      ...rest,
      medianSeconds: medianOf(durations),
    }))
    .filter(({ alerts: begun, notifications, flapping }) => begun + notifications + flapping > 0)
    .sort(
      (left, right) =>
        right.notifications - left.notifications ||
        right.alerts - left.alerts ||
        (left.rule < right.rule ? -1 : 1),
    );
}

function newCount(): Count {
  return {
    alerts: 0,
    notifications: 0,
    acknowledged: 0,
    unanswered: 0,
    wakings: 0,
    flapping: 0,
    durations: [],
  };
}

function countAlert(
  count: Count,
  { onset, end, timeline }: Alert,
  { range, nights }: { range: { from: number; to: number }; nights: Nights },
): void {
  const isIn = (time: number): boolean => time >= range.from && time < range.to;
  for (const { at, event, note } of timeline) {
    if (!isIn(at)) continue;
    const isHushed = timeline.some((other) => other.event === 'quieted' && other.at === at);
    if (CALLS.has(event) && !isHushed) {
      count.notifications++;
      if (nights.of(at) !== null) count.wakings++;
    }
    if (event === 'quieted' && note === FLAPPING) count.flapping++;
  }
  if (!isIn(onset)) return;
  count.alerts++;
  const answers = timeline.filter(({ event, who }) => who !== null && ANSWERS.has(event));
  if (answers.some(({ event }) => event === 'acknowledged')) count.acknowledged++;
  if (end === null) return;
  count.durations.push((end - onset) / 1000);
  if (answers.length === 0) count.unanswered++;
}

function medianOf(values: number[]): number | null {
  values.sort((left, right) => left - right);
  const middle = values.length >> 1;
  const [low, high] = [values[middle - 1 + (values.length % 2)], values[middle]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
