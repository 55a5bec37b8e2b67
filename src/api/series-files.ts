import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { DECIMAL_SIGNS, FILE_FORMATS, FILE_SHAPES, type FileFormat } from '../contracts/files.ts';
import type { ValueVersion } from '../contracts/history.ts';
import type { ApiOptions } from './context.ts';
import { abortOnClose, allowSilence, sendPieces } from './send-pieces.ts';
import type { SeriesPlan } from './series-plan.ts';

/** How each format goes over the wire. */
export const SERIES_FILES: Readonly<Record<FileFormat, { contentType: string; name: string }>> = {
  csv: { contentType: 'text/csv; charset=utf-8', name: 'series.csv' },
  ndjson: { contentType: 'application/x-ndjson; charset=utf-8', name: 'series.ndjson' },
  parquet: { contentType: 'application/vnd.apache.parquet', name: 'series.parquet' },
  xlsx: {
    contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    name: 'series.xlsx',
  },
};

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** The format of an answer, and parameters that only files have. */
export const fileQuery = {
  format: z.enum(['json', ...FILE_FORMATS]).default('json'),
  shape: z
    .enum(FILE_SHAPES)
    .default('long')
    .describe('Files: one row a value, or one row a device and time with a column a metric.'),
  bom: flag.optional().describe('CSV: begins with a byte order mark, for Excel.'),
  localTime: flag.optional().describe('Files: adds the column `local_time`, in `tz`.'),
  decimal: z
    .enum(DECIMAL_SIGNS)
    .default('point')
    .describe('CSV: a decimal comma, with semicolons between the cells.'),
};

export interface FileRequest {
  format: FileFormat;
  shape: (typeof FILE_SHAPES)[number];
  values: ValueVersion;
  bom?: boolean | undefined;
  localTime?: boolean | undefined;
  decimal: (typeof DECIMAL_SIGNS)[number];
  tz?: string | undefined;
}

/** Sends what was planned as a file. A failure midway breaks the connection. */
export function sendSeriesFile(
  options: Pick<ApiOptions, 'files' | 'timeZone'>,
  reply: FastifyReply,
  { request, plan }: { request: FileRequest; plan: SeriesPlan },
): Promise<FastifyReply> {
  const { format, shape, values, bom, localTime, decimal, tz } = request;
  const { contentType, name } = SERIES_FILES[format];
  const pieces = options.files.export(
    {
      ...{ format, shape, values, decimal, timeZone: tz ?? options.timeZone },
      queries: plan.queries,
      functions: plan.functions,
      bom: bom === true,
      localTime: localTime === true,
    },
    abortOnClose(reply),
  );
  // It is made whole before its first byte.
  if (format === 'parquet') allowSilence(reply);
  reply.header('content-disposition', `attachment; filename="${name}"`);
  return sendPieces(reply, contentType, pieces);
}
