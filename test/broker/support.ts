import { createHash, timingSafeEqual } from 'node:crypto';
import net from 'node:net';
import { systemClock } from '#src/base/clock';
import type { AppError } from '#src/base/errors';
import { createLogger } from '#src/base/logger';
import { createMetrics, type Metrics } from '#src/base/metrics';
import { type Broker, type BrokerLimits, createBroker, type TlsOptions } from '#src/broker/broker';
import type { RawMessage, Source } from '#src/contracts/frame';
import type { AppendDone, Journal, JournalStatus } from '#src/contracts/journal';
import type { LiveEvent } from '#src/contracts/live';
import type { Registry } from '#src/contracts/registry';
import type { Device } from '#src/contracts/state';

/** The devices of a test, as the real registry offers them. */
export class TestRegistry implements Registry {
  readonly #devices = new Map<string, { device: Device; hash: Buffer }>();
  readonly #listeners = new Set<(device: string) => void>();
  authentications = 0;

  put(id: string, secret: string, place: { coop?: string; site?: string } = {}): void {
    const device: Device = {
      id,
      coop: place.coop ?? 'coop-a',
      site: place.site ?? null,
      kind: 'pond-sensor',
      name: null,
      intervalSeconds: null,
      tags: [],
      gateway: null,
      createdAt: 0,
    };
    this.#devices.set(id, { device, hash: hashOf(secret) });
    for (const listener of this.#listeners) listener(id);
  }

  remove(id: string): void {
    this.#devices.delete(id);
    for (const listener of this.#listeners) listener(id);
  }

  learnedSeconds(): null {
    return null;
  }

  intervalSeconds(id: string): number | null {
    return this.find(id)?.intervalSeconds ?? null;
  }

  site(): undefined {
    return undefined;
  }

  find(id: string): Device | undefined {
    return this.#devices.get(id)?.device;
  }

  all(): Iterable<Device> {
    return [...this.#devices.values()].map(({ device }) => device);
  }

  get size(): number {
    return this.#devices.size;
  }

  authenticate(id: string, secret: Uint8Array): Source | undefined {
    this.authentications++;
    const known = this.#devices.get(id);
    const same = timingSafeEqual(hashOf(secret), known?.hash ?? hashOf(''));
    return known !== undefined && same ? this.source(id) : undefined;
  }

  source(id: string): Source | undefined {
    const device = this.#devices.get(id)?.device;
    if (device === undefined) return undefined;
    return { coop: device.coop, site: device.site, device: id, kind: device.kind };
  }

  onChange(listener: (device: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function hashOf(secret: string | Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Records what it is given; `answer` decides when and how each append is answered. */
export class AppendRecorder implements Pick<Journal, 'append' | 'status'> {
  readonly messages: RawMessage[] = [];
  failure: AppError | null = null;
  answer: (done: AppendDone, index: number) => void = (done) => setImmediate(done, null);

  append(message: RawMessage, done: AppendDone): void {
    const index = this.messages.length;
    this.messages.push({ ...message, payload: Buffer.from(message.payload) });
    this.answer(done, index);
  }

  status(): JournalStatus {
    const head = this.messages.length;
    return {
      tail: 0,
      head,
      bytes: 0,
      bytesMax: 1,
      oldestAt: null,
      inFlight: 0,
      failure: this.failure,
      repairs: [],
    };
  }

  texts(topic = 'report'): string[] {
    return this.messages
      .filter((message) => message.topic === topic)
      .map((message) => Buffer.from(message.payload).toString('utf8'));
  }
}

export interface Stand {
  broker: Broker;
  port: number;
  registry: TestRegistry;
  journal: AppendRecorder;
  events: LiveEvent[];
  metrics: Metrics;
  log: string[];
  /** The value of a counter, with its label when it has one. */
  count(name: string, label?: string): Promise<number>;
  refusals(reason: string): Promise<number>;
}

export const SECRET = 'a-secret-of-more-than-32-characters-1234';

/** A broker on a free port with the devices `d-1` to `d-9`. */
export async function startStand(
  options: { limits?: Partial<BrokerLimits>; tls?: TlsOptions; devices?: number } = {},
): Promise<Stand> {
  const registry = new TestRegistry();
  for (let index = 1; index <= (options.devices ?? 9); index++) registry.put(`d-${index}`, SECRET);
  const journal = new AppendRecorder();
  const events: LiveEvent[] = [];
  const metrics = createMetrics();
  const log: string[] = [];
  const broker = createBroker({
    host: '127.0.0.1',
    port: 0,
    registry,
    journal,
    live: { publish: (event) => events.push(event) },
    clock: systemClock,
    logger: createLogger('info', { write: (line: string) => log.push(line) }),
    metrics,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  await broker.start(new AbortController().signal);
  const count = async (name: string, label = ''): Promise<number> => {
    const { text } = await metrics.render();
    const line = text.split('\n').find((row) => row.startsWith(`${name}${label} `));
    return line === undefined ? 0 : Number(line.split(' ').at(-1));
  };
  return {
    broker,
    port: broker.addresses().mqtt?.port ?? 0,
    registry,
    journal,
    events,
    metrics,
    log,
    count,
    refusals: (reason) => count('sluice_broker_refused_total', `{reason="${reason}"}`),
  };
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 8_000) {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

// Packets as bytes, so that a test can send what no library would.

function lengthOf(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

export function packet(first: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([first]), lengthOf(body.length), body]);
}

export interface ConnectFields {
  id?: string | Buffer;
  username?: string | Buffer | null;
  password?: string | Buffer | null;
  clean?: boolean;
  keepalive?: number;
  protocol?: string;
  level?: number;
  will?: { topic: string; payload: string | Buffer; qos?: number; retain?: boolean };
}

export function connectPacket(fields: ConnectFields = {}): Buffer {
  const id = fields.id ?? 'd-1';
  const username = fields.username === undefined ? id : fields.username;
  const password = fields.password === undefined ? SECRET : fields.password;
  const { will } = fields;
  const flags =
    (fields.clean === false ? 0 : 2) |
    (will === undefined ? 0 : 4 | ((will.qos ?? 0) << 3) | (will.retain ? 32 : 0)) |
    (password === null ? 0 : 64) |
    (username === null ? 0 : 128);
  const keepalive = fields.keepalive ?? 60;
  return packet(
    0x10,
    text(fields.protocol ?? 'MQTT'),
    Buffer.from([fields.level ?? 4, flags, keepalive >> 8, keepalive & 255]),
    text(id),
    ...(will === undefined ? [] : [text(will.topic), text(will.payload)]),
    ...(username === null ? [] : [text(username)]),
    ...(password === null ? [] : [text(password)]),
  );
}

export function publishPacket(
  topic: string | Buffer,
  payload: string | Buffer,
  options: { qos?: number; id?: number; dup?: boolean; retain?: boolean } = {},
): Buffer {
  const qos = options.qos ?? 1;
  const id = options.id ?? 1;
  const first = 0x30 | (options.dup ? 8 : 0) | (qos << 1) | (options.retain ? 1 : 0);
  const identifier = qos === 0 ? [] : [Buffer.from([id >> 8, id & 255])];
  return packet(first, text(topic), ...identifier, Buffer.from(payload));
}

export function subscribePacket(filter: string | Buffer, qos = 1, id = 7): Buffer {
  return packet(0x82, Buffer.from([id >> 8, id & 255]), text(filter), Buffer.from([qos]));
}

export const DISCONNECT: Buffer = Buffer.from([0xe0, 0]);
export const PINGREQ: Buffer = Buffer.from([0xc0, 0]);

export interface Packet {
  first: number;
  body: Buffer;
}

/** A socket that cuts what it hears into packets. */
export class RawClient {
  readonly socket: net.Socket;
  readonly packets: Packet[] = [];
  closed = false;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('data', (chunk: Buffer) => this.#heard(chunk));
  }

  static async open(port: number): Promise<RawClient> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new RawClient(socket);
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  /** Signs in; rejects when the answer is not a welcome. */
  static async signIn(port: number, fields: ConnectFields = {}): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(connectPacket(fields));
    const answer = await client.next(2);
    if (answer.body[1] !== 0) throw new Error(`CONNACK ${answer.body[1]}`);
    return client;
  }

  send(...packets: Buffer[]): void {
    this.socket.write(Buffer.concat(packets));
  }

  of(type: number): Packet[] {
    return this.packets.filter(({ first }) => first >> 4 === type);
  }

  /** The first packet of the type, now or when it comes. */
  async next(type: number, ms = 8_000): Promise<Packet> {
    const arrived = (): Packet | undefined => this.of(type)[0];
    await until(`packet of type ${type}`, () => arrived() !== undefined || this.closed, ms);
    const found = arrived();
    if (found === undefined) throw new Error(`closed without a packet of type ${type}`);
    return found;
  }

  async ended(ms = 8_000): Promise<void> {
    await until('the end of the connection', () => this.closed, ms);
  }

  /** Packet ids of the PUBACKs heard, in their order. */
  get acknowledged(): number[] {
    return this.of(4).map(({ body }) => body.readUInt16BE(0));
  }

  destroy(): void {
    this.socket.destroy();
  }

  #heard(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      let length = 0;
      let at = 1;
      for (;;) {
        const byte = this.#bytes[at];
        if (byte === undefined) return;
        length |= (byte & 0x7f) << (7 * (at - 1));
        at++;
        if (byte < 0x80) break;
      }
      if (this.#bytes.length < at + length) return;
      const first = this.#bytes[0] ?? 0;
      this.packets.push({ first, body: this.#bytes.subarray(at, at + length) });
      this.#bytes = this.#bytes.subarray(at + length);
    }
  }
}
