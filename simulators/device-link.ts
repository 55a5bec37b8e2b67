import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { sleep } from '../src/base/clock.ts';
import { describeError } from '../src/base/errors.ts';
import type { SimulatedReport } from './report.ts';

/** A message a simulated device sends, kept until it is acknowledged. */
export interface FleetMessage {
  device: string;
  coop: string;
  kind: string;
  boot: string;
  topic: string;
  payload: string;
  reports: readonly SimulatedReport[];
  /** A second copy, sent on purpose. */
  repeat: boolean;
}

export interface LinkOptions {
  brokerUrl: string;
  device: string;
  coop: string;
  secret: string;
  ca: string | undefined;
  /** Messages sent and not yet acknowledged. */
  window: number;
  reconnect: { minMs: number; maxMs: number };
  /** A number in [0, 1) that spreads this device's attempts to connect from the others'. */
  spread: number;
  onAcknowledged(message: FleetMessage): void;
  onRejected(payload: string): void;
  /** A controller's ear; a device without one does not subscribe to commands. */
  onCommand?: (payload: string) => void;
  /** False while the device has no power; it connects when it has. */
  mayConnect?: () => boolean;
  onConnection(connected: boolean): void;
  onProblem(problem: string): void;
}

const FIRMWARE = 'simulator-1.0.0';
const OFFLINE = JSON.stringify({ online: false });
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_SECONDS = 60;
/** How often a device without power is asked whether it has any. */
const POWER_MS = 250;
/** A farewell to a broker that does not answer ends after this. */
const FAREWELL_MS = 2_000;

/**
 * One device's connection, as careful firmware keeps it: what is not acknowledged stays and is sent
 * again, in order, on the next connection, however often the broker goes away.
 */
export class DeviceLink {
  readonly #options: LinkOptions;
  readonly #unacknowledged: FleetMessage[] = [];
  #client: MqttClient | null = null;
  #online = false;
  #closed = false;
  #wake: () => void = () => undefined;
  readonly #stopper = new AbortController();
  readonly #ended: Promise<void>;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#ended = this.#keepConnected();
  }

  /** Waits for room in the window, then sends; resolves before the acknowledgement. */
  async send(message: FleetMessage): Promise<void> {
    await this.#until(() => this.#unacknowledged.length < this.#options.window);
    this.post(message);
  }

  /** Sends without waiting for room: an answer to a command, which nothing may hold up. */
  post(message: FleetMessage): void {
    if (this.#closed) return;
    this.#unacknowledged.push(message);
    if (this.#online && this.#client !== null) this.#publish(this.#client, message);
  }

  /** Resolves when everything sent is acknowledged, or the link was closed. */
  async drained(): Promise<void> {
    await this.#until(() => this.#unacknowledged.length === 0);
  }

  /** Breaks the connection without a word, as a lost signal does. */
  cut(): void {
    this.#client?.stream.destroy();
  }

  /** Says goodbye when all is acknowledged, else hangs up; then the Will says the same. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    const client = this.#client;
    if (client !== null && this.#online && this.#unacknowledged.length === 0) {
      client.publish(this.#topic('status'), OFFLINE, { qos: 1 });
      await Promise.race([client.endAsync(), sleep(FAREWELL_MS)]);
    }
    this.#stopper.abort();
    await this.#ended;
  }

  /** One waiter at a time: a device sends one thing after the other. */
  async #until(condition: () => boolean): Promise<void> {
    while (!this.#closed && !condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #keepConnected(): Promise<void> {
    const { reconnect, spread, mayConnect } = this.#options;
    let delayMs = reconnect.minMs;
    while (!this.#closed) {
      if (mayConnect?.() === false) {
        await sleep(POWER_MS, this.#stopper.signal);
        continue;
      }
      const connected = await this.#connectOnce();
      if (connected) delayMs = reconnect.minMs;
      if (this.#closed) return;
      await sleep(delayMs * (0.5 + spread), this.#stopper.signal);
      delayMs = Math.min(reconnect.maxMs, delayMs * 2);
    }
  }

  /** Resolves when the connection is over; true when there was one. */
  #connectOnce(): Promise<boolean> {
    const { onConnection, onProblem, device } = this.#options;
    const client = connect(this.#options.brokerUrl, this.#clientOptions());
    this.#client = client;
    return new Promise((resolve) => {
      let connected = false;
      const hangUp = (): void => void client.end(true);
      this.#stopper.signal.addEventListener('abort', hangUp, { once: true });
      client.on('connect', () => {
        connected = true;
        this.#online = true;
        onConnection(true);
        this.#greet(client);
      });
      client.on('message', (topic, payload) => this.#hear(topic, payload.toString()));
      client.on('error', (error) => onProblem(`${device}: ${describeError(error).trim()}`));
      const over = (): void => {
        if (this.#client !== client) return;
        this.#client = null;
        this.#stopper.signal.removeEventListener('abort', hangUp);
        if (this.#online) onConnection(false);
        this.#online = false;
        client.end(true);
        resolve(connected);
      };
      client.once('close', over);
      client.once('end', over);
    });
  }

  #clientOptions(): IClientOptions {
    const { device, secret, ca } = this.#options;
    return {
      clientId: device,
      username: device,
      password: secret,
      protocolVersion: 4,
      clean: true,
      keepalive: KEEP_ALIVE_SECONDS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // We keep what is unacknowledged ourselves, so each connection begins anew.
      reconnectPeriod: 0,
      resubscribe: false,
      will: { topic: this.#topic('status'), payload: OFFLINE, qos: 1, retain: false },
      ...(ca === undefined ? {} : { ca }),
    } as IClientOptions;
  }

  #hear(topic: string, payload: string): void {
    const { onCommand, onRejected } = this.#options;
    if (topic === this.#topic('command')) onCommand?.(payload);
    else onRejected(payload);
  }

  #topic(last: string): string {
    return `sluice/v1/${this.#options.coop}/${this.#options.device}/${last}`;
  }

  #greet(client: MqttClient): void {
    const ignore = (): void => undefined;
    client.subscribe(this.#topic('rejected'), { qos: 1 }, ignore);
    if (this.#options.onCommand !== undefined) {
      client.subscribe(this.#topic('command'), { qos: 1 }, ignore);
    }
    const status = JSON.stringify({ online: true, firmware: FIRMWARE });
    client.publish(this.#topic('status'), status, { qos: 1 }, ignore);
    for (const message of this.#unacknowledged) this.#publish(client, message);
  }

  #publish(client: MqttClient, message: FleetMessage): void {
    client.publish(message.topic, message.payload, { qos: 1 }, (error) => {
      if (error) return;
      const place = this.#unacknowledged.indexOf(message);
      if (place < 0) return;
      this.#unacknowledged.splice(place, 1);
      this.#options.onAcknowledged(message);
      this.#wake();
    });
  }
}
