import type { Socket } from 'node:net';
import { type Clock, sleep } from '../base/clock.ts';
import { addressKey } from './address.ts';
import { type Connect, connack, readConnect } from './connect-packet.ts';
import type { Verdict } from './credentials.ts';
import { Crowd } from './crowd.ts';
import type { BrokerLimits } from './limits.ts';
import type { RefusalReason, Refusals } from './refusals.ts';

/** Time a refused client has to read why, before its socket is destroyed. */
const FAREWELL_MS = 1_000;

interface Arrival {
  key: string;
  address: string;
  deadlineMs: number;
}

export interface ReceptionOptions {
  limits: BrokerLimits;
  clock: Clock;
  refusals: Refusals;
  judge(connect: Connect, addressKey: string): Verdict;
  /** Takes a socket over; `rest` is what came behind the CONNECT. */
  admit(arrival: {
    socket: Socket;
    address: string;
    connect: Connect;
    verdict: Extract<Verdict, { admitted: true }>;
    rest: Buffer;
  }): void;
}

/**
 * The room in front of the door: sockets that have not signed in. A stranger costs a socket and
 * at most one CONNECT of 4 KiB; nothing of the protocol runs for him.
 */
export class Reception {
  readonly #options: ReceptionOptions;
  readonly #crowd: Crowd;
  readonly #arrivals = new Map<Socket, Arrival>();
  #connections = 0;

  constructor(options: ReceptionOptions) {
    this.#options = options;
    this.#crowd = new Crowd(options.limits);
  }

  get unauthenticated(): number {
    return this.#crowd.size;
  }

  /** Sockets of every state. */
  get connections(): number {
    return this.#connections;
  }

  /** Counts a socket in, from its first moment; false when it was closed for want of a place. */
  enter(socket: Socket): boolean {
    const { limits, clock } = this.#options;
    const address = socket.remoteAddress ?? 'unknown';
    const key = addressKey(socket.remoteAddress);
    if (this.#connections >= limits.connectionsMax) {
      return this.#turnAway(socket, 'too-many-connections', address);
    }
    const place = this.#crowd.enter(key);
    if (place === 'full') return this.#turnAway(socket, 'too-many-unauthenticated', address);
    this.#connections++;
    const timeMs = place === 'calm' ? limits.connectTimeoutMs : limits.crowdedConnectTimeoutMs;
    this.#arrivals.set(socket, { key, address, deadlineMs: clock.monotonic() + timeMs });
    // A peer that goes away is no event.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#connections--;
      this.#leave(socket);
    });
    return true;
  }

  /** Reads the CONNECT. `socket` is the readable one, `raw` the one that entered. */
  greet(socket: Socket, raw: Socket): void {
    const arrival = this.#arrivals.get(raw);
    if (arrival === undefined) {
      socket.destroy();
      return;
    }
    let bytes: Buffer = Buffer.alloc(0);
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null || !this.#arrivals.has(raw)) return;
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const reading = readConnect(bytes, this.#options.limits);
      if (reading.state === 'partial') return;
      socket.removeListener('readable', onReadable);
      this.#leave(raw);
      if (reading.state === 'refused') {
        const { reason, detail, answer } = reading;
        this.#refuse(socket, { reason, address: arrival.address, detail, answer });
      } else {
        this.#decide(socket, arrival, reading.connect, bytes.subarray(reading.bytes));
      }
    };
    socket.on('readable', onReadable);
  }

  /** Called twice a second: closes those who took too long. */
  sweep(nowMs: number): void {
    for (const [socket, { deadlineMs, address }] of this.#arrivals) {
      if (nowMs < deadlineMs) continue;
      this.#options.refusals.add('connect-timeout', { address });
      this.#leave(socket);
      socket.destroy();
    }
  }

  close(): void {
    for (const socket of this.#arrivals.keys()) socket.destroy();
  }

  #decide(socket: Socket, arrival: Arrival, connect: Connect, rest: Buffer): void {
    const { judge, admit } = this.#options;
    const { address, key } = arrival;
    const device = connect.clientId.slice(0, 64);
    try {
      const verdict = judge(connect, key);
      if (verdict.admitted) return admit({ socket, address, connect, verdict, rest });
      const answer = connack(verdict.code);
      this.#refuse(socket, { reason: verdict.reason, address, device, answer });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#refuse(socket, { reason: 'internal', address, device, detail, answer: connack(3) });
    }
  }

  #refuse(
    socket: Socket,
    refusal: {
      reason: RefusalReason;
      address: string;
      device?: string;
      detail?: string;
      answer: Buffer | null;
    },
  ): void {
    const { reason, answer, ...detail } = refusal;
    this.#options.refusals.add(reason, detail);
    if (answer === null) {
      socket.destroy();
      return;
    }
    // Whatever still comes is read and dropped: unread bytes would turn the close into a reset
    // that overtakes the answer.
    socket.end(answer);
    socket.resume();
    void sleep(FAREWELL_MS).then(() => socket.destroy());
  }

  #turnAway(socket: Socket, reason: RefusalReason, address: string): false {
    this.#options.refusals.add(reason, { address });
    socket.on('error', () => {});
    socket.destroy();
    return false;
  }

  #leave(socket: Socket): void {
    const arrival = this.#arrivals.get(socket);
    if (arrival === undefined) return;
    this.#arrivals.delete(socket);
    this.#crowd.leave(arrival.key);
  }
}
