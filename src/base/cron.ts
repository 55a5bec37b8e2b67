import cron from 'node-cron';
import { DAY_MS } from './local-clock.ts';

/** Whether the text says times as cron does: five fields, or six with seconds in front. */
export function isCron(text: string): boolean {
  return cron.validate(text);
}

/** The library speaks to the console by itself; what matters is logged by whoever runs. */
const SILENT = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};

/**
 * Runs `work` whenever a clock on the wall of `timeZone` shows what the cron text says, until the
 * returned function is called. A run that is still going when its time comes again goes on alone.
 * `work` handles its own errors. Never keeps the process alive.
 */
export function runAt(text: string, timeZone: string, work: () => Promise<void>): () => void {
  const task = cron.schedule(text, work, {
    timezone: timeZone,
    noOverlap: true,
    unref: true,
    // The machine slept: the run after it does what the missed one would have done.
    suppressMissedWarning: true,
    logger: SILENT,
  });
  return () => void task.destroy();
}

/** What a cron text says of local clocks, whatever their zone. */
export interface CronTimes {
  /** Whether it comes on a local day (days since 1970-01-01). */
  comesOn(day: number): boolean;
  /** How often on such a day. */
  perDay: number;
  /** Seconds since midnight at which it then comes, ascending. Up to 86,400 of them. */
  seconds(): number[];
}

/** Days remembered for one text: two years of them. */
const DAYS_KNOWN_MAX = 732;

/**
 * The times of a cron text of five or six fields, as the library reads it; null for one that cannot
 * be. The library by itself only tells what comes after this very moment.
 */
export function cronTimes(text: string): CronTimes | null {
  const fields = text.trim().split(/\s+/);
  if ((fields.length !== 5 && fields.length !== 6) || !isCron(text)) return null;
  const { second, minute, hour } = cron.parse(text);
  // Which days it comes on is asked of the library at their noon: `L`, `15W` and `1#2` are its own.
  const task = cron.createTask(`0 0 12 ${fields.slice(-3).join(' ')}`, () => undefined, {
    timezone: 'Etc/UTC',
    logger: SILENT,
  });
  void task.destroy();
  const known = new Map<number, boolean>();
  return {
    comesOn(day) {
      let comes = known.get(day);
      if (comes === undefined) {
        comes = task.match(new Date((day + 0.5) * DAY_MS));
        if (known.size >= DAYS_KNOWN_MAX) known.clear();
        known.set(day, comes);
      }
      return comes;
    },
    perDay: second.length * minute.length * hour.length,
    seconds: () =>
      hour
        .flatMap((h) => minute.flatMap((m) => second.map((s) => (h * 60 + m) * 60 + s)))
        .sort((a, b) => a - b),
  };
}
