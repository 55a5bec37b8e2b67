import { createHash } from 'node:crypto';
import type { Frame } from '../contracts/frame.ts';
import type { DecodedBatch, Quality } from '../contracts/observation.ts';
import { textOf } from './payload.ts';

const EXCERPT_LENGTH_MAX = 200;
/**
 * Rejections listed one by one for a frame. A hostile 64 KiB message can hold 10,000 bad values at
 * 20 messages a second; beyond this many, one rejection stands for all the rest and counts them.
 */
const REJECTIONS_PER_FRAME_MAX = 100;
const LOOKED_AT_MAX = 1_000;

interface Refusal {
  code: string;
  reason: string;
  part: number;
  metric: string | null;
  excerpt: string;
}

/** Collects what decoding makes of the frames of one batch, report by report. */
export class BatchBuilder {
  readonly batch: DecodedBatch;
  /** Sequence number of the report in hand, for its rejections. */
  sequence: number | null = null;
  #frame: Frame | undefined;
  #index = 0;
  #members = 0;
  #listed = 0;

  constructor(from: number, next: number) {
    this.batch = {
      from,
      next,
      observations: [],
      rejections: [],
      claims: [],
      statuses: [],
      acks: [],
    };
  }

  open(frame: Frame): void {
    this.#frame = frame;
    this.#listed = 0;
    this.beginReport(0);
  }

  beginReport(index: number): void {
    this.#index = index;
    this.#members = 0;
    this.sequence = null;
  }

  observe(observedAt: number, quality: Quality, values: Record<string, number>): void {
    const { source, offset, receivedAt } = this.#current();
    const index = this.#index;
    this.batch.observations.push({
      source,
      offset,
      index,
      observedAt,
      receivedAt,
      quality,
      values,
    });
  }

  /** As `observe`, for a report that no device sent just now. */
  observeImported(observedAt: number, quality: Quality, values: Record<string, number>): void {
    this.observe(observedAt, quality, values);
    const observation = this.batch.observations.at(-1);
    if (observation !== undefined) observation.imported = true;
  }

  /** The observation just added is told from its repeat by this key, however long. */
  claim(text: string): void {
    const { source, offset } = this.#current();
    const key = createHash('sha256').update(text).digest('base64url').slice(0, 16);
    this.batch.claims.push({ offset, index: this.#index, device: source.device, key });
  }

  status(online: boolean, firmware: string | null): void {
    const { source, offset, receivedAt } = this.#current();
    this.batch.statuses.push({ source, offset, receivedAt, online, firmware });
  }

  ack(body: Readonly<Record<string, unknown>>): void {
    const { source, offset, receivedAt } = this.#current();
    this.batch.acks.push({ source, offset, receivedAt, body });
  }

  /** The whole message, or the whole report in hand. */
  refuse(code: string, reason: string): void {
    const frame = this.#current();
    const excerpt = textOf(frame.payload.subarray(0, LOOKED_AT_MAX));
    this.#add({ code, reason, part: 0, metric: null, excerpt });
  }

  /** One value of the report in hand; `part` is its place among the report's values. */
  refuseValue(refused: Fault & { part: number; metric: string; value: unknown }): void {
    const { code, reason, part, metric } = refused;
    this.#add({ code, reason, part, metric, excerpt: excerptOf(metric, refused.value) });
  }

  /** A member of the report other than a value; it counts as one value received and refused. */
  refuseMember(refused: Fault & { member: string; report: Record<string, unknown> }): void {
    const { code, reason, member } = refused;
    const part = MEMBER_PARTS_FROM + this.#members++;
    const excerpt = excerptOf(member, refused.report[member]);
    this.#add({ code, reason, part, metric: null, excerpt });
  }

  #add(refusal: Refusal): void {
    const { source, offset, receivedAt } = this.#current();
    this.#listed++;
    if (this.#listed > REJECTIONS_PER_FRAME_MAX) {
      const last = this.batch.rejections.at(-1);
      if (last !== undefined) {
        last.count++;
        last.code = 'TOO_MANY_ERRORS';
        last.metric = null;
        last.reason = `${last.count} values of this message were refused, and not listed one by one`;
      }
      return;
    }
    this.batch.rejections.push({
      source,
      offset,
      index: this.#index,
      part: refusal.part,
      metric: refusal.metric?.slice(0, 64) ?? null,
      code: refusal.code,
      reason: refusal.reason,
      sequence: this.sequence,
      count: 1,
      receivedAt,
      excerpt: refusal.excerpt.slice(0, EXCERPT_LENGTH_MAX),
    });
  }

  #current(): Frame {
    if (this.#frame === undefined) throw new Error('no frame is open');
    return this.#frame;
  }
}

/** Values take the places 0 to 63; other members of a report come behind them. */
const MEMBER_PARTS_FROM = 64;

interface Fault {
  code: string;
  reason: string;
}

function excerptOf(name: string, value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'undefined');
  return `"${name.slice(0, 64)}": ${text.slice(0, EXCERPT_LENGTH_MAX)}`;
}
