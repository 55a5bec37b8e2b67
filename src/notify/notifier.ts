import { randomUUID } from 'node:crypto';
import { type Clock, repeat, sleep } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import type { CounterMetric, Metrics } from '../base/metrics.ts';
import type { Service } from '../base/service.ts';
import { nearest } from '../base/suggest.ts';
import type { AlertNews } from '../contracts/alert.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { LivePublisher } from '../contracts/live.ts';
import type { Language } from '../contracts/localized.ts';
import type {
  ChannelContext,
  ChannelSetting,
  ChannelStatus,
  Delivery,
  DeliveryCount,
  Notifier,
  SendOutcome,
} from '../contracts/notify.ts';
import type { DutyInForce } from '../contracts/people.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Repositories, State } from '../contracts/state.ts';
import { anew } from './attempt.ts';
import { Calls, dutyInForce } from './calls.ts';
import { ChannelQueue } from './channel-queue.ts';
import { Courier } from './courier.ts';
import type { Channels } from './discover.ts';
import { createLocalTimes } from './local-times.ts';
import { OpenChannels } from './open-channels.ts';
import type { Planner } from './plan.ts';
import { createTexts } from './texts.ts';

export interface NotifierOptions {
  state: State;
  registry: Pick<Registry, 'find' | 'site'>;
  kinds: KindRegistry;
  live: LivePublisher;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  timeZone: string;
  /** Where people reach the page, for links in messages. */
  publicUrl: string | null;
  channels: Channels;
  settings: readonly ChannelSetting[];
  publish: ChannelContext['publish'];
  print: ChannelContext['print'];
  /** Time a provider has to answer. */
  sendDeadlineMs?: number;
}

export interface NotifierService extends Notifier, Service {
  /** Starts what is due and climbs ladders; `start` calls it twice a second. */
  tick(): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  readiness(): ReadinessCheck;
}

const TICK_MS = 500;
const SEND_DEADLINE_MS = 10_000;
/** What is under way when the server stops gets this long; it is sent again by the next start. */
const STOP_GRACE_MS = 2_000;
/** The wall clock moved this far from the one that cannot jump. */
const CLOCK_JUMP_MS = 60_000;
const DAY_MS = 86_400_000;
/** Nothing waits longer than that for a span of time to pass. */
const AHEAD_MS_MAX = DAY_MS;
const LADDERS_PER_TICK = 100;
const COUNT_EVERY_MS = 5_000;
/** Finished messages are kept as long as people ask who was told; then the timelines remain. */
const KEEP_MS = 90 * DAY_MS;
const EXPIRE_EVERY_MS = 3_600_000;
const EXPIRE_ROWS_MAX = 5_000;

/** Delivers what the alerts have to say, at least once; see `docs/notify.md`. */
export function createNotifier(options: NotifierOptions): NotifierService {
  return new OutboxNotifier(options);
}

class OutboxNotifier implements NotifierService {
  readonly name = 'notify';
  readonly #options: NotifierOptions;
  readonly #channels: OpenChannels;
  readonly #planner: Planner;
  readonly #courier: Courier;
  readonly #queues: Map<string, ChannelQueue>;
  readonly #texts: ReturnType<typeof createTexts>;
  readonly #quiet: ReturnType<typeof repeatGuard>;
  readonly #nobody: CounterMetric;
  #turn: Promise<void> = Promise.resolve();
  #stopTimer: () => void = () => undefined;
  #clockOffset: number;
  #counts: DeliveryCount[] = [];
  #countedAt = Number.NEGATIVE_INFINITY;
  #expiredAt: number;

  constructor(options: NotifierOptions) {
    const { clock, state, metrics, timeZone, channels, settings, publish, print } = options;
    this.#options = options;
    this.#quiet = repeatGuard(clock);
    this.#clockOffset = clock.now() - clock.monotonic();
    this.#expiredAt = clock.monotonic();
    const context = { now: () => clock.now(), publish, print };
    this.#channels = new OpenChannels({ channels, settings, state, context });
    const times = createLocalTimes(timeZone);
    const isReady = (channel: string): boolean => this.#channels.isReady(channel);
    this.#planner = { now: () => clock.now(), times, isReady };
    this.#texts = createTexts({ ...options, times });
    this.#queues = new Map();
    this.#courier = new Courier({
      ...options,
      channels: this.#channels,
      planner: this.#planner,
      texts: this.#texts,
      calls: (tx) => this.#calls(tx),
      sendingTo: (person) =>
        [...this.#queues.values()].reduce((sum, queue) => sum + queue.sendingTo(person), 0),
      deadlineMs: options.sendDeadlineMs ?? SEND_DEADLINE_MS,
    });
    this.#nobody = metrics.counter(
      'sluice_notify_nobody_total',
      'News of alerts that nobody wants to hear.',
    );
    this.#measure();
  }

  async start(signal: AbortSignal): Promise<void> {
    const { state, clock } = this.#options;
    this.#channels.open();
    // A clock that was far ahead before this start must not keep anybody waiting.
    await state.outbox.moveDue(0, clock.now() + AHEAD_MS_MAX);
    if (signal.aborted) return;
    this.#stopTimer = repeat(TICK_MS, () => this.tick());
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    this.#courier.stop();
    await Promise.race([this.idle(), sleep(STOP_GRACE_MS)]);
    await this.#channels.close();
  }

  async enqueue(tx: Repositories, news: readonly AlertNews[]): Promise<void> {
    const calls = this.#calls(tx);
    for (const one of news) await calls.take(one);
  }

  tick(): Promise<void> {
    this.#turn = this.#turn.then(() =>
      this.#round().catch((error: unknown) =>
        this.#quiet('tick', (suppressed) =>
          this.#options.logger.warn({ error, suppressed }, 'notifications wait'),
        ),
      ),
    );
    return this.#turn;
  }

  async idle(): Promise<void> {
    await this.#turn;
    await Promise.all([...this.#queues.values()].map((queue) => queue.idle()));
  }

  channels(): ChannelStatus[] {
    return this.#channels.names().map((name) => {
      const title = this.#channels.find(name)?.title ?? { vi: name, en: name, fr: name };
      const { sentAt, answer } = this.#courier.last(name);
      return {
        name,
        title,
        ready: this.#channels.isReady(name),
        missing: this.#channels.missing(name),
        waiting: this.#counted('waiting', name),
        lastSentAt: sentAt,
        lastAnswer: answer,
      };
    });
  }

  duty(coop: string): Promise<DutyInForce> {
    return dutyInForce(this.#options.state, coop);
  }

  checkContact({ channel, address }: { channel: string; address: string }): string | null {
    const found = this.#channels.find(channel);
    if (found !== undefined) return found.checkAddress(address);
    const like = nearest(channel, this.#channels.names());
    const known = `the channels are ${this.#channels.names().join(', ')}`;
    return `there is no channel ${channel}; ${like === undefined ? known : `did you mean ${like}?`}`;
  }

  async test(channel: string, address: string, language: Language): Promise<SendOutcome> {
    const fault = this.checkContact({ channel, address });
    if (this.#channels.find(channel) === undefined) {
      throw new AppError('CHANNEL_NOT_FOUND', fault ?? channel, { field: 'name' });
    }
    if (!this.#channels.isReady(channel)) {
      const missing = this.#channels.missing(channel).join(', ');
      throw new AppError('CHANNEL_NOT_READY', `the channel ${channel} is not set up`, {
        hint: missing === '' ? 'See its settings in the README.' : `Set ${missing}.`,
      });
    }
    if (fault !== null) throw new AppError('ADDRESS_INVALID', fault, { field: 'address' });
    return this.#courier.send(channel, address, this.#texts.test(randomUUID(), language));
  }

  retry(id: string): Promise<Delivery> {
    return this.#options.state.transaction(async (tx) => {
      const delivery = await tx.outbox.get(id);
      const person = delivery && (await tx.people.get(delivery.person));
      if (delivery === undefined || person === undefined) {
        throw new AppError('DELIVERY_NOT_FOUND', `there is no delivery ${id}`);
      }
      if (delivery.state !== 'dead' && delivery.state !== 'waiting') {
        throw new AppError('DELIVERY_OVER', `the delivery ${id} is ${delivery.state}`, {
          hint: 'Only what waits or was given up is tried again.',
        });
      }
      const again = anew(delivery, person, this.#options.clock.now());
      const carried = await tx.outbox.carried(id, delivery.state);
      await tx.outbox.save([
        again,
        ...carried.map((one) => ({ ...one, state: again.state, finishedAt: null })),
      ]);
      return again;
    });
  }

  pushKey(): Promise<string | null> {
    return this.#channels.publicKey();
  }

  readiness(): ReadinessCheck {
    const ready = this.#channels.names().filter((name) => this.#channels.isReady(name));
    const said = [
      ready.length === 0 ? 'no channel is set up' : `channels ${ready.join(', ')}`,
      `${this.#counted('waiting')} messages wait`,
    ];
    const dead = this.#counted('dead');
    if (dead > 0) said.push(`${dead} were given up: see "sluice notify list --state dead"`);
    return { name: this.name, ok: true, detail: said.join('; ') };
  }

  #calls(tx: Repositories): Calls {
    const { logger } = this.#options;
    const planner = this.#planner;
    return new Calls(
      {
        planner,
        nobody: ({ id, coop }) => {
          this.#nobody.add();
          this.#quiet(`nobody ${coop}`, (suppressed) =>
            logger.warn({ alert: id, coop, suppressed }, 'an alert reaches nobody'),
          );
        },
      },
      tx,
    );
  }

  async #round(): Promise<void> {
    const { state, clock } = this.#options;
    await this.#noticeClockJump();
    await this.#climb();
    const waiting = await state.outbox.channels();
    const now = clock.now();
    for (const name of waiting) await this.#queue(name).round(now);
    if (clock.monotonic() - this.#countedAt >= COUNT_EVERY_MS) {
      this.#countedAt = clock.monotonic();
      this.#counts = await state.outbox.counts();
    }
    if (clock.monotonic() - this.#expiredAt >= EXPIRE_EVERY_MS) {
      this.#expiredAt = clock.monotonic();
      await state.outbox.expire(now - KEEP_MS, EXPIRE_ROWS_MAX);
    }
  }

  /** A channel that is not there any more has a queue too: what waits in it goes elsewhere. */
  #queue(name: string): ChannelQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const { state, clock } = this.#options;
      queue = new ChannelQueue({
        name,
        perMinute: this.#channels.find(name)?.perMinute ?? Number.POSITIVE_INFINITY,
        outbox: state.outbox,
        clock,
        attempt: (delivery) => this.#courier.attempt(delivery),
      });
      this.#queues.set(name, queue);
    }
    return queue;
  }

  async #climb(): Promise<void> {
    const { state, clock } = this.#options;
    if ((await state.outbox.dueEscalations(clock.now(), 1)).length === 0) return;
    await state.transaction(async (tx) => {
      const due = await tx.outbox.dueEscalations(clock.now(), LADDERS_PER_TICK);
      const calls = this.#calls(tx);
      for (const escalation of due) await calls.climb(escalation);
    });
  }

  /**
   * Spans of time go on as if the clock had not been moved: nobody is called early, nobody late.
   * A clock that comes forward by more than a day was the wrong one before, as of a small computer
   * without a battery: what waits was planned by the right one.
   */
  async #noticeClockJump(): Promise<void> {
    const { clock, state, logger } = this.#options;
    const offset = clock.now() - clock.monotonic();
    const jumpMs = offset - this.#clockOffset;
    if (Math.abs(jumpMs) <= CLOCK_JUMP_MS) return;
    const byMs = jumpMs > DAY_MS ? 0 : Math.round(jumpMs);
    await state.outbox.moveDue(byMs, clock.now() + AHEAD_MS_MAX);
    this.#clockOffset = offset;
    logger.warn({ jumpMs }, 'the clock jumped; notifications go on in their own time');
  }

  #counted(state: 'waiting' | 'dead', channel?: string): number {
    return this.#counts
      .filter((one) => one.state === state && (channel === undefined || one.channel === channel))
      .reduce((sum, { count }) => sum + count, 0);
  }

  #measure(): void {
    const { metrics } = this.#options;
    for (const state of ['waiting', 'dead'] as const) {
      metrics.gauges(`sluice_notify_${state}`, `Messages that are ${state}, by channel.`, () => ({
        label: 'channel',
        values: this.#channels.names().map((name) => [name, this.#counted(state, name)]),
      }));
    }
  }
}
