import { Duplex } from 'node:stream';
import { systemClock } from '#src/base/clock';
import { createLogger } from '#src/base/logger';
import { createMetrics } from '#src/base/metrics';
import { Budget } from '#src/broker/budget';
import { writeConnect } from '#src/broker/connect-packet';
import { createExchange, type Exchange } from '#src/broker/exchange';
import { type BrokerLimits, DEFAULT_LIMITS } from '#src/broker/limits';
import { Link } from '#src/broker/link';
import { Meter } from '#src/broker/meter';
import { Refusals } from '#src/broker/refusals';
import { Sessions } from '#src/broker/sessions';
import { TokenBucket } from '#src/broker/token-bucket';
import { AppendRecorder } from './support.ts';

/** The server's end of a connection without a network: what the test says is what it hears. */
export class Wire extends Duplex {
  written = 0;
  isFrozen = false;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written += chunk.length;
    if (!this.isFrozen) done();
  }
}

/** The protocol behind the door, with the gate in front of it, for signed-in devices. */
export class Workshop {
  readonly journal = new AppendRecorder();
  readonly limits: BrokerLimits;
  readonly budget: Budget;
  readonly #floor;
  readonly #exchange: Exchange;

  private constructor(limits: BrokerLimits, exchange: Exchange) {
    this.limits = limits;
    this.#exchange = exchange;
    const metrics = createMetrics();
    const refusals = new Refusals({ metrics, logger: createLogger('silent'), clock: systemClock });
    this.budget = new Budget(limits.inFlightMax, limits.inFlightBytesMax);
    this.#floor = {
      limits,
      clock: systemClock,
      journal: this.journal,
      budget: this.budget,
      meter: new Meter(metrics),
      refusals,
    };
  }

  static async open(changes: Partial<BrokerLimits> = {}): Promise<Workshop> {
    const limits = { ...DEFAULT_LIMITS, messagesPerSecond: 0, ...changes };
    const exchange = await createExchange({
      limits,
      sessions: new Sessions({ unreleasedMax: limits.unreleasedPerDevice, isOwnTopic: () => true }),
      events: {
        publish: (link, incoming, answer) => link.publish(incoming, answer),
        subscribe: (link, filter) => link.rights.subscribes(filter) !== undefined,
        unsubscribe: () => {},
        joined: (link) => link.join(),
        left: (link) => link.publishWill(),
        failed: (link) => link.close('malformed'),
        broken: (error) => {
          throw error;
        },
      },
    });
    return new Workshop(limits, exchange);
  }

  connect(id: string): { link: Link; wire: Wire } {
    const wire = new Wire();
    const bucket = (): TokenBucket => new TokenBucket(0, 1, 0);
    const connect = {
      clientId: id,
      clean: true,
      keepaliveSeconds: 0,
      will: null,
      username: id,
      password: null,
    };
    const link = new Link({
      floor: this.#floor,
      socket: wire,
      address: 'test',
      connect,
      secret: Buffer.alloc(0),
      source: { coop: 'coop-a', site: null, device: id, kind: 'pond-sensor' },
      allowance: { messages: bucket(), controls: bucket() },
    });
    wire.push(writeConnect(connect));
    this.#exchange.join(link);
    return { link, wire };
  }

  close(): Promise<void> {
    return this.#exchange.close();
  }
}
