import { Readable } from 'node:stream';
import { z } from 'zod';
import { withDeadline } from '../../base/clock.ts';
import { FILE_FORMATS, type FileFormat } from '../../contracts/files.ts';
import { principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { ApiError } from '../problems.ts';
import { abortOnClose, allowSilence } from '../send-pieces.ts';
import { SERIES_FILES } from '../series-files.ts';
import { zoneQuery } from '../series-params.ts';
import { changeProblems } from './answers.ts';

/** What a sender may fall silent for; while we are busy with what it sent it waits for us. */
const SILENCE_MS_MAX = 60_000;

const reportSchema = z
  .object({
    rows: z.int().describe('Rows read, broken ones included, the header not.'),
    stored: z.int().describe('Values the store did not have.'),
    replaced: z.int().describe('Values that took the place of others.'),
    duplicate: z.int().describe('Values the store had already.'),
    rejected: z.int().describe('Values and rows that were left out.'),
    pending: z.boolean().describe('Durable, but not all shown yet: that follows by itself.'),
    dryRun: z.boolean(),
    errors: z
      .array(
        z.object({
          line: z.int().describe('Counts from 1, the header included; of Parquet, the row.'),
          column: z.string().nullable(),
          code: z.string(),
          message: z.string(),
        }),
      )
      .describe('The first hundred; `rejected` counts all.'),
  })
  .meta({ id: 'ImportReport' });

const importQuery = z.strictObject({
  format: z.enum(FILE_FORMATS).optional().describe('Of the body; its type says it otherwise.'),
  dryRun: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('Checks and counts, and keeps nothing.'),
  tz: zoneQuery,
});

/** Types of body, without their parameters, that name a format; others need `format`. */
const FORMATS: ReadonlyMap<string, FileFormat> = new Map<string, FileFormat>([
  ...FILE_FORMATS.map((format) => [typeOf(SERIES_FILES[format].contentType), format] as const),
  ['application/ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
  ['application/x-parquet', 'parquet'],
]);

/** Files of series back in: what `GET /series` gives, without `every`. */
export function importRoutes(parent: ApiScope, options: ApiOptions): void {
  parent.register(async (scope: ApiScope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.route({
      method: 'POST',
      url: '/imports',
      config: { action: 'manage-devices', longBody: true },
      schema: {
        tags: ['series'],
        summary: 'Import a file of series: csv, ndjson, parquet or xlsx',
        description: 'Idempotent: what is there already is counted as duplicate.',
        consumes: [...FORMATS.keys(), 'application/octet-stream'],
        querystring: importQuery,
        response: { 200: reportSchema, ...changeProblems },
      },
      handler: async (request, reply) => {
        const { format, dryRun, tz } = request.query;
        const chosen = format ?? FORMATS.get(typeOf(request.headers['content-type'] ?? ''));
        if (chosen === undefined || !(request.body instanceof Readable)) throw unknownFormat();
        // The sender is silent while we work on what it sent: its own silence is timed below.
        allowSilence(reply);
        const body = timed(request.body);
        const what = { format: chosen, body, timeZone: tz ?? options.timeZone };
        const { coops } = principalOf(request);
        reply.header('cache-control', 'no-store');
        try {
          const signal = abortOnClose(reply);
          return await options.imports.import({ ...what, coops, dryRun: dryRun === true }, signal);
        } finally {
          void body.return(undefined);
        }
      },
    });
  });
}

/** Throws when the sender falls silent, however long the reader takes for what came. */
async function* timed(body: Readable): AsyncGenerator<Uint8Array> {
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  const silent = (): ApiError => new ApiError('BODY_INVALID', BODY_STOPPED);
  try {
    for (;;) {
      const { value, done } = await withDeadline(pieces.next(), SILENCE_MS_MAX, silent);
      if (done) return;
      yield value;
    }
  } finally {
    // What is left of a refused body is read and forgotten, so that its sender hears why.
    await pieces.return?.();
    body.resume();
  }
}

function typeOf(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

const BODY_STOPPED = {
  vi: 'Tệp chưa gửi xong thì dừng. Hãy gửi lại từ đầu.',
  en: 'The file stopped coming before its end. Send it again from the start.',
  fr: 'Le fichier s’est interrompu avant la fin. Renvoyez-le depuis le début.',
};

function unknownFormat(): ApiError {
  const list = FILE_FORMATS.join(', ');
  return new ApiError(
    'FILE_INVALID',
    {
      vi: `Hãy nêu định dạng của tệp: format=${list}.`,
      en: `Name the format of the file: format is one of ${list}.`,
      fr: `Indiquez le format du fichier : format parmi ${list}.`,
    },
    { field: 'format' },
  );
}
