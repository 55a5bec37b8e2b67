import net from 'node:net';
import { percentile } from './statistics.ts';

/** One device as the load knows it. */
export interface LoadDevice {
  id: string;
  coop: string;
  secret: string;
}

export interface LoadOptions {
  port: number;
  devices: readonly LoadDevice[];
  /** Unacknowledged messages each connection keeps under way. */
  inFlight: number;
  seconds: number;
  /** Dropped from the figures. */
  warmUpSeconds: number;
  /** Messages a second over all connections; absent: as fast as acknowledgements come. */
  ratePerSecond?: number;
  /** Event time (ms) of each device's first report; absent: weeks ago. */
  firstAt?: number;
}

export interface LoadResult {
  acknowledged: number;
  perSecond: number;
  latencyMsP50: number;
  latencyMsP99: number;
  latencyMsMax: number;
  /** Messages sent before and after the warm-up together. */
  sent: number;
}

const ID_MAX = 65_535;
const PLACEHOLDER = '1700000000000';
/** About 170 bytes: what a pond sensor says with five values. */
const REPORT = `{"observedAt":${PLACEHOLDER},"boot":"b7","sequence":1000000,"values":{"dissolved_oxygen":5.12,"water_temperature":29.31,"ph":7.91,"salinity":14.25,"battery_voltage":3.71}}`;

function text(value: string): Buffer {
  const body = Buffer.from(value);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(body.length);
  return Buffer.concat([head, body]);
}

function packet(type: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    length.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

export function connectPacket(device: LoadDevice, keepaliveSeconds = 60): Buffer {
  const flags = Buffer.from([4, 0xc2, keepaliveSeconds >> 8, keepaliveSeconds & 0xff]);
  const parts = [text('MQTT'), flags, text(device.id), text(device.id), text(device.secret)];
  return packet(0x10, Buffer.concat(parts));
}

/** A PUBLISH at QoS 1 with the places of what changes from message to message. */
function template(device: LoadDevice): { bytes: Buffer; idAt: number; timeAt: number } {
  const topic = text(`sluice/v1/${device.coop}/${device.id}/report`);
  const bytes = packet(0x32, Buffer.concat([topic, Buffer.alloc(2), Buffer.from(REPORT)]));
  const timeAt = bytes.indexOf(PLACEHOLDER);
  return { bytes, idAt: timeAt - '{"observedAt":'.length - 2, timeAt };
}

/** One connection: pre-encoded packets out, acknowledgements counted by their fixed four bytes. */
class LoadConnection {
  readonly #socket: net.Socket;
  readonly #template: ReturnType<typeof template>;
  readonly #sentAt = new Float64Array(ID_MAX + 1);
  readonly #onAcknowledged: (latencyMs: number) => void;
  #nextId = 1;
  #nextTime: number;
  #pending: Buffer = Buffer.alloc(0);
  underWay = 0;
  sent = 0;

  private constructor(
    socket: net.Socket,
    { device, firstAt }: { device: LoadDevice; firstAt: number | undefined },
    onAcknowledged: (latencyMs: number) => void,
  ) {
    this.#socket = socket;
    this.#template = template(device);
    this.#onAcknowledged = onAcknowledged;
    this.#nextTime = firstAt ?? Date.now() - 80 * 86_400_000 + Math.floor(Math.random() * 1000);
  }

  static async open(
    { port, firstAt }: Pick<LoadOptions, 'port' | 'firstAt'>,
    device: LoadDevice,
    onAcknowledged: (latencyMs: number) => void,
  ): Promise<LoadConnection> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const connection = new LoadConnection(socket, { device, firstAt }, onAcknowledged);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error(`${device.id}: closed while connecting`)));
      socket.once('data', (answer: Buffer) => {
        if (answer[0] !== 0x20 || answer[3] !== 0) return reject(new Error(`CONNACK ${answer[3]}`));
        resolve();
      });
      socket.write(connectPacket(device));
    });
    socket.on('data', (chunk: Buffer) => connection.#receive(chunk));
    return connection;
  }

  /** Sends `count` messages in one write. */
  send(count: number): void {
    const { bytes, idAt, timeAt } = this.#template;
    const burst = Buffer.allocUnsafe(bytes.length * count);
    const now = performance.now();
    for (let index = 0; index < count; index++) {
      const at = index * bytes.length;
      bytes.copy(burst, at);
      burst.writeUInt16BE(this.#nextId, at + idAt);
      burst.write(String(this.#nextTime), at + timeAt, 'latin1');
      this.#sentAt[this.#nextId] = now;
      this.#nextId = this.#nextId === ID_MAX ? 1 : this.#nextId + 1;
      this.#nextTime += 10;
    }
    this.underWay += count;
    this.sent += count;
    this.#socket.write(burst);
  }

  end(): void {
    this.#socket.removeAllListeners();
    this.#socket.on('error', () => undefined);
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const now = performance.now();
    let at = 0;
    for (; at + 4 <= bytes.length; at += 4) {
      if (bytes[at] !== 0x40) throw new Error(`unexpected packet type ${bytes[at]}`);
      this.underWay--;
      this.#onAcknowledged(now - (this.#sentAt[bytes.readUInt16BE(at + 2)] ?? now));
    }
    this.#pending = bytes.subarray(at);
    this.onDrained?.();
  }

  onDrained: (() => void) | undefined;
}

/** Runs the load and measures what comes back after the warm-up. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  let measuring = false;
  let acknowledged = 0;
  const onAcknowledged = (latencyMs: number): void => {
    if (!measuring) return;
    acknowledged++;
    // Every sixteenth is enough for percentiles and keeps the load light.
    if (options.ratePerSecond !== undefined || (acknowledged & 15) === 0) latencies.push(latencyMs);
  };
  const connections = await Promise.all(
    options.devices.map((device) => LoadConnection.open(options, device, onAcknowledged)),
  );
  const stopDriving = drive(connections, options);
  await wait(options.warmUpSeconds * 1000);
  measuring = true;
  const startedAt = performance.now();
  await wait(options.seconds * 1000);
  measuring = false;
  const elapsedMs = performance.now() - startedAt;
  stopDriving();
  await drained(connections);
  const sent = connections.reduce((sum, connection) => sum + connection.sent, 0);
  for (const connection of connections) connection.end();
  latencies.sort((left, right) => left - right);
  return {
    acknowledged,
    perSecond: Math.round((acknowledged / elapsedMs) * 1000),
    latencyMsP50: percentile(latencies, 0.5),
    latencyMsP99: percentile(latencies, 0.99),
    latencyMsMax: latencies.at(-1) ?? 0,
    sent,
  };
}

function drive(connections: readonly LoadConnection[], options: LoadOptions): () => void {
  if (options.ratePerSecond === undefined) {
    let running = true;
    for (const connection of connections) {
      connection.onDrained = () => {
        if (running) connection.send(options.inFlight - connection.underWay);
      };
      connection.send(options.inFlight);
    }
    return () => {
      running = false;
    };
  }
  const rate = options.ratePerSecond;
  const startedAt = performance.now();
  let sent = 0;
  let turn = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * rate);
    for (; sent < due; sent++) connections[turn++ % connections.length]?.send(1);
  }, 2);
  return () => clearInterval(timer);
}

async function drained(connections: readonly LoadConnection[]): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (connections.some(({ underWay }) => underWay > 0) && performance.now() < deadline) {
    await wait(20);
  }
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
