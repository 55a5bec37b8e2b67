import { randomBytes } from 'node:crypto';
import { type Clock, repeat, yieldToEventLoop } from '../base/clock.ts';
import type { CounterMetric, Metrics } from '../base/metrics.ts';
import type {
  LiveEvent,
  LiveFilter,
  LiveHub,
  LiveSink,
  LiveSubscription,
} from '../contracts/live.ts';
import { EventRing } from './event-ring.ts';
import { eventText } from './event-text.ts';

export interface StreamHubOptions {
  clock: Clock;
  metrics: Metrics;
  /** Events remembered for readers that come back. */
  eventsMax?: number;
  /** Memory those may take. */
  bytesMax?: number;
}

/** 1,000 devices reporting every 10 s make 100 events a second: 80 s to find the network again. */
const EVENTS_MAX = 8_192;
/** 8,192 observations at 1 KiB with their text, and some hundred alerts at 8 KiB. */
const BYTES_MAX = 12 * 1024 * 1024;
/** Text written in one go: a phone on a 30 kbit/s link takes it within the stall time. */
const CHUNK_BYTES_MAX = 16 * 1024;
/** Events looked at in one turn of the event loop for one reader: about 1 ms when none match. */
const SCAN_EVENTS_MAX = 2_048;
/** A reader that takes nothing for this long is gone or frozen; its browser connects again. */
const STALLED_MS_MAX = 5_000;
/** A reader that misses events is told at most this often: each time it reads its lists again. */
const RESYNC_MS_MIN = 1_000;
const CHECK_MS = 1_000;

interface Subscriber {
  filter: CompiledFilter;
  sink: LiveSink;
  /** Sequence of the next event to look at. */
  next: number;
  /** Monotonic time since which the sink takes nothing, or null while it does. */
  stalledSince: number | null;
  /** The ring went on without it, and it has not been told yet. */
  missed: boolean;
  /** Monotonic time of the last resync. */
  toldAt: number;
}

interface CompiledFilter {
  coops: ReadonlySet<string> | null;
  types: ReadonlySet<string> | null;
  sites: ReadonlySet<string> | null;
  devices: ReadonlySet<string> | null;
}

/**
 * Fans events out to readers. There is one buffer, the ring, and each reader has a place in it: a
 * slow reader costs no memory of its own and delays nobody. One that takes nothing for five seconds
 * is closed and resumes by its last event id; one that the ring overtakes, as when the server
 * catches up with two days of reports, gets a `resync` in their place. Events go out in the order
 * they were published, whatever their observed time: readers sort by `time`. Published objects must not be
 * changed afterwards, because their text is made later, and only when somebody reads it.
 */
export function createStreamHub(options: StreamHubOptions): LiveHub {
  return new StreamHub(options);
}

class StreamHub implements LiveHub {
  readonly #clock: Clock;
  readonly #ring: EventRing;
  /** Tells this run's event ids from those of earlier runs. */
  readonly #boot = randomBytes(6).toString('hex');
  readonly #subscribers = new Set<Subscriber>();
  readonly #stalled: CounterMetric;
  readonly #resyncs: CounterMetric;
  #turnPlanned = false;
  #stopCheck: (() => void) | null = null;

  constructor(options: StreamHubOptions) {
    this.#clock = options.clock;
    this.#ring = new EventRing({
      eventsMax: options.eventsMax ?? EVENTS_MAX,
      bytesMax: options.bytesMax ?? BYTES_MAX,
    });
    this.#stalled = options.metrics.counter(
      'sluice_stream_readers_stalled_total',
      'Stream readers closed because they took nothing for five seconds.',
    );
    this.#resyncs = options.metrics.counter(
      'sluice_stream_resyncs_total',
      'Times a stream reader was told to read its lists again, because it missed events.',
    );
    options.metrics.gauge(
      'sluice_stream_readers',
      'Readers of the event stream connected now.',
      () => this.#subscribers.size,
    );
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  publish(event: LiveEvent): void {
    this.#ring.push(event);
    if (this.#subscribers.size > 0) this.#planTurn();
  }

  subscribe(filter: LiveFilter, sink: LiveSink, lastEventId?: string): LiveSubscription {
    const resumed = this.#resumeAt(lastEventId);
    const subscriber: Subscriber = {
      filter: compileFilter(filter),
      sink,
      next: resumed ?? this.#ring.head,
      stalledSince: null,
      missed: lastEventId !== undefined && resumed === undefined,
      toldAt: Number.NEGATIVE_INFINITY,
    };
    this.#subscribers.add(subscriber);
    this.#stopCheck ??= repeat(CHECK_MS, () => this.#check());
    if (subscriber.missed) this.#resync(subscriber);
    this.#planTurn();
    return {
      drained: () => {
        subscriber.stalledSince = null;
        if (this.#subscribers.has(subscriber)) this.#planTurn();
      },
      end: () => this.#remove(subscriber),
    };
  }

  close(): void {
    for (const subscriber of [...this.#subscribers]) this.#drop(subscriber);
  }

  /** The sequence after the given id, or undefined when what followed it is not all kept. */
  #resumeAt(lastEventId: string | undefined): number | undefined {
    const match = /^([0-9a-f]{12})-(\d{1,15})$/.exec(lastEventId ?? '');
    if (match === null || match[1] !== this.#boot) return undefined;
    const next = Number(match[2]) + 1;
    return next >= this.#ring.tail && next <= this.#ring.head ? next : undefined;
  }

  /**
   * Tells a reader that it missed events and goes on with what is newest. Its id is the newest
   * event's, so a reader that drops right after it resumes from there.
   */
  #resync(subscriber: Subscriber): void {
    const now = this.#clock.monotonic();
    if (now - subscriber.toldAt < RESYNC_MS_MIN) return;
    subscriber.toldAt = now;
    subscriber.missed = false;
    subscriber.next = this.#ring.head;
    this.#resyncs.add();
    const id = `${this.#boot}-${this.#ring.head - 1}`;
    const reason = 'some events are no longer kept';
    this.#write(subscriber, `id: ${id}\nevent: resync\ndata: {"reason":"${reason}"}\n\n`);
  }

  /** One pass over the readers per turn of the event loop, however many events came in it. */
  #planTurn(): void {
    if (this.#turnPlanned) return;
    this.#turnPlanned = true;
    void yieldToEventLoop().then(() => {
      this.#turnPlanned = false;
      for (const subscriber of [...this.#subscribers]) this.#advance(subscriber);
    });
  }

  #advance(subscriber: Subscriber): void {
    if (subscriber.stalledSince !== null) return;
    if (subscriber.next < this.#ring.tail) subscriber.missed = true;
    if (subscriber.missed) {
      this.#resync(subscriber);
      return;
    }
    const end = Math.min(this.#ring.head, subscriber.next + SCAN_EVENTS_MAX);
    let text = '';
    while (subscriber.next < end && text.length < CHUNK_BYTES_MAX) {
      const entry = this.#ring.get(subscriber.next++);
      if (entry === undefined || !matches(subscriber.filter, entry.event)) continue;
      entry.text ??= eventText(`${this.#boot}-${entry.sequence}`, entry.event);
      text += entry.text;
    }
    if (text !== '') this.#write(subscriber, text);
    if (subscriber.next < this.#ring.head && subscriber.stalledSince === null) this.#planTurn();
  }

  #write(subscriber: Subscriber, text: string): void {
    if (!subscriber.sink.write(text)) subscriber.stalledSince = this.#clock.monotonic();
  }

  /** Closes readers that take nothing, and tells those that could not be told before. */
  #check(): void {
    const now = this.#clock.monotonic();
    for (const subscriber of [...this.#subscribers]) {
      const { stalledSince } = subscriber;
      if (stalledSince === null || now - stalledSince < STALLED_MS_MAX) continue;
      this.#stalled.add();
      this.#drop(subscriber);
    }
    if (this.#subscribers.size > 0) this.#planTurn();
  }

  #drop(subscriber: Subscriber): void {
    if (this.#remove(subscriber)) subscriber.sink.close();
  }

  #remove(subscriber: Subscriber): boolean {
    const removed = this.#subscribers.delete(subscriber);
    if (this.#subscribers.size === 0) {
      this.#stopCheck?.();
      this.#stopCheck = null;
    }
    return removed;
  }
}

function compileFilter(filter: LiveFilter): CompiledFilter {
  const set = (values: readonly string[] | undefined): ReadonlySet<string> | null =>
    values === undefined ? null : new Set(values);
  return {
    coops: set(filter.coops),
    types: set(filter.types),
    sites: set(filter.sites),
    devices: set(filter.devices),
  };
}

function matches(filter: CompiledFilter, event: LiveEvent): boolean {
  return (
    (filter.types === null || filter.types.has(event.type)) &&
    (filter.coops === null || filter.coops.has(event.coop)) &&
    (filter.devices === null || filter.devices.has(event.data.device)) &&
    (filter.sites === null || (event.data.site !== null && filter.sites.has(event.data.site)))
  );
}
