import type { Socket } from 'node:net';
import { type Clock, repeat, sleep, withDeadline } from '../base/clock.ts';
import { AppError, describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Service } from '../base/service.ts';
import type { Journal } from '../contracts/journal.ts';
import type { DeviceEvent, LivePublisher } from '../contracts/live.ts';
import type { DeviceMessenger } from '../contracts/messenger.ts';
import type { Registry } from '../contracts/registry.ts';
import { Budget } from './budget.ts';
import { type Connect, writeConnect } from './connect-packet.ts';
import { judgeConnect, type Verdict } from './credentials.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { type BrokerLimits, DEFAULT_LIMITS } from './limits.ts';
import { Link, type LinkFloor } from './link.ts';
import {
  createPlainListener,
  createTlsListener,
  type Listener,
  type TlsOptions,
} from './listener.ts';
import { Lockout } from './lockout.ts';
import { Meter } from './meter.ts';
import type { Allowance } from './packet-gate.ts';
import { Reception } from './reception.ts';
import { Refusals } from './refusals.ts';
import { Rights } from './rights.ts';
import { Sessions } from './sessions.ts';
import { TokenBucket } from './token-bucket.ts';

export type { BrokerLimits } from './limits.ts';
export type { TlsOptions } from './listener.ts';

export interface BrokerOptions {
  host: string;
  /** 0 picks a free port. */
  port: number;
  tls?: TlsOptions;
  registry: Registry;
  journal: Pick<Journal, 'append' | 'status'>;
  live: LivePublisher;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  limits?: Partial<BrokerLimits>;
}

export interface ListenAddress {
  host: string;
  port: number;
}

export interface BrokerStatus {
  listening: boolean;
  /** Devices signed in. */
  connections: number;
  /** Sockets that have not signed in. */
  unauthenticated: number;
  /** Messages, and their bytes, read and not yet kept. */
  inFlight: number;
  inFlightBytes: number;
}

/** Devices speak MQTT here; an acknowledged message is in the journal. */
export interface Broker extends Service, DeviceMessenger {
  addresses(): { mqtt: ListenAddress | null; mqtts: ListenAddress | null };
  status(): BrokerStatus;
}

/** Granularity of every timeout in this room; also how far behind the counters may be. */
const SWEEP_MS = 500;
/** While stopping: how often to look whether the last messages were kept. */
const SETTLE_MS = 20;

export function createBroker(options: BrokerOptions): Broker {
  return new EmbeddedBroker(options);
}

class EmbeddedBroker implements Broker {
  readonly name = 'broker';
  readonly #options: BrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #floor: LinkFloor;
  readonly #reception: Reception;
  readonly #sessions: Sessions;
  readonly #lockout: Lockout;
  /** Devices that are signed in. */
  readonly #links = new Map<string, Link>();
  /** Links between the door and their session. */
  readonly #joining = new Set<Link>();
  readonly #allowances = new Map<string, Allowance>();
  readonly #stoppers: Array<() => void> = [];
  readonly #listeners = new Set<(device: string) => void>();
  #exchange: Exchange | null = null;
  #mqtt: Listener | null = null;
  #mqtts: Listener | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { clock, metrics, logger, journal, registry } = options;
    const limits = Object.freeze({ ...DEFAULT_LIMITS, ...options.limits });
    const refusals = new Refusals({ metrics, logger, clock });
    const budget = new Budget(limits.inFlightMax, limits.inFlightBytesMax);
    this.#limits = limits;
    this.#floor = { limits, clock, journal, budget, refusals, meter: new Meter(metrics) };
    this.#sessions = new Sessions({
      unreleasedMax: limits.unreleasedPerDevice,
      isOwnTopic: (id, topic) => this.#links.get(id)?.rights.subscribes(topic) !== undefined,
    });
    this.#lockout = new Lockout(limits);
    const allowance = (device: string): Allowance => this.#allowance(device);
    const credentials = { registry, journal, lockout: this.#lockout, clock, allowance };
    this.#reception = new Reception({
      limits,
      clock,
      refusals,
      judge: (connect, addressKey) => judgeConnect(credentials, connect, addressKey),
      admit: (arrival) => this.#admit(arrival),
    });
    metrics.gauge('sluice_broker_connections', 'Devices signed in.', () => this.connections);
    metrics.gauge(
      'sluice_broker_in_flight',
      'Messages of devices read and not yet kept.',
      () => budget.messages,
    );
  }

  async start(signal: AbortSignal): Promise<void> {
    const { host, port, tls, registry } = this.#options;
    const failed = (error: Error): void => this.#broken('listener', error);
    // Made before anything listens: a wrong certificate must not show as half a start.
    this.#mqtt = createPlainListener(this.#reception, failed);
    if (tls !== undefined) {
      this.#mqtts = createTlsListener(this.#reception, tls, {
        handshakeTimeoutMs: this.#limits.connectTimeoutMs,
        refused: (reason, address, detail) => this.#floor.refusals.add(reason, { address, detail }),
        failed,
      });
    }
    this.#exchange = await createExchange({
      limits: this.#limits,
      sessions: this.#sessions,
      events: {
        publish: (link, incoming, answer) => link.publish(incoming, answer),
        subscribe: (link, filter) => this.#subscribe(link, filter),
        unsubscribe: (link, filters) => this.#unsubscribe(link, filters),
        joined: (link) => this.#joined(link),
        left: (link) => this.#left(link),
        failed: (link, error, keepalive) => this.#failed(link, error, keepalive),
        broken: (error) => this.#broken('protocol', error),
      },
    });
    this.#stoppers.push(registry.onChange((device) => this.#registryChanged(device)));
    this.#stoppers.push(repeat(SWEEP_MS, () => this.#sweep()));
    try {
      if (signal.aborted) throw new AppError('BROKER_STOPPED', 'stopped before it listened');
      await this.#mqtt.listen(host, port);
      if (tls !== undefined) await this.#mqtts?.listen(host, tls.port);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  addresses(): { mqtt: ListenAddress | null; mqtts: ListenAddress | null } {
    return { mqtt: this.#mqtt?.address() ?? null, mqtts: this.#mqtts?.address() ?? null };
  }

  status(): BrokerStatus {
    return {
      listening: this.addresses().mqtt !== null,
      connections: this.connections,
      unauthenticated: this.#reception.unauthenticated,
      inFlight: this.#floor.budget.messages,
      inFlightBytes: this.#floor.budget.bytes,
    };
  }

  get connections(): number {
    return this.#links.size;
  }

  connected(device: string): boolean {
    return this.#links.has(device);
  }

  async send(device: string, topic: 'command' | 'rejected', payload: string): Promise<boolean> {
    const link = this.#links.get(device);
    if (link === undefined || this.#exchange === null) return false;
    if (link.closed || !link.subscriptions.has(topic)) return false;
    // A device that does not read what it was sent gets no more: it is on its way out.
    if (link.socket.writableNeedDrain) return false;
    const late = (): Error => new AppError('BROKER_SEND_LATE', 'the device does not read');
    const sent = this.#exchange.send(link, link.rights[topic], payload);
    return withDeadline(sent, this.#limits.drainTimeoutMs * 2, late).catch(() => false);
  }

  drop(device: string): boolean {
    const link = this.#links.get(device);
    if (link === undefined || link.closed) return false;
    // What the socket still holds dies with it: an end in order would deliver it first.
    link.close('unanswered');
    return true;
  }

  onListening(listener: (device: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #admit(arrival: {
    socket: Socket;
    address: string;
    connect: Connect;
    verdict: Extract<Verdict, { admitted: true }>;
    rest: Buffer;
  }): void {
    const { socket, address, connect, verdict, rest } = arrival;
    if (this.#exchange === null || this.#stopping !== null) {
      socket.destroy();
      return;
    }
    const { source, secret } = verdict;
    const allowance = this.#allowance(source.device);
    const link = new Link({
      floor: this.#floor,
      socket,
      address,
      connect,
      secret,
      source,
      allowance,
    });
    this.#joining.add(link);
    socket.once('close', () => this.#joining.delete(link));
    socket.unshift(Buffer.concat([writeConnect(connect), rest]));
    this.#exchange.join(link);
  }

  #allowance(device: string): Allowance {
    let allowance = this.#allowances.get(device);
    if (allowance === undefined) {
      const { messagesPerSecond, burst } = this.#limits;
      const bucket = (): TokenBucket =>
        new TokenBucket(messagesPerSecond, burst, this.#options.clock.monotonic());
      allowance = { messages: bucket(), controls: bucket() };
      this.#allowances.set(device, allowance);
    }
    return allowance;
  }

  #joined(link: Link): void {
    // The socket may have gone while the answer to its CONNECT was being written.
    if (link.closed || link.socket.destroyed) return;
    this.#joining.delete(link);
    this.#links.set(link.clientId, link);
    this.#tell(link, 'connected');
    link.join();
    // A kept session brings its subscription along.
    if (link.subscriptions.has('command')) this.#listening(link.clientId);
  }

  #left(link: Link): void {
    link.publishWill();
    if (this.#links.get(link.clientId) !== link) return;
    this.#links.delete(link.clientId);
    this.#tell(link, 'disconnected');
  }

  #tell(link: Link, event: DeviceEvent['event']): void {
    const { coop, site, device } = link.source;
    const data = { device, coop, site, event, online: event === 'connected' };
    this.#options.live.publish({ type: 'device', coop, data });
  }

  #subscribe(link: Link, filter: string): boolean {
    const topic = link.rights.subscribes(filter);
    if (topic === undefined) {
      const { address, clientId: device } = link;
      const detail = filter.slice(0, 80);
      this.#floor.refusals.add('forbidden-subscription', { address, device, detail });
      return false;
    }
    link.subscriptions.add(topic);
    if (topic === 'command' && this.#links.get(link.clientId) === link) {
      this.#listening(link.clientId);
    }
    return true;
  }

  #listening(device: string): void {
    for (const listener of this.#listeners) listener(device);
  }

  #unsubscribe(link: Link, filters: readonly string[]): void {
    for (const filter of filters) {
      const topic = link.rights.subscribes(filter);
      if (topic !== undefined) link.subscriptions.delete(topic);
    }
  }

  /** What the protocol gave up by itself; a connection that broke off is no refusal. */
  #failed(link: Link, error: NodeJS.ErrnoException, keepalive: boolean): void {
    if (link.closed || error.code !== undefined) return;
    if (keepalive) link.close('keepalive-timeout');
    else if (error.message === 'drain timeout') link.close('frozen');
    else link.close('malformed', error.message);
  }

  /** A removed device, or one whose secret was replaced, is put out at once. */
  #registryChanged(device: string): void {
    const { registry } = this.#options;
    // A device that knocked before it was registered, or with its old secret, may try at once.
    this.#lockout.forgive(device);
    if (registry.source(device) === undefined) {
      this.#allowances.delete(device);
      this.#sessions.forget(device);
    }
    const signedIn = this.#links.get(device);
    const concerned = [...this.#joining].filter((link) => link.clientId === device);
    for (const link of signedIn === undefined ? concerned : [signedIn, ...concerned]) {
      const source = registry.authenticate(device, link.secret);
      if (source === undefined) {
        link.dropWill();
        link.close('credential-revoked');
      } else if (source.coop !== link.source.coop) {
        // Its topics are others now: it has to subscribe anew.
        this.#sessions.forget(device);
        link.close('device-moved');
      } else {
        link.source = source;
        link.rights = new Rights(source);
      }
    }
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonic();
    this.#reception.sweep(nowMs);
    for (const link of this.#open()) link.sweep(nowMs);
    this.#floor.meter.flush();
  }

  *#open(): Generator<Link> {
    yield* this.#joining;
    yield* this.#links.values();
  }

  /** What is nobody's connection: too many open files, or a defect of the protocol library. */
  #broken(address: string, error: Error): void {
    this.#floor.refusals.add('internal', { address, detail: describeError(error) });
  }

  /** Messages that were read are still kept and answered; then every connection is closed. */
  async #stop(): Promise<void> {
    const { clock } = this.#options;
    this.#mqtt?.close();
    this.#mqtts?.close();
    this.#reception.close();
    for (const link of this.#open()) {
      link.pause();
      // It is us who leave: the device is not gone.
      link.dropWill();
    }
    const deadlineMs = clock.monotonic() + this.#limits.stopTimeoutMs;
    while (this.#floor.budget.messages > 0 && clock.monotonic() < deadlineMs) {
      await sleep(SETTLE_MS);
    }
    // One turn more, so that the last acknowledgements reach their sockets.
    await sleep(0);
    for (const end of this.#stoppers.splice(0)) end();
    if (this.#exchange !== null) {
      const late = (): Error => new AppError('BROKER_STOP_LATE', 'connections did not close');
      await withDeadline(this.#exchange.close(), this.#limits.stopTimeoutMs, late).catch(
        (error) => {
          this.#options.logger.warn({ error }, 'broker stopped late');
        },
      );
    }
    for (const link of this.#open()) link.close(null);
    this.#floor.meter.flush();
  }
}
