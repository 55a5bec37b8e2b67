import { BackOff } from '../base/back-off.ts';
import { type Clock, repeat, sleep, yieldToEventLoop } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import { createLoopMeter } from '../base/loop-meter.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Service } from '../base/service.ts';
import type { FrameBatch } from '../contracts/frame.ts';
import type { Journal } from '../contracts/journal.ts';
import type { Consumer, DecodedBatch } from '../contracts/observation.ts';
import { Courtesy } from './courtesy.ts';
import { DecodedWindow, joinUpTo } from './decoded-window.ts';
import type { Ledger } from './ledger.ts';

export interface Follower {
  consumer: Consumer;
  /** Waits this long after the first new frame, so that a store gets larger batches. */
  lingerMs?: number;
}

export interface PumpOptions {
  journal: Journal;
  decode: (batch: FrameBatch) => DecodedBatch;
  ledger: Ledger;
  followers: readonly Follower[];
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

/** A read of 2 MiB is about 10,000 reports: one transaction of the ledger serves so many. */
const READ_BYTES_MAX = 2 * 1024 * 1024;
/** Bytes decoded between two looks at the sockets: 2,500 reports, 10 ms when none is usual. */
const DECODED_AT_ONCE_BYTES = 512 * 1024;
/** Observations in one batch for a follower: DuckDB likes 10,000 rows a transaction. */
const OBSERVATIONS_PER_BATCH_MAX = 20_000;
const TRIM_EVERY_MS = 10_000;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 10_000;
/** While the intake is busy reading pauses, but never for longer than this. */
const COURTESY_MAX_MS = 500;
const COURTESY_STEP_MS = 10;

/**
 * Takes frames from the journal to the consumers, each at its own pace. The ledger goes first;
 * followers are given only what it has settled. A consumer that fails is tried again for ever,
 * with back-off, and holds up nobody but itself.
 */
export class Pump implements Service {
  readonly name = 'pump';
  readonly #options: PumpOptions;
  readonly #window = new DecodedWindow();
  readonly #courtesy: Courtesy;
  readonly #lanes: Lane[];
  readonly #ledgerLane: Lane;
  readonly #stopper = new AbortController();
  #reading: Promise<unknown> = Promise.resolve();
  #stopTrimming: (() => void) | undefined;
  #stopListening: (() => void) | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #trimHolds = 0;

  constructor(options: PumpOptions) {
    this.#options = options;
    const { clock, journal } = options;
    const head = (): number => journal.status().head;
    this.#courtesy = new Courtesy({ clock, loop: createLoopMeter(), head });
    this.#ledgerLane = new Lane({ consumer: options.ledger });
    this.#lanes = [this.#ledgerLane, ...options.followers.map((follower) => new Lane(follower))];
    for (const lane of this.#lanes) {
      const name = `sluice_${lane.consumer.name}_backlog_frames`;
      const help = `Journaled frames the consumer ${lane.consumer.name} has not accepted yet.`;
      options.metrics.gauge(name, help, () => this.#backlog(lane));
    }
  }

  async start(): Promise<void> {
    const { journal, ledger, logger } = this.#options;
    await ledger.load();
    this.#stopListening = journal.onCommit(() => this.#ledgerLane.wake());
    this.#stopTrimming = repeat(TRIM_EVERY_MS, () =>
      this.trim().catch((error: unknown) => logger.warn({ error }, 'trim failed')),
    );
    this.#running = Promise.all(this.#lanes.map((lane) => this.#run(lane)));
  }

  async stop(): Promise<void> {
    this.#stopper.abort();
    this.#stopListening?.();
    this.#stopTrimming?.();
    for (const lane of this.#lanes) lane.wake();
    await this.#running;
  }

  /** Frames each consumer has still to accept, by its name. */
  backlogs(): Record<string, number> {
    return Object.fromEntries(this.#lanes.map((lane) => [lane.consumer.name, this.#backlog(lane)]));
  }

  #backlog(lane: Lane): number {
    return Math.max(0, this.#options.journal.status().head - lane.cursor);
  }

  async #run(lane: Lane): Promise<void> {
    const { clock, logger } = this.#options;
    const quiet = repeatGuard(clock);
    const backOff = new BackOff(RETRY_FIRST_MS, RETRY_MAX_MS);
    while (!this.#stopper.signal.aborted) {
      try {
        lane.cursor = await lane.consumer.cursor();
        lane.known = true;
        while (await this.#step(lane)) backOff.reset();
      } catch (error) {
        if (this.#stopper.signal.aborted) return;
        const fields = { consumer: lane.consumer.name, error: describeError(error) };
        quiet(lane.consumer.name, (suppressed) =>
          logger.warn({ ...fields, suppressed }, 'consumer failed, trying again'),
        );
        await sleep(backOff.after(error), this.#stopper.signal);
      }
    }
  }

  /** One batch, or a wait for one; false when the pump stops. */
  async #step(lane: Lane): Promise<boolean> {
    const signal = this.#stopper.signal;
    if (lane.cursor >= this.#limit(lane)) {
      await lane.sleepUntilWoken();
      if (signal.aborted) return false;
      if (lane.lingerMs > 0) await sleep(lane.lingerMs, signal);
      return !signal.aborted;
    }
    await this.#giveWay();
    if (signal.aborted) return false;
    const batch = await this.#next(lane);
    // Who is behind needs the next one as well: it is read while this one is worked on.
    if (batch.next < this.#limit(lane)) this.#readAhead(lane, batch.next);
    if (batch.next > lane.cursor) {
      await lane.consumer.accept(lane === this.#ledgerLane ? batch : this.#settled(batch));
      lane.cursor = batch.next;
    }
    if (lane === this.#ledgerLane) for (const other of this.#lanes) other.wake();
    this.#window.drop(this.#slowest());
    await yieldToEventLoop();
    return true;
  }

  #settled(batch: DecodedBatch): DecodedBatch {
    return this.#options.ledger.settled(batch);
  }

  #limit(lane: Lane): number {
    return lane === this.#ledgerLane
      ? this.#options.journal.status().head
      : this.#ledgerLane.cursor;
  }

  #slowest(): number {
    return Math.min(...this.#lanes.map((lane) => (lane.known ? lane.cursor : 0)));
  }

  async #next(lane: Lane): Promise<DecodedBatch> {
    const { ahead, cursor } = lane;
    lane.ahead = undefined;
    // The window may have more of it by now.
    const held = this.#window.take(cursor, this.#limit(lane), OBSERVATIONS_PER_BATCH_MAX);
    return held ?? (ahead?.from === cursor ? ahead.batch : this.#readInTurn(lane, cursor));
  }

  #readAhead(lane: Lane, from: number): void {
    if (this.#window.holds(from)) return;
    const batch = this.#readInTurn(lane, from);
    // It is asked for a little later; until then nobody else hears of its end.
    batch.catch(() => undefined);
    lane.ahead = { from, batch };
  }

  /** One read at a time: two lanes at the same place share what the first of them reads. */
  #readInTurn(lane: Lane, from: number): Promise<DecodedBatch> {
    const turn = this.#reading.then(() => this.#read(from, this.#limit(lane)));
    this.#reading = turn.catch(() => undefined);
    return turn;
  }

  async #read(from: number, limit: number): Promise<DecodedBatch> {
    const held = this.#window.take(from, limit, OBSERVATIONS_PER_BATCH_MAX);
    if (held !== undefined) return held;
    const { journal, decode } = this.#options;
    const batch = await journal.read(from, READ_BYTES_MAX);
    // What stood between is lost for good: a consumer that waits for it would wait for ever.
    const whole = below({ ...batch, from }, limit);
    const decoded: DecodedBatch[] = [];
    for (const part of parts(whole)) {
      if (decoded.length > 0) await yieldToEventLoop();
      decoded.push(decode(part));
    }
    const isNewest = whole.from >= (this.#window.next ?? 0);
    if (isNewest && whole.next > whole.from) for (const part of decoded) this.#window.add(part);
    return joinUpTo(OBSERVATIONS_PER_BATCH_MAX, decoded);
  }

  /** Acknowledgements come first: reading waits a moment while many of them are pending. */
  async #giveWay(): Promise<void> {
    const { clock } = this.#options;
    const until = clock.monotonic() + COURTESY_MAX_MS;
    while (this.#courtesy.due() && clock.monotonic() < until) {
      await sleep(COURTESY_STEP_MS, this.#stopper.signal);
      if (this.#stopper.signal.aborted) return;
    }
  }

  /**
   * Keeps every frame that some consumer has not passed now, until the returned function is called.
   * A trim under way goes on: it reaches no further than what all of them have made safe already.
   */
  holdTrim(): () => void {
    this.#trimHolds++;
    let held = true;
    return () => {
      if (held) this.#trimHolds--;
      held = false;
    };
  }

  /** Lets the journal forget what every consumer has made safe; runs by itself now and then. */
  async trim(): Promise<void> {
    const { journal, ledger } = this.#options;
    if (this.#trimHolds > 0 || this.#lanes.some((lane) => !lane.known)) return;
    const persisted = Math.min(...this.#lanes.map((lane) => lane.consumer.persisted()));
    await journal.trim(persisted);
    await ledger.trim(persisted);
  }
}

/** One consumer on its way through the journal. */
class Lane {
  readonly consumer: Consumer;
  readonly lingerMs: number;
  cursor = 0;
  /** The cursor was read from the consumer at least once. */
  known = false;
  /** What comes behind the batch in hand, or is being read. */
  ahead: { from: number; batch: Promise<DecodedBatch> } | undefined;
  #woken = false;
  #wake: (() => void) | undefined;

  constructor(follower: Follower) {
    this.consumer = follower.consumer;
    this.lingerMs = follower.lingerMs ?? 0;
  }

  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  sleepUntilWoken(): Promise<void> {
    if (this.#woken) {
      this.#woken = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#woken = false;
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/** The batch in parts that are decoded at once; at least one. */
function* parts(batch: FrameBatch): Iterable<FrameBatch> {
  const { frames } = batch;
  let { from } = batch;
  let start = 0;
  let bytes = 0;
  for (let end = 0; end < frames.length; end++) {
    const frame = frames[end];
    if (frame === undefined) break;
    if (bytes >= DECODED_AT_ONCE_BYTES) {
      yield { from, next: frame.offset, frames: frames.slice(start, end) };
      from = frame.offset;
      start = end;
      bytes = 0;
    }
    bytes += frame.payload.byteLength;
  }
  yield { from, next: batch.next, frames: frames.slice(start) };
}

function below(batch: FrameBatch, limit: number): FrameBatch {
  if (batch.next <= limit) return batch;
  return { ...batch, next: limit, frames: batch.frames.filter((frame) => frame.offset < limit) };
}
