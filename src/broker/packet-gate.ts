import type { Budget } from './budget.ts';
import type { BrokerLimits } from './limits.ts';
import type { RefusalReason } from './refusals.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Why the bytes from here on have to wait. */
export type Hold = 'joining' | 'in-flight' | 'budget' | 'rate';

/** What one device may send, whichever connection it uses. */
export interface Allowance {
  messages: TokenBucket;
  /** Sign-ins, subscriptions and pings, so that they cannot go round the rate of messages. */
  controls: TokenBucket;
}

const TYPE = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
} as const;

/** Fixed header (5 at most) and the two bytes after it that are looked at. */
const HEAD_BYTES_MAX = 7;

/**
 * Reads the fixed headers of what a device sends, before anyone else does, and says how many bytes
 * may pass now. It buffers nothing but a header that is cut by the end of a chunk. The order of a
 * device's packets never changes: what is held, is held with everything behind it.
 */
export class PacketGate {
  /** Set when the last scan met something that closes the connection. */
  refusal: RefusalReason | null = null;
  /** What was wrong, for the log. */
  detail = '';
  /** Why the last scan stopped early, or null when it did not. */
  hold: Hold | null = 'joining';
  /** The device said goodbye: what follows is ignored, and its Will is void. */
  ended = false;
  /** When the packet began that the last scan left unfinished; null between packets. */
  partialSince: number | null = null;
  /** Messages that passed and were not released, and their bytes. */
  inFlight = 0;
  inFlightBytes = 0;

  readonly #limits: BrokerLimits;
  readonly #allowance: Allowance;
  readonly #budget: Budget;
  readonly #head = Buffer.alloc(HEAD_BYTES_MAX);
  #headBytes = 0;
  /** Bytes of the current packet that are still to come. */
  #rest = 0;
  #expectsConnect = true;
  #joined = false;
  #packetBytes = 0;
  #bodyAt = 0;
  #bodyBytes = 0;

  constructor(limits: BrokerLimits, allowance: Allowance, budget: Budget) {
    this.#limits = limits;
    this.#allowance = allowance;
    this.#budget = budget;
  }

  /** From now on packets after the CONNECT may pass. */
  join(): void {
    this.#joined = true;
  }

  /** A message that passed was kept, or will never be: the next one may come. */
  release(messages: number, bytes: number): void {
    this.inFlight -= messages;
    this.inFlightBytes -= bytes;
    this.#budget.give(messages, bytes);
  }

  /** How long to wait before scanning again when the rate was the reason. */
  get waitMs(): number {
    return Math.max(this.#allowance.messages.waitMs, this.#allowance.controls.waitMs);
  }

  /** How many bytes of `chunk` may pass; the others must be offered again later. */
  scan(chunk: Uint8Array, nowMs: number): number {
    this.#allowance.messages.refill(nowMs);
    this.#allowance.controls.refill(nowMs);
    this.hold = null;
    const end = chunk.length;
    let at = 0;
    while (at < end && !this.ended) {
      if (this.#rest > 0) {
        const step = Math.min(this.#rest, end - at);
        this.#rest -= step;
        at += step;
        if (this.#rest > 0) return at;
        this.partialSince = null;
        continue;
      }
      if (this.#headBytes === 0 && !this.#admits(chunk[at] ?? 0)) break;
      at = this.#enter(chunk, at, nowMs);
      if (this.refusal !== null) return at;
    }
    return at;
  }

  /** Reads the head of a packet from `at` on; returns where its body, or the next chunk, begins. */
  #enter(chunk: Uint8Array, from: number, nowMs: number): number {
    let at = from;
    this.partialSince ??= nowMs;
    if (this.#headBytes === 0) {
      const taken = this.#inspect(chunk, at, chunk.length);
      if (taken > 0) return this.#begin(chunk[at] ?? 0, taken, at);
    }
    // The header is cut by the end of a chunk: collect it byte by byte.
    while (at < chunk.length && this.refusal === null) {
      this.#head[this.#headBytes++] = chunk[at++] ?? 0;
      const taken = this.#inspect(this.#head, 0, this.#headBytes);
      if (taken > 0) {
        this.#headBytes = 0;
        return this.#begin(this.#head[0] ?? 0, taken, at - taken);
      }
    }
    return at;
  }

  #begin(first: number, taken: number, at: number): number {
    const type = first >> 4;
    this.#rest = this.#packetBytes - taken;
    if (this.#rest === 0) this.partialSince = null;
    if (type === TYPE.disconnect) this.ended = true;
    if (type === TYPE.publish) {
      this.inFlight++;
      this.inFlightBytes += this.#bodyBytes;
      this.#budget.take(this.#bodyBytes);
    }
    return at + taken;
  }

  /** Whether a packet that begins with this byte may pass now. */
  #admits(first: number): boolean {
    const type = first >> 4;
    if (this.#expectsConnect) {
      this.#expectsConnect = false;
      return type === TYPE.connect || this.#refuse('malformed', 'no CONNECT');
    }
    if (type === TYPE.connect) return this.#refuse('malformed', 'a second CONNECT');
    if (!this.#joined) this.hold = 'joining';
    else if (type === TYPE.publish) this.hold = this.#messageHold();
    else if (type < TYPE.puback || type > TYPE.pubcomp) {
      this.hold = this.#allowance.controls.take() ? null : 'rate';
    }
    return this.hold === null;
  }

  #messageHold(): Hold | null {
    if (this.inFlight >= this.#limits.inFlightPerDevice) return 'in-flight';
    if (this.#budget.isSpent) return 'budget';
    return this.#allowance.messages.take() ? null : 'rate';
  }

  /**
   * Checks the head in `bytes[from, to)`. Returns how many bytes of it were looked at when it is
   * complete and right, else 0: more is needed, or `refusal` is set.
   */
  #inspect(bytes: Uint8Array, from: number, to: number): number {
    const first = bytes[from] ?? 0;
    let at = from + 1;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= to) return 0;
      const byte = bytes[at++] ?? 0;
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      if (shift === 21) return this.#reject('malformed', 'the length of a packet');
    }
    const type = first >> 4;
    this.#packetBytes = at - from + length;
    if (type === TYPE.publish) {
      this.#bodyAt = at;
      this.#bodyBytes = length;
      return this.#isPublish(bytes, first, to) ? at + 2 - from : 0;
    }
    if (!isWellFormed(type, first & 15, length)) return this.#reject('malformed', `type ${type}`);
    const lengthMax =
      type === TYPE.connect ? this.#limits.connectBytesMax : this.#limits.otherBytesMax;
    if (length > lengthMax) return this.#reject('too-large', `type ${type}`);
    if (type >= TYPE.pingreq || type === TYPE.connect) return at - from;
    if (at + 2 > to) return 0;
    // [MQTT-2.3.1-1]: an identifier is not zero.
    if (bytes[at] === 0 && bytes[at + 1] === 0) return this.#reject('malformed', 'packet id 0');
    return at + 2 - from;
  }

  /** False as well when the length of the topic is still to come. */
  #isPublish(bytes: Uint8Array, first: number, to: number): boolean {
    const qos = (first >> 1) & 3;
    if (qos === 3) return this.#refuse('malformed', 'QoS 3');
    const limits = this.#limits;
    const at = this.#bodyAt;
    if (this.#bodyBytes > limits.payloadBytesMax + limits.topicBytesMax + 4) {
      return this.#refuse('too-large', 'PUBLISH');
    }
    if (this.#bodyBytes < 3) return this.#refuse('malformed', 'PUBLISH is too short');
    if (at + 2 > to) return false;
    const topicBytes = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (topicBytes === 0) return this.#refuse('malformed', 'an empty topic');
    if (topicBytes > limits.topicBytesMax) return this.#refuse('too-large', 'a topic');
    if (2 + topicBytes + (qos === 0 ? 0 : 2) > this.#bodyBytes) {
      return this.#refuse('malformed', 'a topic longer than its packet');
    }
    return true;
  }

  #reject(reason: RefusalReason, detail: string): 0 {
    this.#refuse(reason, detail);
    return 0;
  }

  #refuse(reason: RefusalReason, detail: string): false {
    this.refusal = reason;
    this.detail = detail;
    return false;
  }
}

/** Flags and lengths of what a client may send after CONNECT, MQTT 3.1.1 tables 2.1 and 2.2. */
function isWellFormed(type: number, flags: number, length: number): boolean {
  switch (type) {
    case TYPE.connect:
      return flags === 0;
    case TYPE.puback:
    case TYPE.pubrec:
    case TYPE.pubcomp:
      return flags === 0 && length === 2;
    case TYPE.pubrel:
      return flags === 2 && length === 2;
    // Identifier (2), one filter (2 + 1), and its QoS (1).
    case TYPE.subscribe:
      return flags === 2 && length >= 6;
    case TYPE.unsubscribe:
      return flags === 2 && length >= 5;
    case TYPE.pingreq:
    case TYPE.disconnect:
      return flags === 0 && length === 0;
    default:
      return false;
  }
}
