import { Readable } from 'node:stream';

interface SubscriptionRecord {
  topic: string;
  qos: number;
}

interface Session {
  topics: Map<string, number>;
  /** Identifiers of QoS 2 messages that are kept and not yet released by the device. */
  unreleased: Set<number>;
}

interface ClientName {
  id: string;
}

interface Identified {
  messageId?: number | undefined;
}

/**
 * What the protocol remembers of a device between connections: its subscriptions and the QoS 2
 * messages it has not released. Nothing else: no retained message, no Will, and no queue for who
 * is away, since a command that arrives late is a danger. The shape is the one Aedes asks of its
 * persistence; its size is bounded by the devices that may sign in.
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #unreleasedMax: number;
  readonly #isOwnTopic: (client: string, topic: string) => boolean;

  constructor(options: {
    unreleasedMax: number;
    isOwnTopic(client: string, topic: string): boolean;
  }) {
    this.#unreleasedMax = options.unreleasedMax;
    this.#isOwnTopic = options.isOwnTopic;
  }

  get size(): number {
    return this.#sessions.size;
  }

  forget(client: string): void {
    this.#sessions.delete(client);
  }

  isUnreleased(client: string, messageId: number): boolean {
    return this.#sessions.get(client)?.unreleased.has(messageId) ?? false;
  }

  async setup(): Promise<void> {}
  async destroy(): Promise<void> {}

  /** Refused filters come along with the granted ones: only what is the device's own is kept. */
  async addSubscriptions(client: ClientName, records: SubscriptionRecord[]): Promise<void> {
    for (const { topic, qos } of records) {
      if (this.#isOwnTopic(client.id, topic)) this.#of(client.id).topics.set(topic, qos);
    }
  }

  async removeSubscriptions(client: ClientName, topics: string[]): Promise<void> {
    for (const topic of topics) this.#sessions.get(client.id)?.topics.delete(topic);
  }

  async subscriptionsByClient(client: ClientName): Promise<SubscriptionRecord[]> {
    const topics = this.#sessions.get(client.id)?.topics ?? new Map<string, number>();
    return [...topics].map(([topic, qos]) => ({ topic, qos }));
  }

  async cleanSubscriptions(client: ClientName): Promise<void> {
    this.#sessions.get(client.id)?.topics.clear();
  }

  async incomingGetPacket(client: ClientName, packet: Identified): Promise<Identified> {
    if (!this.isUnreleased(client.id, packet.messageId ?? 0)) throw new Error('no such packet');
    return packet;
  }

  async incomingStorePacket(client: ClientName, packet: Identified): Promise<void> {
    const { unreleased } = this.#of(client.id);
    if (unreleased.size >= this.#unreleasedMax) throw new Error('too many unreleased messages');
    unreleased.add(packet.messageId ?? 0);
  }

  async incomingDelPacket(client: ClientName, packet: Identified): Promise<void> {
    this.#sessions.get(client.id)?.unreleased.delete(packet.messageId ?? 0);
  }

  async cleanIncoming(client: ClientName): Promise<void> {
    this.#sessions.get(client.id)?.unreleased.clear();
  }

  async outgoingEnqueue(): Promise<void> {}
  async outgoingUpdate(): Promise<void> {}
  async outgoingClearMessageId(): Promise<undefined> {
    return undefined;
  }
  outgoingStream(): Readable {
    return Readable.from([]);
  }

  createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }

  async putWill(): Promise<void> {}
  async delWill(): Promise<undefined> {
    return undefined;
  }
  streamWill(): Readable {
    return Readable.from([]);
  }

  #of(client: string): Session {
    let session = this.#sessions.get(client);
    if (session === undefined) {
      session = { topics: new Map(), unreleased: new Set() };
      this.#sessions.set(client, session);
    }
    return session;
  }
}
