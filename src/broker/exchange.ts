import type { EventEmitter } from 'node:events';
import { Aedes, type Client, type PublishPacket } from 'aedes';
import { writeToStream } from 'mqtt-packet';
import type { AppError } from '../base/errors.ts';
import type { BrokerLimits } from './limits.ts';
import type { Incoming, Link } from './link.ts';
import type { Sessions } from './sessions.ts';

/** What the protocol asks and tells; none of these may throw, and `publish` always answers. */
export interface ExchangeEvents {
  publish(link: Link, incoming: Incoming, answer: (error: AppError | null) => void): void;
  /** Whether the device may have this subscription. */
  subscribe(link: Link, filter: string): boolean;
  unsubscribe(link: Link, filters: readonly string[]): void;
  /** The device's connection stands, and any older one of the same device has ended. */
  joined(link: Link): void;
  left(link: Link): void;
  /** The protocol gave the connection up; `keepalive` when the device fell silent. */
  failed(link: Link, error: Error, keepalive: boolean): void;
  /** Something went wrong that belongs to no connection. */
  broken(error: Error): void;
}

/** The MQTT state machine behind the door. No type of the library leaves this file. */
export interface Exchange {
  /** Takes a socket whose next bytes are the CONNECT of an authenticated device. */
  join(link: Link): void;
  /** True when the message was written to the device's socket. */
  send(link: Link, topic: string, payload: string): Promise<boolean>;
  close(): Promise<void>;
}

// The library would keep a buffer ready for each of the 65,536 packet ids: some 15 MB that a
// village PC can use better, for a hundredth of the time of an acknowledgement.
writeToStream.cacheNumbers = false;

/** Longest interval timer: what it would announce has no listener here. */
const NEVER_MS = 2 ** 29 - 1;

/**
 * Aedes without routing. A device's message is in the journal when it gets here, and nobody else's
 * business: consumers read the journal, devices hear only what we send them. So publishing is
 * nothing but the answer, which also silences `$SYS`.
 */
class QuietAedes extends Aedes {
  override publish(_packet: PublishPacket, second: unknown, third?: unknown): void {
    const done = third ?? second;
    if (typeof done === 'function') done(null);
  }
}

/** The subject-to-subscriber table that is not needed without routing. */
const QUIET_EMITTER = {
  on(_topic: string, _notify: unknown, done?: () => void): void {
    done?.();
  },
  removeListener(_topic: string, _notify: unknown, done?: () => void): void {
    done?.();
  },
  emit(_packet: unknown, done: () => void): void {
    done();
  },
  close(done: () => void): void {
    done();
  },
};

export interface ExchangeOptions {
  limits: BrokerLimits;
  sessions: Sessions;
  events: ExchangeEvents;
}

export async function createExchange(options: ExchangeOptions): Promise<Exchange> {
  const exchange = new AedesExchange(options);
  await exchange.open();
  return exchange;
}

class AedesExchange implements Exchange {
  readonly #options: ExchangeOptions;
  readonly #aedes: Aedes;
  readonly #links = new WeakMap<Client, Link>();
  readonly #clients = new WeakMap<Link, Client>();
  /** Clients whose keep-alive time passed. */
  readonly #silent = new WeakSet<Client>();

  constructor(options: ExchangeOptions) {
    const { limits, sessions } = options;
    this.#options = options;
    this.#aedes = new QuietAedes({
      mq: QUIET_EMITTER,
      persistence: sessions,
      heartbeatInterval: NEVER_MS,
      connectTimeout: limits.connectTimeoutMs,
      drainTimeout: limits.drainTimeoutMs,
      maxInflightInbound: limits.unreleasedPerDevice,
      maxTopicLevels: 8,
      // Only the door hands clients over: who has no link did not come through it.
      preConnect: (client, _packet, answer) => answer(null, this.#links.has(client)),
      authenticate: (client, _name, _secret, answer) => answer(null, this.#links.has(client)),
      authorizePublish: (client, packet, answer) => this.#publish(client, packet, answer),
      authorizeSubscribe: (client, subscription, answer) => {
        const link = this.#links.get(client);
        const granted = link !== undefined && options.events.subscribe(link, subscription.topic);
        answer(null, granted ? subscription : null);
      },
    });
  }

  async open(): Promise<void> {
    const { events } = this.#options;
    const aedes = this.#aedes;
    const tell = (client: Client, what: (link: Link) => void): void => {
      const link = this.#links.get(client);
      if (link !== undefined) what(link);
    };
    // A connection is open when it is both registered (the older one of the same device has
    // ended, its Will is in the journal) and answered; registration comes first.
    aedes.on('clientReady', (client) => tell(client, (link) => events.joined(link)));
    aedes.on('clientDisconnect', (client) => tell(client, (link) => events.left(link)));
    aedes.on('unsubscribe', (filters, client) => {
      tell(client, (link) => events.unsubscribe(link, filters));
    });
    aedes.on('keepaliveTimeout', (client) => this.#silent.add(client));
    for (const event of ['clientError', 'connectionError'] as const) {
      aedes.on(event, (client, error) => {
        tell(client, (link) => events.failed(link, error, this.#silent.has(client)));
      });
    }
    const emitter: EventEmitter = aedes;
    emitter.on('error', (error: Error) => events.broken(error));
    await aedes.listen();
  }

  join(link: Link): void {
    const client = this.#aedes.handle(link.socket);
    this.#links.set(client, link);
    this.#clients.set(link, client);
    link.socket.emit('readable');
  }

  send(link: Link, topic: string, payload: string): Promise<boolean> {
    const client = this.#clients.get(link);
    if (client === undefined || link.closed) return Promise.resolve(false);
    const packet = { cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false } as const;
    return new Promise((resolve) => {
      client.publish({ ...packet }, () => resolve(!link.closed));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#aedes.close(resolve));
  }

  #publish(
    client: Client | null,
    packet: PublishPacket,
    answer: (error?: Error | null) => void,
  ): void {
    const link = client === null ? undefined : this.#links.get(client);
    if (link === undefined) {
      answer(new Error('a message without a connection'));
      return;
    }
    const { topic, payload, qos, messageId } = packet;
    const { sessions, events } = this.#options;
    const incoming: Incoming = {
      topic,
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      qos,
      messageId,
      bytes: packet.length ?? 0,
      isKnown:
        qos === 2 && messageId !== undefined && sessions.isUnreleased(link.clientId, messageId),
    };
    events.publish(link, incoming, answer);
  }
}
