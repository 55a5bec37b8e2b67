import { type Clock, sleep } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { localClock } from '../base/local-clock.ts';
import type { Logger } from '../base/logger.ts';
import type { CounterMetric, Metrics } from '../base/metrics.ts';
import type { Alert, AlertDesk } from '../contracts/alert.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { LivePublisher } from '../contracts/live.ts';
import type { DeviceMessenger } from '../contracts/messenger.ts';
import type { AckReport, DecodedBatch, Observation } from '../contracts/observation.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Repositories, State } from '../contracts/state.ts';
import { advance } from './advance.ts';
import { Book, freshState } from './book.ts';
import { onListening, passTime, watchInterlocks } from './deadlines.ts';
import { tellFault } from './fault-alerts.ts';
import type { Floor } from './floor.ts';
import { observe } from './observing.ts';
import { moveWatches, seeTime } from './proving.ts';
import { recover } from './recover.ts';
import { goOnAll } from './remedies.ts';
import { Sender } from './sender.ts';
import { type KeptSenses, Senses } from './senses.ts';
import { Sitting } from './sitting.ts';

export interface CommandOptions {
  state: State;
  registry: Registry;
  kinds: KindRegistry;
  live: LivePublisher;
  messenger: DeviceMessenger;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Days of daily budgets are local to it. */
  timeZone: string;
  /** Calls people when a part does not obey; without one the log, the audit and the page tell. */
  alerts?: AlertDesk;
  /**
   * Offset the journal's next frame will get: a witness is given up only when every frame received
   * by then was read. Absent: everything received was accepted.
   */
  head?: () => number;
}

/** Without news what was seen is committed this often: a crash replays a second of the journal. */
const COMMIT_EVERY_MS = 1_000;
/** The wall clock moved this far from the one that cannot jump; less is its daily correction. */
const CLOCK_JUMP_MS = 2_000;
/** Rain and cut-offs: of what a crash takes a minute is missing. */
const KEEP_SENSES_EVERY_MS = 60_000;
const SENSES_SETTING = 'commands-senses';
/** What is on its way to a socket when the server stops; a restart treats it as sent. */
const STOP_GRACE_MS = 2_000;
/** Ended commands are kept for a year of questions; the audit stays. */
const KEEP_MS = 365 * 86_400_000;
const EXPIRE_EVERY_MS = 3_600_000;
const EXPIRE_ROWS_MAX = 5_000;

export interface Turn {
  floor: Floor;
  sitting: Sitting;
}

/** One change at a time, each committed before it is published or sent. */
export class Engine {
  readonly floor: Floor;
  readonly #options: CommandOptions;
  readonly #sender: Sender;
  readonly #count: { states: CounterMetric; words: CounterMetric };
  /** Parts whose state changed and is not on disk yet. */
  readonly #dirty = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();
  #isLoaded = false;
  /** Frames below are in the book; below `committed` on disk. */
  #position = 0;
  #committed = 0;
  #committedAt = Number.NEGATIVE_INFINITY;
  #sensesKeptAt = Number.NEGATIVE_INFINITY;
  #expiredAt: number;
  #clockOffset: number;
  #isSettling = false;
  /** A look for silent witnesses that waits until frames below `head` are read. */
  #look: { head: number; now: number } | null = null;

  constructor(options: CommandOptions) {
    const { clock, metrics, messenger, state, registry, kinds, timeZone } = options;
    this.#options = options;
    const book = new Book(clock);
    const senses = new Senses({ registry, kinds });
    const local = localClock(timeZone);
    this.floor = { state, registry, kinds, messenger, localClock: local, book, senses };
    const told = (): void => this.#settleSoon();
    this.#sender = new Sender({ book, messenger, clock, metrics, told });
    this.#clockOffset = clock.now() - clock.monotonic();
    this.#expiredAt = clock.monotonic();
    this.#count = {
      states: metrics.counter('sluice_commands_total', 'Commands that came into a state.', [
        'state',
      ]),
      words: metrics.counter(
        'sluice_command_words_ignored_total',
        'Acknowledgements that were repeated, late, contradictory or of no command.',
      ),
    };
    metrics.gauge('sluice_commands_open', 'Commands that are not over.', () => book.size);
  }

  /** Reads what was committed and brings it to now; ten thousand open commands in a second. */
  load(): Promise<void> {
    return this.#exclusively(() => this.#ensureLoaded());
  }

  async close(): Promise<void> {
    await Promise.race([this.idle(), sleep(STOP_GRACE_MS)]);
    await this.#exclusively(async () => {
      if (!this.#isLoaded) return;
      this.#sensesKeptAt = Number.NEGATIVE_INFINITY;
      await this.#commit(this.#sitting());
    });
  }

  async cursor(): Promise<number> {
    await this.load();
    return this.#committed;
  }

  get persisted(): number {
    return this.#committed;
  }

  /** Changes that commit before it resolves, unless `isKept` says that they are not to be kept. */
  change<T>(
    work: (turn: Turn) => T | Promise<T>,
    isKept: (result: T) => boolean = () => true,
  ): Promise<T> {
    const since = this.#options.clock.monotonic();
    return this.#exclusively(async () => {
      await this.#ensureLoaded();
      const sitting = this.#sitting();
      const result = await work({ floor: this.floor, sitting });
      if (isKept(result) && !sitting.isEmpty) await this.#commit(sitting, since);
      return result;
    });
  }

  /** A look at how things are, or would be: nothing of it is kept. */
  look<T>(work: (sitting: Sitting) => T | Promise<T>): Promise<T> {
    return this.#exclusively(async () => {
      await this.#ensureLoaded();
      return work(this.#sitting());
    });
  }

  accept(batch: DecodedBatch): Promise<void> {
    return this.#exclusively(async () => {
      await this.#ensureLoaded();
      if (batch.from > this.#position) {
        throw new AppError(
          'COMMANDS_BEHIND',
          'the commands lost their place and need earlier frames',
        );
      }
      if (batch.next > this.#position) {
        const sitting = this.#sitting();
        this.#noticeClockJump(sitting);
        for (const said of inOrder(batch, this.#position)) {
          if ('body' in said) await this.#hear(sitting, said);
          else await observe(this.floor, sitting, said);
        }
        for (const { source, receivedAt } of batch.statuses) {
          this.floor.senses.hear(source.device, receivedAt);
        }
        await goOnAll(this.floor, sitting);
        await this.#keep(sitting, batch.next);
      }
      const look = this.#look;
      if (look !== null && this.#position >= look.head) await this.#giveUpWitnesses(look.now);
    });
  }

  tick(): Promise<void> {
    return this.#exclusively(async () => {
      await this.#ensureLoaded();
      const { clock, head } = this.#options;
      const sitting = this.#sitting();
      const settled = this.#sender.settle(sitting);
      this.#noticeClockJump(sitting);
      await passTime(this.floor, sitting);
      watchInterlocks(this.floor, sitting);
      await goOnAll(this.floor, sitting);
      await this.#commit(sitting);
      this.#sender.settled(settled);
      const received = head?.() ?? this.#position;
      if (this.#position >= received) await this.#giveUpWitnesses(clock.now());
      else this.#look ??= { head: received, now: clock.now() };
      await this.#expire();
    });
  }

  readiness(): ReadinessCheck {
    const { book } = this.floor;
    const faulty = [...book.states.values()].filter(({ fault }) => fault !== null).length;
    const said = [`${book.size} commands are open`];
    if (book.stops.size > 0) said.push(`${book.stops.size} emergency stops stand`);
    if (faulty > 0) said.push(`${faulty} controlled parts do not obey`);
    return { name: 'commands', ok: true, detail: said.join('; ') };
  }

  /** Whether anything is open for a device: most that connect have nothing to hear. */
  waitsFor(device: string): boolean {
    return this.floor.book.of(device).length > 0;
  }

  listening(device: string): Promise<void> {
    return this.change(({ floor, sitting }) => onListening(floor, sitting, device));
  }

  /** A device was moved or removed. */
  changed(device: string): Promise<void> {
    return this.#exclusively(() => {
      const { book, registry, senses } = this.floor;
      const place = registry.source(device);
      const actuator = book.actuators.get(device);
      if (place === undefined) {
        book.removeActuator(device);
        book.states.delete(device);
      } else if (actuator !== undefined) {
        book.putActuator({ ...actuator, coop: place.coop, site: place.site });
      }
      if (actuator !== undefined) senses.listenFor(book.actuators.values());
    });
  }

  /** Gives a part its state, with the sequence that a device of this name had before. */
  async begin(sitting: Sitting, device: string): Promise<void> {
    if (sitting.isKnown(device)) return;
    const sequence = await this.floor.state.actuators.lastSequence(device);
    sitting.putState({ ...freshState(device), sequence });
  }

  /** Resolves when everything that was handed over so far is committed. */
  async idle(): Promise<void> {
    do {
      await this.#turn;
      await this.#sender.idle();
    } while (this.#isSettling);
    await this.#turn;
  }

  async #ensureLoaded(): Promise<void> {
    if (this.#isLoaded) return;
    const { state } = this.#options;
    const { book, senses } = this.floor;
    await book.load(state);
    this.#position = this.#committed = await state.cursors.get('commands');
    const kept = await state.settings.get(SENSES_SETTING);
    senses.listenFor(book.actuators.values());
    if (kept !== undefined) senses.recall(JSON.parse(kept) as KeptSenses);
    for (const { device, lastSeenAt } of await state.presence.list([...book.actuators.keys()])) {
      if (lastSeenAt !== null) senses.hear(device, lastSeenAt);
    }
    const sitting = this.#sitting();
    for (const device of book.actuators.keys()) await this.begin(sitting, device);
    await recover(this.floor, sitting);
    this.#isLoaded = true;
    try {
      await this.#commit(sitting);
    } catch (error) {
      this.#isLoaded = false;
      throw error;
    }
  }

  #sitting(): Sitting {
    const { clock } = this.#options;
    return new Sitting(this.floor.book, { now: clock.now(), monotonic: clock.monotonic() });
  }

  async #hear(sitting: Sitting, ack: AckReport): Promise<void> {
    this.floor.senses.hear(ack.source.device, ack.receivedAt);
    if (!(await advance(this.floor, sitting, ack))) this.#count.words.add();
  }

  async #giveUpWitnesses(now: number): Promise<void> {
    this.#look = null;
    const sitting = this.#sitting();
    await seeTime(this.floor, sitting, now);
    await goOnAll(this.floor, sitting);
    if (!sitting.isEmpty) await this.#commit(sitting);
  }

  #noticeClockJump(sitting: Sitting): void {
    const { clock, logger } = this.#options;
    const offset = clock.now() - clock.monotonic();
    const jumpMs = offset - this.#clockOffset;
    if (Math.abs(jumpMs) <= CLOCK_JUMP_MS) return;
    sitting.clockOffset = offset;
    moveWatches(this.floor, sitting, Math.round(jumpMs));
    logger.warn({ jumpMs }, 'the clock jumped; commands go on by the one that does not');
  }

  /** What is no news waits for the next commit, with the frames it came from. */
  async #keep(sitting: Sitting, next: number): Promise<void> {
    const before = this.#position;
    this.#position = next;
    const { clock } = this.#options;
    const isDue = clock.monotonic() - this.#committedAt >= COMMIT_EVERY_MS;
    try {
      if (sitting.isUrgent || isDue) return await this.#commit(sitting);
    } catch (error) {
      this.#position = before;
      throw error;
    }
    for (const { device } of sitting.states) this.#dirty.add(device);
    this.#apply(sitting);
  }

  #apply(sitting: Sitting): void {
    sitting.apply();
    if (sitting.clockOffset !== null) this.#clockOffset = sitting.clockOffset;
  }

  async #commit(sitting: Sitting, since = sitting.monotonic): Promise<void> {
    const { state, clock } = this.#options;
    const { book, senses } = this.floor;
    const position = this.#position;
    const states = new Map(
      [...this.#dirty]
        .flatMap((device) => book.states.get(device) ?? [])
        .map((one) => [one.device, one]),
    );
    for (const one of sitting.states) states.set(one.device, one);
    const isSensesDue = clock.monotonic() - this.#sensesKeptAt >= KEEP_SENSES_EVERY_MS;
    const isNothing = sitting.isEmpty && states.size === 0 && position === this.#committed;
    if (isNothing && !isSensesDue) return this.#apply(sitting);
    const alerts = await state.transaction(async (tx) => {
      await sitting.write(tx);
      if (states.size > 0) await tx.actuators.saveStates([...states.values()]);
      if (isSensesDue) await tx.settings.set(SENSES_SETTING, JSON.stringify(senses.keep()));
      if (position !== this.#committed) await tx.cursors.set('commands', position);
      return this.#tellFaults(tx, sitting);
    });
    this.#committed = position;
    this.#committedAt = clock.monotonic();
    if (isSensesDue) this.#sensesKeptAt = clock.monotonic();
    this.#dirty.clear();
    this.#announce(sitting, alerts);
    for (const id of sitting.sends) this.#sender.publish(id, since);
  }

  async #tellFaults(tx: Repositories, sitting: Sitting): Promise<Alert[]> {
    const { alerts: desk, registry } = this.#options;
    if (desk === undefined) return [];
    const told: Alert[] = [];
    for (const change of sitting.faults) {
      const source = registry.source(change.device);
      if (source === undefined) continue;
      const place = { coop: source.coop, site: source.site, now: sitting.now };
      told.push(...(await tellFault(tx, desk, { change, place })));
    }
    return told;
  }

  /** After the commit: the book, the numbers, those who listen, and the connections. */
  #announce(sitting: Sitting, alerts: readonly Alert[]): void {
    const { live, logger, messenger } = this.#options;
    const { book, senses } = this.floor;
    const commands = sitting.commands;
    for (const { id, state } of commands) {
      if (book.find(id)?.command.state !== state) this.#count.states.add(1, { state });
    }
    const isReplumbed = sitting.isReplumbed;
    this.#apply(sitting);
    if (isReplumbed) senses.listenFor(book.actuators.values());
    for (const data of commands) live.publish({ type: 'command', coop: data.coop, data });
    for (const data of alerts) live.publish({ type: 'alert', coop: data.coop, data });
    for (const { device, fault } of sitting.faults) {
      if (fault !== null)
        logger.error({ device, fault: fault.code }, 'a controlled part does not obey');
    }
    for (const device of sitting.drops) messenger.drop(device);
  }

  #settleSoon(): void {
    if (this.#isSettling) return;
    this.#isSettling = true;
    void this.#exclusively(async () => {
      this.#isSettling = false;
      const sitting = this.#sitting();
      const count = this.#sender.settle(sitting);
      await this.#commit(sitting);
      this.#sender.settled(count);
      // Until the state can be written it is told by the next tick.
    }).catch(() => undefined);
  }

  async #expire(): Promise<void> {
    const { clock, state } = this.#options;
    if (clock.monotonic() - this.#expiredAt < EXPIRE_EVERY_MS) return;
    this.#expiredAt = clock.monotonic();
    await state.commands.expire(clock.now() - KEEP_MS, EXPIRE_ROWS_MAX);
  }

  #exclusively<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }
}

/** What devices said from `position` on, in the order it was received. */
function inOrder(batch: DecodedBatch, position: number): Array<AckReport | Observation> {
  const { acks, observations } = batch;
  if (acks.length === 0) return observations.filter(({ offset }) => offset >= position);
  return [...acks, ...observations]
    .filter(({ offset }) => offset >= position)
    .sort((left, right) => left.offset - right.offset);
}
