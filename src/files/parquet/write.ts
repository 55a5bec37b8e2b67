import { createReadStream } from 'node:fs';
import path from 'node:path';
import { localClock } from '../../base/local-clock.ts';
import type { TableBlocks, TableShape } from '../export/table.ts';
import type { ScratchFolders } from '../scratch.ts';
import { MEMORY_LIMIT_MB, ParquetWorker } from './worker.ts';

export interface ParquetOptions {
  scratch: ScratchFolders;
  /** Adds `local_time` in this IANA zone. */
  localZone: string | null;
  signal?: AbortSignal | undefined;
}

/**
 * A Parquet file: times as TIMESTAMP in UTC, numbers as DOUBLE, the rest as text. Its directory
 * stands at its end, so the whole file is made before the first byte is sent.
 */
export async function* parquetFile(
  shape: TableShape,
  blocks: TableBlocks,
  { scratch, localZone, signal }: ParquetOptions,
): AsyncGenerator<Uint8Array> {
  const folder = scratch.make();
  try {
    const file = path.join(folder.dir, 'series.parquet');
    const worker = new ParquetWorker(signal);
    try {
      await worker.call('begin', {
        file,
        scratch: path.join(folder.dir, 'rows.duckdb'),
        memoryLimitMb: MEMORY_LIMIT_MB,
        long: shape.long,
        numbers: shape.numbers,
        quality: shape.quality,
        localZone,
      });
      await append(worker, blocks, localZone);
      await worker.call('finish', null);
    } finally {
      worker.close();
    }
    yield* createReadStream(file) as AsyncIterable<Uint8Array>;
  } finally {
    folder.remove();
  }
}

async function append(
  worker: ParquetWorker,
  blocks: TableBlocks,
  localZone: string | null,
): Promise<void> {
  const zone = localZone === null ? null : localClock(localZone);
  // One block is on its way while the next is read: the child sets the pace.
  let sent: Promise<unknown> = Promise.resolve();
  for await (const { device, metric, times, columns, quality } of blocks) {
    const offsets = zone === null ? null : times.map((time) => zone.offset(time));
    await sent;
    const block = { device, metric, times, columns, quality: quality ?? null, offsets };
    sent = worker.call('append', block);
    // It may fail before anyone waits for it; whoever waits then hears of it.
    sent.catch(() => undefined);
  }
  await sent;
}
