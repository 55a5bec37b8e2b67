import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { idSchema, instantSchema } from '../../../schemas/common.ts';
import { pageOf } from '../../../schemas/page.ts';
import type { HistoryBlock } from '../../contracts/history.ts';
import { principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { abortOnClose, sendPieces } from '../send-pieces.ts';
import { writeCursor } from '../series-cursor.ts';
import { SERIES_FILES, sendSeriesFile } from '../series-files.ts';
import { seriesJson } from '../series-json.ts';
import { gatherPage } from '../series-page.ts';
import {
  isDescending,
  type SeriesRequest,
  seriesQuery,
  siteSeriesQuery,
  statsQuery,
} from '../series-params.ts';
import { planSeries, planTargets, readBlocks, type SeriesPlan } from '../series-plan.ts';
import { countSeries } from '../series-size.ts';
import { readStats } from '../series-stats.ts';
import { problems } from './answers.ts';

const seriesSchema = z
  .object({
    device: z.string(),
    site: z.string().nullable(),
    kind: z.string(),
    metric: z.string(),
    unit: z.string().nullable(),
    columns: z
      .array(z.string())
      .describe('"time", then "value" (and "raw" of values=both) or one name a function.'),
    rows: z
      .array(z.array(z.union([z.string(), z.number(), z.null()])))
      .describe('ISO time, then a number for each column; null where there is none.'),
  })
  .meta({ id: 'Series' });

const figure = z.number().nullable();

const statsSchema = z
  .object({
    device: z.string(),
    site: z.string().nullable(),
    kind: z.string(),
    metric: z.string(),
    unit: z.string().nullable(),
    count: figure,
    firstAt: instantSchema.nullable(),
    first: figure,
    lastAt: instantSchema.nullable(),
    last: figure,
    min: figure,
    max: figure,
    mean: figure,
    stddev: figure.describe("The sample's (n - 1); null for one value."),
    p50: figure,
    p95: figure,
    sum: figure,
    expected: figure.describe("Values there should be by the device's interval, up to now."),
    completeness: figure.describe('Share of them that came, 0 to 1; null when it is unknown.'),
  })
  .meta({ id: 'SeriesStats' });

const FILE_CONTENT = Object.fromEntries(
  Object.values(SERIES_FILES).map(({ contentType }) => [
    contentType.split(';')[0],
    { schema: z.string() },
  ]),
);

const SERIES_ANSWER = {
  description: 'Series in JSON, or as the file that `format` names.',
  content: { 'application/json': { schema: pageOf(seriesSchema) }, ...FILE_CONTENT },
};

/** History as points, aggregated, or in figures; what is not JSON is a file. */
export function seriesRoutes(scope: ApiScope, options: ApiOptions): void {
  const response = { 200: SERIES_ANSWER, ...problems };
  const answer = (request: FastifyRequest, reply: FastifyReply, asked: SeriesRequest) =>
    answerSeries({ options, request, reply, asked });

  scope.route({
    method: 'GET',
    url: '/series',
    config: { action: 'read' },
    schema: {
      tags: ['series'],
      summary: 'History: points, or buckets with `every` and `fn`',
      querystring: seriesQuery,
      response,
    },
    handler: async (request, reply) => answer(request, reply, request.query),
  });

  scope.route({
    method: 'GET',
    url: '/sites/:id/series',
    config: { action: 'read' },
    schema: {
      tags: ['series'],
      summary: 'History of all that stands on a site',
      params: z.object({ id: idSchema }),
      querystring: siteSeriesQuery,
      response,
    },
    handler: async (request, reply) =>
      answer(request, reply, { ...request.query, site: [request.params.id] }),
  });

  scope.route({
    method: 'GET',
    url: '/series/stats',
    config: { action: 'read' },
    schema: {
      tags: ['series'],
      summary: 'Figures of each series that has values in the range, and how complete it is',
      querystring: statsQuery,
      response: { 200: pageOf(statsSchema), ...problems },
    },
    handler: async (request, reply) => {
      const plan = await planTargets(options, principalOf(request), request.query);
      const { values } = request.query;
      const items = await readStats(options, { ...plan, values }, abortOnClose(reply));
      return { items, next: null };
    },
  });
}

interface Asked {
  options: ApiOptions;
  request: FastifyRequest;
  reply: FastifyReply;
  asked: SeriesRequest;
}

async function answerSeries(input: Asked): Promise<FastifyReply> {
  const { options, request, reply, asked } = input;
  const plan = await planSeries(options, principalOf(request), asked);
  const { format } = asked;
  if (format !== 'json') {
    return sendSeriesFile(options, reply, { request: { ...asked, format }, plan });
  }
  const signal = abortOnClose(reply);
  const columns = ['time', ...(plan.functions ?? ['value'])];
  if (asked.values === 'both') columns.push('raw');
  const { blocks, next } =
    asked.limit !== undefined && plan.functions === null
      ? await readPage({ options, plan, asked, limit: asked.limit, signal })
      : { blocks: readBlocks(options, plan.queries, signal), next: null };
  const pieces = seriesJson(blocks, { columns, kinds: options.kinds, next });
  return sendPieces(reply, 'application/json; charset=utf-8', pieces);
}

/** The points of one page, and the cursor of the one that follows. */
async function readPage(input: {
  options: ApiOptions;
  plan: SeriesPlan;
  asked: SeriesRequest;
  limit: number;
  signal: AbortSignal;
}): Promise<{ blocks: HistoryBlock[]; next: string | null }> {
  const { options, plan, asked, limit, signal } = input;
  const { from, to } = plan.span;
  const descending = isDescending(asked);
  const series = countSeries(options, plan.queries);
  const queries = plan.queries.map((query) => ({ ...query, limit: limit + 1 }));
  const source = readBlocks(options, queries, signal);
  const { blocks, boundary } = await gatherPage(source, { limit, descending, series });
  if (boundary === null) return { blocks, next: null };
  const remaining = descending ? { from, to: boundary } : { from: boundary + 1, to };
  return { blocks, next: writeCursor(remaining, asked) };
}
