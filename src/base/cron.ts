import cron from 'node-cron';

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
