import type { Duplex } from 'node:stream';
import { type Clock, sleep } from '../base/clock.ts';
import { AppError, describeError, toAppError } from '../base/errors.ts';
import type { DeviceFrameTopic, Source } from '../contracts/frame.ts';
import type { Journal } from '../contracts/journal.ts';
import type { Budget } from './budget.ts';
import type { Connect, Will } from './connect-packet.ts';
import { Fifo, type Slot } from './fifo.ts';
import type { BrokerLimits } from './limits.ts';
import type { Meter } from './meter.ts';
import { type Allowance, PacketGate } from './packet-gate.ts';
import type { RefusalReason, Refusals } from './refusals.ts';
import { type DeviceTopic, Rights, topicRefusal } from './rights.ts';

/** What all links of a broker share. */
export interface LinkFloor {
  limits: BrokerLimits;
  clock: Clock;
  journal: Pick<Journal, 'append'>;
  budget: Budget;
  meter: Meter;
  refusals: Refusals;
}

export interface LinkOptions {
  floor: LinkFloor;
  socket: Duplex;
  address: string;
  connect: Connect;
  /** Kept to ask again whether it still opens the door when the registry changes. */
  secret: Uint8Array;
  source: Source;
  allowance: Allowance;
}

/** A message as it comes out of the protocol. */
export interface Incoming {
  topic: string;
  payload: Uint8Array;
  qos: number;
  messageId: number | undefined;
  /** Length of its packet after the fixed header. */
  bytes: number;
  /** Its first sending is in the journal, and only its release is still to come (QoS 2). */
  isKnown: boolean;
}

/**
 * One signed-in connection: what it may say, what it said and is not kept yet, and the gate that
 * decides how much of its socket is read.
 */
export class Link {
  readonly socket: Duplex;
  readonly address: string;
  readonly clientId: string;
  readonly secret: Uint8Array;
  readonly subscriptions = new Set<DeviceTopic>();
  source: Source;
  rights: Rights;
  closed = false;
  readonly #floor: LinkFloor;
  readonly #gate: PacketGate;
  readonly #fifo: Fifo;
  readonly #read: (size?: number) => Buffer | null;
  #will: Will | null;
  #held = false;
  #paused = false;
  /** What was held back and stands first in the socket's buffer. */
  #rest: Buffer | null = null;
  /** Since when the device leaves what we sent it unread, as far as the sweep has seen. */
  #unreadSince: number | null = null;
  #readAt: number;
  #receivedAt: number;

  constructor(options: LinkOptions) {
    const { floor, socket } = options;
    this.socket = socket;
    this.address = options.address;
    this.clientId = options.connect.clientId;
    this.secret = options.secret;
    this.source = options.source;
    this.rights = new Rights(options.source);
    this.#floor = floor;
    this.#will = options.connect.will;
    this.#gate = new PacketGate(floor.limits, options.allowance, floor.budget);
    this.#fifo = new Fifo((slot) => this.#complete(slot));
    this.#readAt = floor.clock.monotonic();
    this.#receivedAt = floor.clock.now();
    const read = socket.read.bind(socket);
    this.#read = (size) => read(size) as Buffer | null;
    // The gate stands in the one place where a consumer takes bytes out of a socket. A stream of
    // its own in between would copy the same state machine twice for every chunk. A read of 0
    // bytes is the stream's own, to fill its buffer.
    socket.read = (size?: number) => (size === 0 ? read(0) : this.#take());
    socket.once('close', () => this.#end());
  }

  /** The session stands on both sides: packets behind the CONNECT may pass. */
  join(): void {
    this.#gate.join();
    this.resume();
  }

  get inFlight(): number {
    return this.#gate.inFlight;
  }

  get saidGoodbye(): boolean {
    return this.#gate.ended;
  }

  /** Lets the consumer read again after a hold. */
  resume(): void {
    if (!this.#held || this.closed) return;
    this.#held = false;
    this.socket.emit('readable');
  }

  /** Reads no more: the connection is about to be closed by us. */
  pause(): void {
    this.#paused = true;
  }

  /**
   * Keeps a message; `answer` is called once, after all answers before it, with null when the
   * message is in the journal. An answer with an error never follows an acknowledgement: the
   * connection is closed by then.
   */
  publish(incoming: Incoming, answer: (error: AppError | null) => void): void {
    if (this.closed) return answer(new AppError('BROKER_REFUSED', 'the connection is closed'));
    const topic = this.rights.publishes(incoming.topic);
    const problem = this.#problem(incoming, topic);
    if (problem !== null || topic === undefined) {
      const reason = problem ?? 'forbidden-topic';
      this.close(reason, incoming.topic.slice(0, 80));
      answer(new AppError('BROKER_REFUSED', `refused: ${reason}`));
      return;
    }
    const slot: Slot = {
      answer,
      startedAt: this.#readAt,
      bytes: incoming.bytes,
      settled: false,
      error: null,
    };
    this.#fifo.add(slot);
    if (incoming.isKnown) this.#fifo.settle(slot, null);
    else this.#keep(topic, incoming.payload, slot);
  }

  /** The Will of a connection that ended without a goodbye, in the journal like any message. */
  publishWill(): void {
    const will = this.#will;
    this.#will = null;
    if (will === null || this.saidGoodbye) return;
    if (this.rights.publishes(will.topic) !== 'status') return;
    this.#receivedAt = this.#floor.clock.now();
    this.#keep('status', will.payload, null);
  }

  /** No Will: the connection ends by our doing, or the device has no rights any more. */
  dropWill(): void {
    this.#will = null;
  }

  /** Ends the connection, counted under `reason` unless the device merely left. */
  close(reason: RefusalReason | null, detail?: string): void {
    if (this.closed) return;
    if (reason !== null) {
      this.#floor.refusals.add(reason, {
        address: this.address,
        device: this.clientId,
        ...(detail === undefined ? {} : { detail }),
      });
    }
    this.#end();
    this.socket.destroy();
  }

  /** Called twice a second: closes what takes too long. */
  sweep(nowMs: number): void {
    if (this.closed) return;
    const { limits } = this.#floor;
    const oldest = this.#fifo.oldest;
    if (oldest !== undefined && nowMs - oldest.startedAt > limits.keepTimeoutMs) {
      this.close('not-kept', 'the journal did not answer in time');
    }
    if (!this.socket.writableNeedDrain) this.#unreadSince = null;
    else this.#unreadSince ??= nowMs;
    if (this.#unreadSince !== null && nowMs - this.#unreadSince >= limits.drainTimeoutMs) {
      this.close('frozen');
    }
    const since = this.#gate.partialSince;
    if (!this.#held && since !== null && nowMs - since > limits.packetTimeoutMs) {
      this.close('packet-timeout');
    }
  }

  #problem(incoming: Incoming, topic: DeviceFrameTopic | undefined): RefusalReason | null {
    if (topic === undefined) return topicRefusal(incoming.topic);
    if (incoming.payload.length > this.#floor.limits.payloadBytesMax) return 'too-large';
    const identified = incoming.messageId !== undefined && incoming.messageId > 0;
    return incoming.qos > 0 && !identified ? 'malformed' : null;
  }

  #keep(topic: DeviceFrameTopic, payload: Uint8Array, slot: Slot | null): void {
    const { journal, meter, refusals } = this.#floor;
    const done = (error: AppError | null): void => {
      if (error === null) meter.kept(topic);
      if (slot !== null) this.#fifo.settle(slot, error);
      else if (error !== null) {
        const detail = `Will: ${error.code}`;
        refusals.add('not-kept', { address: this.address, device: this.clientId, detail });
      }
    };
    const { source } = this;
    try {
      journal.append({ source, topic, payload, receivedAt: this.#receivedAt }, done);
    } catch (error) {
      done(toAppError(error, 'BROKER_NOT_KEPT', 'the journal did not take the message'));
    }
  }

  #complete(slot: Slot): void {
    if (this.closed) return;
    const { clock, meter } = this.#floor;
    if (slot.error !== null) {
      this.close('not-kept', slot.error.code);
      slot.answer(slot.error);
      return;
    }
    if (meter.wantsLatency) meter.took(clock.monotonic() - slot.startedAt);
    try {
      slot.answer(null);
    } catch (error) {
      // The caller is the journal, which has other connections to answer.
      this.close('internal', describeError(error));
      return;
    }
    this.#gate.release(1, slot.bytes);
    // Half the bound at a time: one turn of reading for many messages instead of one each.
    const isRoomy = this.#gate.inFlight * 2 <= this.#floor.limits.inFlightPerDevice;
    if (isRoomy && this.#held && this.#gate.hold === 'in-flight') this.resume();
  }

  /** Hands out what may be read now, and puts the rest back. */
  #take(): Buffer | null {
    if (this.#held || this.#paused || this.closed) return null;
    if (this.socket.writableNeedDrain) {
      // Who does not read our acknowledgements gives us no further reason to write some.
      this.#held = true;
      this.socket.once('drain', () => this.resume());
      return null;
    }
    const offered = this.#rest ?? this.#read();
    if (offered === null) return null;
    const gate = this.#gate;
    this.#readAt = this.#floor.clock.monotonic();
    this.#receivedAt = this.#floor.clock.now();
    const passed = gate.scan(offered, this.#readAt);
    if (gate.refusal !== null) {
      this.close(gate.refusal, gate.detail);
      return null;
    }
    if (gate.hold !== null) this.#hold();
    if (this.#rest === null && passed === offered.length) return offered;
    return this.#cut(offered, passed);
  }

  /**
   * The first `passed` bytes. The others stay in the stream's own buffer, so that it knows it is
   * full, and does not tell the end of the connection before they are read. Taking all and putting
   * the rest back every time would make it fetch a further chunk for every few bytes that pass.
   */
  #cut(offered: Buffer, passed: number): Buffer | null {
    const wasPutBack = this.#rest !== null;
    const rest = offered.subarray(passed);
    this.#rest = rest.length === 0 || this.#gate.ended ? null : rest;
    if (passed === 0 && wasPutBack) return null;
    if (wasPutBack) return this.#read(passed);
    if (this.#rest !== null) this.socket.unshift(rest);
    return passed === 0 ? null : offered.subarray(0, passed);
  }

  #hold(): void {
    this.#held = true;
    const { hold, waitMs } = this.#gate;
    if (hold === 'budget') this.#floor.budget.wait(this);
    if (hold === 'rate') void sleep(waitMs).then(() => this.resume());
  }

  /** Gives back what it held of what all share; answers to nobody are dropped. */
  #end(): void {
    if (this.closed) return;
    this.closed = true;
    this.#fifo.drain();
    this.#floor.budget.forget(this);
    this.#gate.release(this.#gate.inFlight, this.#gate.inFlightBytes);
  }
}
