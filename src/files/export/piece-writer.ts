import { yieldToEventLoop } from '../../base/clock.ts';
import type { TableBlock, TableBlocks } from './table.ts';

/** Bytes of a piece: about a thousand rows, less than a millisecond's work. */
const PIECE_BYTES = 64 * 1024;

/** Rows of one format as bytes. */
export interface RowFormat {
  /** Most bytes of one row of this block. */
  begin(block: TableBlock): number;
  /** Writes the row and returns the place behind it. */
  write(target: Uint8Array, at: number, row: number): number;
}

/** Rows as pieces of bytes, the event loop let in between two of them. */
export async function* writePieces(
  format: RowFormat,
  blocks: TableBlocks,
): AsyncGenerator<Uint8Array> {
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let at = 0;
  for await (const block of blocks) {
    const rowBytesMax = format.begin(block);
    for (let row = 0; row < block.times.length; ) {
      const room = Math.floor((piece.length - at) / rowBytesMax);
      const end = Math.min(block.times.length, row + room);
      for (; row < end; row++) at = format.write(piece, at, row);
      if (end === block.times.length) break;
      if (at > 0) yield piece.subarray(0, at);
      await yieldToEventLoop();
      // The reader keeps the piece it was given until it is sent: each gets memory of its own.
      piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, rowBytesMax));
      at = 0;
    }
  }
  if (at > 0) yield piece.subarray(0, at);
}
