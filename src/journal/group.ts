import type { AppError } from '../base/errors.ts';
import type { RawMessage } from '../contracts/frame.ts';
import type { AppendDone } from '../contracts/journal.ts';
import { HEADER_BYTES, TOPIC_CODES } from './layout.ts';

/**
 * Bytes of one commit: 5,600 reports of 170 bytes, more than 64 in flight on each of 80
 * connections. It also bounds how long a read of a single commit can hold up the next one (1 ms).
 */
export const GROUP_BYTES_MAX = 1024 * 1024;
/** Frames of one commit: bounds the callbacks run in one go when payloads are tiny. */
export const GROUP_FRAMES_MAX = 20_000;
/** Buffers kept for reuse: one being written, one being filled, two for bursts; 4 MiB. */
const SPARE_BUFFERS_MAX = 4;

/** Frames that will be committed together, or appends refused together, with their callbacks. */
export interface FrameGroup {
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  length: number;
  /** Oldest receive time. */
  receivedAt: number;
  readonly dones: AppendDone[];
  /** Set for a group that was refused and only waits for its turn to say so. */
  readonly refusal: AppError | null;
}

export function hasRoom(group: FrameGroup, bytes: number): boolean {
  return group.length + bytes <= GROUP_BYTES_MAX && group.dones.length < GROUP_FRAMES_MAX;
}

/** Copies the message into the group; the caller has checked that it has room. */
export function addFrame(group: FrameGroup, message: RawMessage, source: number): void {
  const { payload, receivedAt } = message;
  const { view, length } = group;
  view.setUint32(length, payload.byteLength, true);
  view.setUint32(length + 4, source, true);
  view.setFloat64(length + 8, receivedAt, true);
  view.setUint8(length + 16, TOPIC_CODES[message.topic]);
  group.bytes.set(payload, length + HEADER_BYTES);
  group.length = length + HEADER_BYTES + payload.byteLength;
  if (receivedAt < group.receivedAt) group.receivedAt = receivedAt;
}

const NO_BUFFER = new ArrayBuffer(0);

export function refusedGroup(refusal: AppError): FrameGroup {
  return makeGroup(NO_BUFFER, refusal);
}

function makeGroup(buffer: ArrayBuffer, refusal: AppError | null): FrameGroup {
  return {
    buffer,
    bytes: new Uint8Array(buffer),
    view: new DataView(buffer),
    length: 0,
    receivedAt: Number.POSITIVE_INFINITY,
    dones: [],
    refusal,
  };
}

/** Buffers travel to the journal's thread and come back; fresh ones cost page faults. */
export class GroupPool {
  readonly #spare: ArrayBuffer[] = [];

  open(): FrameGroup {
    return makeGroup(this.#spare.pop() ?? new ArrayBuffer(GROUP_BYTES_MAX), null);
  }

  recycle(buffer: ArrayBuffer): void {
    if (buffer.byteLength === GROUP_BYTES_MAX && this.#spare.length < SPARE_BUFFERS_MAX) {
      this.#spare.push(buffer);
    }
  }
}
