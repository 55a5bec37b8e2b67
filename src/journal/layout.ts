import { crc32 } from 'node:zlib';
import { FRAME_TOPICS, type Frame, type FrameTopic, type Source } from '../contracts/frame.ts';
import { SLICE_NUMBERS, type Slice, type SourceRow } from './protocol.ts';

/**
 * A frame on disk, little-endian: payload length u32, source id u32, receive time f64 (ms), topic
 * u8, then the payload. Frames stand one after the other in the blob of their commit.
 */
export const HEADER_BYTES = 17;

/** Topics are stored as their position in FRAME_TOPICS: new ones are added at its end only. */
export const TOPIC_CODES: Readonly<Record<FrameTopic, number>> = Object.freeze(
  Object.fromEntries(FRAME_TOPICS.map((topic, code) => [topic, code])) as Record<
    FrameTopic,
    number
  >,
);

export interface CommitHeader {
  first: number;
  count: number;
  receivedAt: number;
}

/** Over the row as well as its frames, so that a blob under the wrong key is noticed. */
export function checksum(header: CommitHeader, frames: Uint8Array): number {
  const row = new Float64Array([header.first, header.count, header.receivedAt]);
  return crc32(frames, crc32(new Uint8Array(row.buffer)));
}

/** Over all of a source's row: a flipped letter would file frames under another name. */
export function sourceChecksum({ id, coop, site, device, kind }: SourceRow): number {
  return crc32(JSON.stringify([id, coop, site, device, kind]));
}

/** Why the blob cannot be decoded, or null: after this, `decodeSlice` cannot fail. */
export function findFault(
  frames: Uint8Array,
  count: number,
  knows: (source: number) => boolean,
): string | null {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  let position = 0;
  for (let index = 0; index < count; index++) {
    if (position + HEADER_BYTES > frames.byteLength) return 'a frame is cut short';
    if (!knows(view.getUint32(position + 4, true))) return 'the source of a frame is lost';
    if (view.getUint8(position + 16) >= FRAME_TOPICS.length) return 'a frame has no known topic';
    position += HEADER_BYTES + view.getUint32(position, true);
  }
  return position === frames.byteLength ? null : 'frames and their count do not agree';
}

/** Adds the frames of the slice from its `from` on; payloads are views into its buffer. */
export function decodeSlice(
  slice: Slice,
  sourceOf: (id: number) => Source | undefined,
  into: Frame[],
): void {
  const bytes = new Uint8Array(slice.buffer);
  const view = new DataView(slice.buffer);
  let position = 0;
  for (let entry = 0; entry < slice.commits.length; entry += SLICE_NUMBERS) {
    const first = slice.commits[entry] ?? 0;
    const count = slice.commits[entry + 1] ?? 0;
    for (let index = 0; index < count; index++) {
      const start = position + HEADER_BYTES;
      const end = start + view.getUint32(position, true);
      const source = sourceOf(view.getUint32(position + 4, true));
      const topic = FRAME_TOPICS[view.getUint8(position + 16)];
      if (first + index >= slice.from && source !== undefined && topic !== undefined) {
        into.push({
          offset: first + index,
          source,
          topic,
          payload: bytes.subarray(start, end),
          receivedAt: view.getFloat64(position + 8, true),
        });
      }
      position = end;
    }
  }
}
