import { minutesOfDay } from '../../base/local-clock.ts';
import type { ProgrammeStart } from '../../contracts/irrigation.ts';
import type { ProgrammeFault } from './faults.ts';
import { STARTS_PER_DAY_MAX, timesOfCron, windowMs } from './starts.ts';
import type { World } from './world.ts';

/** A 29 February that is also a Monday comes within 28 years, or 40 across the year 2100. */
const SEARCH_DAYS_MAX = 41 * 366;

/** What is wrong with when a programme starts. */
export function* startFaults(
  start: ProgrammeStart,
  { clock, now }: World,
): Iterable<ProgrammeFault> {
  if (start.type === 'cron') {
    yield* cronFaults(start.expression, clock.day(now));
    return;
  }
  if (start.type === 'times') yield* timeFaults(start.at);
  else if (Number.isNaN(windowMs(start))) {
    yield {
      field: 'start.from',
      why: `${start.from} to ${start.to} is no window`,
      hint: 'Use two different local times such as 20:00 and 04:30.',
    };
  }
  const { days } = start;
  if (days === undefined) return;
  const isDay = (day: number): boolean => Number.isInteger(day) && day >= 0 && day <= 6;
  if (days.length === 0 || !days.every(isDay) || new Set(days).size < days.length) {
    yield {
      field: 'start.days',
      why: `the days are ${days.join(', ') || 'none'}`,
      hint: 'Name each day once, 0 for Sunday to 6; leave days out for all of them.',
    };
  }
}

function* timeFaults(at: readonly string[]): Iterable<ProgrammeFault> {
  if (at.length === 0 || at.length > STARTS_PER_DAY_MAX) {
    yield {
      field: 'start.at',
      why: `it has ${at.length} times`,
      hint: `Name 1 to ${STARTS_PER_DAY_MAX} local times such as 05:30.`,
    };
  }
  for (const [place, text] of at.entries()) {
    const field = `start.at.${place}`;
    if (Number.isNaN(minutesOfDay(text))) {
      yield { field, why: `${text} is no time of day`, hint: 'Use HH:MM, such as 05:30.' };
    } else if (at.indexOf(text) !== place) {
      yield { field, why: `${text} is there twice`, hint: 'Name each time once.' };
    }
  }
}

function* cronFaults(expression: string, today: number): Iterable<ProgrammeFault> {
  const field = 'start.expression';
  const times = timesOfCron(expression);
  if (times === null) {
    const hint = 'Use five or six fields, such as 30 5 * * 1-5.';
    yield { field, why: `${expression} is no cron text of days there are`, hint };
    return;
  }
  if (times.perDay > STARTS_PER_DAY_MAX) {
    const hint = `Ask for at most ${STARTS_PER_DAY_MAX} starts a day.`;
    yield { field, why: `it starts ${times.perDay} times a day`, hint };
    return;
  }
  for (let ahead = 0; ahead < SEARCH_DAYS_MAX; ahead++) {
    if (times.comesOn(today + ahead)) return;
  }
  yield { field, why: `${expression} never comes`, hint: 'Ask for days that there are.' };
}
