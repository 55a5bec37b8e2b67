import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { AppError } from '../../base/errors.ts';

export interface PackedFile {
  name: string;
  method: number;
  packed: number;
  at: number;
}

const END_BYTES = 22;
const COMMENT_BYTES_MAX = 0xffff;
/** A workbook of 400 sheets has a directory of 30 KB. */
const DIRECTORY_BYTES_MAX = 1024 * 1024;
const STORED = 0;
const DEFLATED = 8;

/** The files of an archive by name, from the directory at its end. Throws FILE_INVALID. */
export async function readDirectory(file: FileHandle): Promise<Map<string, PackedFile>> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - END_BYTES - COMMENT_BYTES_MAX), size);
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end === -1 || end + END_BYTES > tail.length) throw damaged();
  const bytes = tail.readUInt32LE(end + 12);
  const start = tail.readUInt32LE(end + 16);
  if (bytes > DIRECTORY_BYTES_MAX || start + bytes > size) throw damaged();
  const directory = await readAt(file, start, start + bytes);
  const files = new Map<string, PackedFile>();
  for (let at = 0; at + 46 <= directory.length; ) {
    if (directory.readUInt32LE(at) !== 0x02014b50) throw damaged();
    const nameBytes = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
    files.set(name, {
      name,
      method: directory.readUInt16LE(at + 10),
      packed: directory.readUInt32LE(at + 20),
      at: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return files;
}

/** The bytes of one file, piece by piece. Throws FILE_INVALID where they cannot be unpacked. */
export async function* readPacked(
  file: FileHandle,
  { method, packed, at }: PackedFile,
): AsyncGenerator<Uint8Array> {
  const header = await readAt(file, at, at + 30);
  if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50) throw damaged();
  const start = at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (packed === 0) return;
  const source = file.createReadStream({ start, end: start + packed - 1, autoClose: false });
  if (method === STORED) return yield* source as AsyncIterable<Uint8Array>;
  if (method !== DEFLATED) throw damaged();
  const unpacked = createInflateRaw();
  pipeline(source, unpacked, () => undefined);
  try {
    yield* unpacked as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw damaged(cause);
  }
}

async function readAt(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}

function damaged(cause?: unknown): AppError {
  return new AppError('FILE_INVALID', 'the workbook is damaged, or is none', {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Send an .xlsx file as "sluice export" writes it.',
  });
}
