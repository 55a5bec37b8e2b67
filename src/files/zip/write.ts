import { pipeline, Readable } from 'node:stream';
import { constants, crc32, createDeflateRaw } from 'node:zlib';
import { AppError } from '../../base/errors.ts';

/** A file of an archive; its bytes are asked for once, when its turn comes. */
export interface ZipEntry {
  name: string;
  pieces: AsyncIterable<Uint8Array>;
}

/** Beyond it the form changes to ZIP64, which not every reader knows. */
const BYTES_MAX = 0xffff_ffff;
const VERSION = 20;
/** Sizes follow the data (bit 3), names are UTF-8 (bit 11). */
const FLAGS = 0x0808;
const DEFLATED = 8;
/** 1980-01-01: the earliest date, for entries that have none. */
const DOS_DATE = 0x0021;

interface Written {
  name: Buffer;
  crc: number;
  packed: number;
  size: number;
  at: number;
}

/**
 * An archive (PKWARE APPNOTE 6.3) as it grows: nothing is held back, so sizes stand behind each
 * entry. Packing happens on threads of the runtime, not on the one that acknowledges reports.
 */
export async function* zipFile(
  entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>,
): AsyncGenerator<Uint8Array> {
  const written: Written[] = [];
  let at = 0;
  for await (const { name, pieces } of entries) {
    const entry: Written = { name: Buffer.from(name), crc: 0, packed: 0, size: 0, at };
    const header = localHeader(entry.name);
    yield header;
    for await (const bytes of deflated(pieces, entry)) {
      entry.packed += bytes.length;
      yield bytes;
    }
    const trailer = dataDescriptor(entry);
    yield trailer;
    at += header.length + entry.packed + trailer.length;
    if (at > BYTES_MAX || entry.size > BYTES_MAX) throw tooLarge();
    written.push(entry);
  }
  const directory = Buffer.concat(written.map(centralHeader));
  if (at + directory.length > BYTES_MAX) throw tooLarge();
  yield directory;
  yield endOfDirectory(written.length, directory.length, at);
}

async function* deflated(
  pieces: AsyncIterable<Uint8Array>,
  entry: Written,
): AsyncGenerator<Uint8Array> {
  async function* measured(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      entry.crc = crc32(piece, entry.crc);
      entry.size += piece.length;
      yield piece;
    }
  }
  const packer = createDeflateRaw({ level: constants.Z_BEST_SPEED });
  // A failure of the pieces destroys the packer, and its reader is told.
  pipeline(Readable.from(measured(), { objectMode: false }), packer, () => undefined);
  yield* packer as AsyncIterable<Uint8Array>;
}

function localHeader(name: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt16LE(DEFLATED, 8);
  header.writeUInt16LE(DOS_DATE, 12);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function dataDescriptor({ crc, packed, size }: Written): Buffer {
  const trailer = Buffer.alloc(16);
  trailer.writeUInt32LE(0x08074b50, 0);
  trailer.writeUInt32LE(crc, 4);
  trailer.writeUInt32LE(packed >>> 0, 8);
  trailer.writeUInt32LE(size >>> 0, 12);
  return trailer;
}

function centralHeader({ name, crc, packed, size, at }: Written): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt16LE(DEFLATED, 10);
  header.writeUInt16LE(DOS_DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(packed, 20);
  header.writeUInt32LE(size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(at, 42);
  return Buffer.concat([header, name]);
}

function endOfDirectory(entries: number, bytes: number, at: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(at, 16);
  return end;
}

function tooLarge(): AppError {
  return new AppError('FILE_TOO_LARGE', 'the workbook would be larger than 4 GB', {
    hint: 'Ask for csv or parquet, or for less time.',
  });
}
