import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Clock, sleep, withDeadline } from '../base/clock.ts';
import { AppError, toAppError } from '../base/errors.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Service } from '../base/service.ts';
import type { JournalSnapshots } from '../contracts/backup.ts';
import type { Frame, FrameBatch, RawMessage } from '../contracts/frame.ts';
import type { AppendDone, Journal, JournalStatus } from '../contracts/journal.ts';
import { copyJournal } from './copy.ts';
import {
  addFrame,
  type FrameGroup,
  GROUP_BYTES_MAX,
  GroupPool,
  hasRoom,
  refusedGroup,
} from './group.ts';
import { decodeSlice, HEADER_BYTES } from './layout.ts';
import { createJournalMetrics, type JournalMetrics } from './metrics.ts';
import type { Position, SourceRow, ThreadReply } from './protocol.ts';
import { SourceTable } from './sources.ts';
import { JournalThread, toError } from './thread.ts';

/**
 * Bytes taken and not yet on disk: 16,000 devices with 20 reports of 200 bytes each in flight. A
 * disk that hangs stops the intake here instead of filling the memory.
 */
const IN_FLIGHT_BYTES_MAX = 64 * 1024 * 1024;
/** One answer to `read`: 150,000 reports of 200 bytes, enough for the largest store batch. */
const READ_BYTES_MAX = 32 * 1024 * 1024;
/** A full journal takes reports again when a thirty-second of it is free: no flapping. */
const FULL_MARGIN = 32;
const PROBE_MS = 1_000;
const REOPEN_MS_MAX = 30_000;
/** What waits at `stop` is one commit, or the disk hangs. */
const STOP_MS = 5_000;
const REPAIRS_MAX = 100;

export interface JournalOptions {
  /** Folder for `journal.db`; made when it is missing. */
  dir: string;
  bytesMax: number;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

export interface JournalRoom extends Journal, JournalSnapshots, Service {
  /**
   * The next frame gets `offset` or a higher one. To be called with the consumers' highest cursor
   * after start: when damage took the newest frames, their offsets must not be given out again.
   */
  advanceHead(offset: number): Promise<void>;
}

/** The journal's file, in its own folder and in a copy of it. */
const FILE = 'journal.db';

export function createJournal(options: JournalOptions): JournalRoom {
  return new SqliteJournal(options);
}

class SqliteJournal implements JournalRoom {
  readonly name = 'journal';
  readonly #options: JournalOptions;
  readonly #log: Logger;
  readonly #quietly: ReturnType<typeof repeatGuard>;
  readonly #metrics: JournalMetrics;
  readonly #thread: JournalThread;
  readonly #sources = new SourceTable();
  readonly #pool = new GroupPool();
  readonly #listeners = new Set<(head: number) => void>();
  readonly #stopper = new AbortController();
  readonly #repairs: string[] = [];

  /** In the order of appends; the first one is being committed while `#committing`. */
  #groups: FrameGroup[] = [];
  /** The last group while it takes more frames. */
  #filling: FrameGroup | null = null;
  #committing = false;
  #committingSources: SourceRow[] = [];
  #committingSince = 0;
  #scheduled = false;
  #inFlightBytes = 0;
  #inFlightFrames = 0;

  #position: Position = { tail: 0, head: 0, bytes: 0, oldestAt: null };
  #closed: AppError | null = new AppError('JOURNAL_CLOSED', 'the journal is not open');
  #failure: AppError | null = null;
  #full: AppError | null = null;
  #recovering = false;
  #stopping: Promise<void> | null = null;
  #onDrained: (() => void) | null = null;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#log = options.logger;
    this.#quietly = repeatGuard(options.clock);
    this.#metrics = createJournalMetrics(options.metrics, () => this.status());
    this.#thread = new JournalThread(path.join(options.dir, FILE), {
      replied: (reply) => this.#learn(reply),
      committed: (reply) => this.#finishCommit(reply),
      repaired: (repair) => this.#noteRepair(repair),
      lost: (error) => this.#fail(error),
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    const abort = (): void => void this.stop();
    signal.addEventListener('abort', abort, { once: true });
    try {
      mkdirSync(this.#options.dir, { recursive: true });
      await this.#thread.open(0);
      if (signal.aborted || this.#stopping !== null) throw closedError();
      this.#closed = null;
    } catch (error) {
      await this.stop();
      if (error instanceof AppError && error.code !== 'JOURNAL_WRITE_FAILED') throw error;
      throw new AppError('JOURNAL_OPEN_FAILED', `no journal in ${this.#options.dir}`, {
        cause: error,
        hint: 'Check that the folder exists, belongs to this user and that its disk has room.',
      });
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#close();
    return this.#stopping;
  }

  append(message: RawMessage, done: AppendDone): void {
    const bytes = HEADER_BYTES + message.payload.byteLength;
    const refusal = this.#refusalOf(bytes);
    let group = this.#filling;
    if (refusal !== null) {
      group = this.#refusingGroup(refusal);
    } else {
      if (group === null || !hasRoom(group, bytes)) group = this.#openGroup();
      addFrame(group, message, this.#sources.number(message.source));
      this.#inFlightBytes += bytes;
    }
    group.dones.push(done);
    this.#inFlightFrames++;
    if (!this.#scheduled && !this.#committing) this.#schedule();
  }

  async read(from: number, bytesMax: number): Promise<FrameBatch> {
    const limit = Math.min(bytesMax, READ_BYTES_MAX);
    const sourceOf = (id: number) => this.#sources.source(id);
    const frames: Frame[] = [];
    let start: number | null = null;
    let next = from;
    let bytes = 0;
    try {
      for (;;) {
        const request = { type: 'read', from: next, bytesMax: limit - bytes } as const;
        const { slice } = await this.#thread.job(request);
        if (slice === undefined) break;
        start ??= slice.from;
        decodeSlice(slice, sourceOf, frames);
        bytes += slice.buffer.byteLength;
        const ended = slice.next <= next || slice.next >= this.#position.head;
        next = slice.next;
        if (ended || bytes >= limit) break;
      }
    } catch (error) {
      if (error instanceof AppError && error.code === 'JOURNAL_CLOSED') throw error;
      throw new AppError('JOURNAL_READ_FAILED', 'the journal could not be read', { cause: error });
    }
    return { from: start ?? from, next, frames };
  }

  async trim(offset: number): Promise<void> {
    let more = true;
    while (more) more = (await this.#thread.job({ type: 'trim', offset })).more === true;
  }

  async advanceHead(offset: number): Promise<void> {
    await this.#thread.job({ type: 'advance', offset });
  }

  async snapshot(dir: string): Promise<{ tail: number; head: number }> {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const bytesMax = GROUP_BYTES_MAX;
    return copyJournal({
      file: path.join(dir, FILE),
      head: this.#position.head,
      read: async (from) => (await this.#thread.job({ type: 'read', from, bytesMax })).slice,
      sources: () => this.#sources.rows(),
    });
  }

  onCommit(listener: (head: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  status(): JournalStatus {
    return {
      ...this.#position,
      bytesMax: this.#options.bytesMax,
      inFlight: this.#inFlightFrames,
      failure: this.#failure ?? this.#full ?? this.#closed,
      repairs: [...this.#repairs],
    };
  }

  #refusalOf(bytes: number): AppError | null {
    if (this.#closed !== null) return this.#closed;
    if (this.#failure !== null) return this.#failure;
    if (this.#full !== null) return this.#full;
    if (bytes > GROUP_BYTES_MAX) return payloadTooLarge(bytes);
    const bytesTaken = this.#inFlightBytes + bytes;
    if (bytesTaken > IN_FLIGHT_BYTES_MAX) return overloaded();
    if (this.#position.bytes + bytesTaken > this.#options.bytesMax) {
      this.#full = fullError(this.#options.bytesMax);
      this.#log.error({ error: this.#full }, 'journal full');
    }
    return this.#full;
  }

  #openGroup(): FrameGroup {
    const group = this.#pool.open();
    this.#groups.push(group);
    this.#filling = group;
    return group;
  }

  /** Refusals take their turn too, so that callbacks come in the order of appends. */
  #refusingGroup(refusal: AppError): FrameGroup {
    this.#metrics.refused.add(1, { code: refusal.code });
    this.#filling = null;
    const last = this.#groups.at(-1);
    if (last !== undefined && last.refusal?.code === refusal.code) return last;
    const group = refusedGroup(refusal);
    this.#groups.push(group);
    return group;
  }

  /** At the end of this turn of the event loop: one read of the sockets becomes one commit. */
  #schedule(): void {
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#advance();
    });
  }

  #advance(): void {
    // Appends made by the callbacks wait for the next turn: a retry in a callback cannot spin here.
    for (let turns = this.#groups.length; turns > 0 && !this.#committing; turns--) {
      const group = this.#groups[0];
      if (group === undefined) break;
      if (group.refusal === null) {
        this.#commit(group);
      } else {
        this.#groups.shift();
        this.#settle(group, group.refusal);
      }
    }
    if (this.#groups.length === 0) this.#onDrained?.();
  }

  #commit(group: FrameGroup): void {
    if (group === this.#filling) this.#filling = null;
    this.#committing = true;
    this.#committingSince = this.#options.clock.monotonic();
    this.#committingSources = this.#sources.unsaved();
    this.#thread.commit({
      type: 'commit',
      buffer: group.buffer,
      bytes: group.length,
      count: group.dones.length,
      receivedAt: group.receivedAt,
      sources: this.#committingSources,
    });
  }

  #finishCommit(reply: ThreadReply): void {
    if (reply.buffer !== undefined) this.#pool.recycle(reply.buffer);
    if (!this.#committing) return;
    if (reply.failure !== null) return this.#fail(toError(reply.failure));
    const group = this.#groups.shift();
    this.#committing = false;
    this.#sources.saved(this.#committingSources);
    if (group === undefined) return;
    this.#metrics.commitMs.observe(this.#options.clock.monotonic() - this.#committingSince);
    this.#metrics.commits.add();
    this.#metrics.frames.add(group.dones.length);
    this.#metrics.bytes.add(group.length);
    // The next commit syncs while this one's callbacks run.
    const next = this.#groups[0];
    if (next !== undefined && next.refusal === null) this.#commit(next);
    this.#settle(group, null);
    for (const listener of this.#listeners) this.#guard(() => listener(this.#position.head));
    this.#advance();
  }

  #settle(group: FrameGroup, error: AppError | null): void {
    this.#inFlightBytes -= group.length;
    this.#inFlightFrames -= group.dones.length;
    for (const done of group.dones) this.#guard(() => done(error));
    this.#reopenWhenRoom();
  }

  /** A callback that throws is a defect of its owner and must not cost the others theirs. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#quietly('callback', (suppressed) =>
        this.#log.error({ error, suppressed }, 'journal callback failed'),
      );
    }
  }

  #learn(reply: ThreadReply): void {
    if (reply.position !== null) this.#position = reply.position;
    if (reply.sources !== undefined) this.#sources.load(reply.sources);
    for (const repair of reply.repairs) this.#noteRepair(repair);
    const reason = reply.checkpointFailure;
    if (reason !== undefined) {
      this.#quietly('checkpoint', (suppressed) =>
        this.#log.warn({ reason, suppressed }, 'journal checkpoint failed'),
      );
    }
    this.#reopenWhenRoom();
  }

  #noteRepair(repair: string): void {
    this.#log.warn({ repair }, 'journal repaired');
    this.#repairs.push(repair);
    if (this.#repairs.length > REPAIRS_MAX) this.#repairs.shift();
  }

  #reopenWhenRoom(): void {
    if (this.#full === null) return;
    const { bytesMax } = this.#options;
    const bytes = this.#position.bytes + this.#inFlightBytes;
    if (bytes > bytesMax - bytesMax / FULL_MARGIN) return;
    this.#full = null;
    this.#log.info('journal has room again');
  }

  /** What is not on disk now is not acknowledged, and nothing more is taken until it recovers. */
  #fail(error: AppError): void {
    const first = this.#failure === null;
    this.#failure = error;
    this.#metrics.failures.add();
    if (first) this.#log.error({ error }, 'journal failed');
    this.#failWaiting(error);
    if (!this.#recovering) void this.#recover();
  }

  #failWaiting(error: AppError): void {
    const groups = this.#groups;
    this.#groups = [];
    this.#filling = null;
    this.#committing = false;
    for (const group of groups) {
      if (group.buffer.byteLength > 0) this.#pool.recycle(group.buffer);
      this.#settle(group, group.refusal ?? error);
    }
    if (this.#groups.length === 0) this.#onDrained?.();
  }

  async #recover(): Promise<void> {
    this.#recovering = true;
    const { signal } = this.#stopper;
    // A damaged file needs no waiting, only rebuilding.
    let pauseMs = this.#thread.damaged ? 0 : PROBE_MS;
    while (this.#failure !== null && !signal.aborted) {
      await sleep(pauseMs, signal);
      if (signal.aborted) break;
      try {
        if (!this.#thread.running) {
          // A rebuild that fails for want of room copies much each time: not every second.
          pauseMs = Math.min(Math.max(pauseMs * 2, PROBE_MS), REOPEN_MS_MAX);
          await this.#thread.open(this.#position.head);
        }
        pauseMs = PROBE_MS;
        await this.#thread.job({ type: 'probe' });
        this.#failure = null;
        this.#log.info('journal recovered');
      } catch (error) {
        this.#failure = toAppError(error, 'JOURNAL_WRITE_FAILED', 'the journal is still failing');
      }
    }
    this.#recovering = false;
  }

  async #close(): Promise<void> {
    this.#closed = closedError();
    this.#stopper.abort();
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
    if (!this.#scheduled) this.#schedule();
    try {
      await withDeadline(drained, STOP_MS, closedError);
      await this.#thread.close(STOP_MS);
    } catch (error) {
      this.#log.error({ error }, 'journal not closed cleanly');
      this.#failWaiting(this.#closed);
      await this.#thread.close(0).catch(() => undefined);
    }
  }
}

function closedError(): AppError {
  return new AppError('JOURNAL_CLOSED', 'the journal is closed');
}

function overloaded(): AppError {
  return new AppError('JOURNAL_OVERLOADED', 'too much is waiting for the disk', {
    hint: 'The disk is slower than the reports come in; devices will send again.',
  });
}

function payloadTooLarge(bytes: number): AppError {
  return new AppError('JOURNAL_PAYLOAD_TOO_LARGE', `${bytes} bytes do not fit in one commit`, {
    hint: `Send at most ${GROUP_BYTES_MAX - HEADER_BYTES} bytes at once.`,
  });
}

function fullError(bytesMax: number): AppError {
  return new AppError('JOURNAL_FULL', `the journal holds its ${bytesMax} bytes`, {
    hint: 'A store is not taking its data: mend it, or allow the journal more bytes.',
  });
}
