import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Clock, holdProcess, sleep, withDeadline } from '../../base/clock.ts';
import { AppError, describeError } from '../../base/errors.ts';
import { type Logger, repeatGuard } from '../../base/logger.ts';
import { type ChildEnd, ChildLink, unavailable } from './link.ts';
import type { ChildStatus, OpenRequest } from './protocol.ts';
import { type Damage, setAside } from './repair.ts';

/** Waits between two lives: short at first, for a kill; long when something stays wrong. */
const BACK_OFF_MS_MIN = 50;
const BACK_OFF_MS_MAX = 10_000;
/** A store open this long did its work before it ended: the next wait is the shortest again. */
const HEALTHY_MS = 1_000;
/** `start` waits this long for the first open; the rest goes on behind it. */
const START_WAIT_MS = 15_000;
/** 32 MiB of log are replayed in well under a second, a table of 50 million rows read in two. */
const OPEN_TIME_MAX_MS = 120_000;
const CLOSE_TIME_MAX_MS = 10_000;
/** Ends without a word while opening before the log is blamed: one may be someone's kill. */
const SILENT_ENDS_MAX = 3;

export interface SupervisorOptions {
  open: OpenRequest;
  clock: Clock;
  logger: Logger;
  onRestart(): void;
}

/** Keeps one child alive and its files readable; never needs a person. */
export class Supervisor {
  readonly repairs: string[] = [];
  status: ChildStatus = { cursor: 0, persisted: 0, bytes: 0, rssBytes: 0, identity: null };
  /** Why there is no store now, or null. */
  reason: string | null = 'it has not been started';
  readonly #options: SupervisorOptions;
  readonly #quiet: ReturnType<typeof repeatGuard>;
  readonly #stopping = new AbortController();
  #link: ChildLink | null = null;
  #ready: ChildLink | null = null;
  #lives: Promise<void> | null = null;
  #silentEnds = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#quiet = repeatGuard(options.clock);
  }

  /** The open database's process. Throws SERIES_UNAVAILABLE. */
  get link(): ChildLink {
    if (this.#ready === null) throw unavailable(this.reason ?? 'it is starting');
    return this.#ready;
  }

  get pid(): number | undefined {
    return this.#link?.pid;
  }

  /** Resolves when the store is open, or when opening it turns out to take long. */
  async start(signal: AbortSignal): Promise<void> {
    const dir = path.dirname(this.#options.open.file);
    try {
      mkdirSync(dir, { recursive: true });
    } catch (cause) {
      throw new AppError('SERIES_DIR_UNUSABLE', `cannot make the folder ${dir}`, {
        cause,
        hint: 'Make the data folder writable for the user that runs the program.',
      });
    }
    signal.addEventListener('abort', () => this.#stopping.abort(), { once: true });
    await new Promise<void>((opened) => {
      // Between two lives there may be nothing else that keeps the program from ending.
      this.#lives = this.#live(opened).finally(holdProcess());
      void sleep(START_WAIT_MS, signal).then(opened);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const link = this.#ready;
    if (link !== null) {
      try {
        await link.call('close', null, CLOSE_TIME_MAX_MS);
        await withDeadline(link.ended, CLOSE_TIME_MAX_MS, () => unavailable('it does not end'));
      } catch {
        // Whatever it did not write is still in its log or in the journal.
      }
    }
    this.#link?.kill();
    await this.#lives;
    this.reason = 'it was stopped';
  }

  async #live(opened: () => void): Promise<void> {
    const { logger } = this.#options;
    let waitMs = BACK_OFF_MS_MIN;
    while (!this.#stopping.signal.aborted) {
      const repairs = this.repairs.length;
      const { openMs, ...end } = await this.#liveOnce(opened);
      if (this.#stopping.signal.aborted) return;
      if (openMs >= HEALTHY_MS || this.repairs.length > repairs) waitMs = BACK_OFF_MS_MIN;
      this.#quiet('ended', (suppressed) =>
        logger.warn({ ...end, suppressed }, 'series store ended, starting it again'),
      );
      this.#options.onRestart();
      await sleep(waitMs, this.#stopping.signal);
      waitMs = Math.min(waitMs * 2, BACK_OFF_MS_MAX);
    }
  }

  /** From fork to exit; tells how long the database was open. */
  async #liveOnce(opened: () => void): Promise<ChildEnd & { openMs: number }> {
    const { clock, logger, open } = this.#options;
    let openedAt = Number.POSITIVE_INFINITY;
    const link = new ChildLink({
      onStatus: (status) => {
        this.status = status;
      },
      onTrouble: (message) =>
        this.#quiet('trouble', (suppressed) =>
          logger.error({ reason: message, suppressed }, 'series store in trouble'),
        ),
      onRepair: (repair) => this.#noteRepair(repair),
    });
    this.#link = link;
    try {
      this.status = await link.open(open, OPEN_TIME_MAX_MS);
      this.#ready = link;
      this.reason = null;
      this.#silentEnds = 0;
      openedAt = clock.monotonic();
      opened();
    } catch (error) {
      this.reason = describeError(error);
    }
    const end = await link.ended;
    const wasOpen = this.#ready === link;
    this.#ready = null;
    if (wasOpen) this.reason = 'its process ended and is started again';
    if (wasOpen && end.openFailure !== null) {
      this.#setAside({ why: end.openFailure.message, mainFile: true, whileOpen: true });
    } else if (!wasOpen) {
      this.#afterFailedOpen(end);
    }
    return { ...end, openMs: clock.monotonic() - openedAt };
  }

  #afterFailedOpen({ openFailure, signal }: ChildEnd): void {
    if (openFailure === null) {
      // Replaying a log can end the process; so can a person or a machine short of memory.
      this.#silentEnds++;
      if (this.#silentEnds < SILENT_ENDS_MAX) return;
      this.#silentEnds = 0;
      const why = `the process ended while opening it (${signal ?? 'exit'})`;
      // Nobody but a person or the kernel sends SIGKILL: that says nothing about the main file.
      return this.#setAside({ why, mainFile: signal !== 'SIGKILL' });
    }
    this.#silentEnds = 0;
    this.reason = openFailure.message;
    const { fault, message } = openFailure;
    if (fault === 'damaged') this.#setAside({ why: message, mainFile: true });
    if (fault === 'memory') this.#setAside({ why: message, mainFile: false });
  }

  #noteRepair(repair: string): void {
    this.repairs.push(repair);
    this.#options.logger.error({ repair }, 'series store repaired');
  }

  #setAside(damage: Damage): void {
    const { clock, open } = this.#options;
    try {
      const repair = setAside(open.file, clock.now(), damage);
      if (repair === null) return;
      this.#noteRepair(repair);
      // Until the file is open again nothing may be trimmed on the strength of what it held.
      this.status = { ...this.status, cursor: 0, persisted: 0, identity: null };
    } catch (error) {
      this.reason = `cannot set damaged files aside: ${describeError(error)}`;
    }
  }
}
