import closeWithGrace from 'close-with-grace';
import { type App, createApp } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import { createLogger, type Logger } from '../base/logger.ts';
import type { Config } from '../config.ts';

/** A stop that takes longer is cut: what is not flushed by then was not acknowledged either. */
const STOP_DEADLINE_MS = 15_000;

export interface RunningServer {
  app: App;
  logger: Logger;
  /** Settles when the process was asked to end and everything has stopped. */
  finished: Promise<void>;
  /** Runs `work` before the server stops. */
  beforeStop(work: () => Promise<void>): void;
}

/** Starts the server in this process and ties it to the process's signals. */
export async function runServer(config: Config, version: string): Promise<RunningServer> {
  const logger = createLogger(config.logLevel);
  const app = createApp({ config, version, clock: systemClock, logger });
  const before: Array<() => Promise<void>> = [];
  let resolve: () => void = () => undefined;
  const finished = new Promise<void>((settle) => {
    resolve = settle;
  });
  let failed: unknown;
  const grace = closeWithGrace(
    { delay: STOP_DEADLINE_MS, logger: false },
    async ({ err, signal }) => {
      if (err !== undefined) logger.fatal({ error: err }, 'unexpected failure');
      if (failed === undefined) logger.info({ signal }, 'stopping');
      for (const work of before) await work();
      await app.stop();
      resolve();
    },
  );
  try {
    await app.start();
  } catch (error) {
    failed = error;
    grace.uninstall();
    await app.stop();
    throw error;
  }
  return { app, logger, finished, beforeStop: (work) => before.push(work) };
}
