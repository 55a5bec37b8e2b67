import type { ExportRequest, SeriesFiles } from '../contracts/files.ts';
import type { History } from '../contracts/history.ts';
import { csvFile } from './export/csv.ts';
import { ndjsonFile } from './export/ndjson.ts';
import {
  longBlock,
  shapeOf,
  type TableBlock,
  type TableBlocks,
  type TableShape,
} from './export/table.ts';
import { type ReadHistory, wideBlocks } from './export/wide.ts';
import { parquetFile } from './parquet/write.ts';
import type { ScratchFolders } from './scratch.ts';
import { xlsxFile } from './xlsx/write.ts';

export interface SeriesFilesOptions {
  history: History;
  scratch: ScratchFolders;
}

interface Table {
  shape: TableShape;
  blocks: TableBlocks;
  request: ExportRequest;
  scratch: ScratchFolders;
  signal: AbortSignal | undefined;
}

const localZone = ({ localTime, timeZone }: ExportRequest): string | null =>
  localTime === true ? timeZone : null;

const WRITERS: Readonly<
  Record<ExportRequest['format'], (table: Table) => AsyncGenerator<Uint8Array>>
> = {
  csv: ({ shape, blocks, request }) =>
    csvFile(shape, blocks, {
      bom: request.bom === true,
      decimal: request.decimal ?? 'point',
      localZone: localZone(request),
    }),
  ndjson: ({ shape, blocks, request }) => ndjsonFile(shape, blocks, localZone(request)),
  parquet: ({ shape, blocks, request, scratch, signal }) =>
    parquetFile(shape, blocks, { scratch, localZone: localZone(request), signal }),
  xlsx: ({ shape, blocks, request }) => xlsxFile(shape, blocks, request),
};

/** Series as files, from whatever history answers. */
export function createSeriesFiles({ history, scratch }: SeriesFilesOptions): SeriesFiles {
  return {
    export(request, signal) {
      const shape = shapeOf(request);
      const read: ReadHistory = (query) => history.query(query, signal);
      const blocks = shape.long
        ? longBlocks(request, read)
        : wideBlocks({ queries: request.queries, shape, read });
      return WRITERS[request.format]({ shape, blocks, request, scratch, signal });
    },
  };
}

async function* longBlocks(request: ExportRequest, read: ReadHistory): AsyncGenerator<TableBlock> {
  for (const query of request.queries) {
    for await (const block of read(query)) yield longBlock(block);
  }
}
