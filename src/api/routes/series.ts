import { z } from 'zod';
import { pageOf } from '../../../schemas/page.ts';
import type { SeriesBlock } from '../../contracts/series.ts';
import { principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { abortOnClose, sendPieces } from '../send-pieces.ts';
import { seriesCsv } from '../series-csv.ts';
import { seriesJson } from '../series-json.ts';
import { planSeries, type SeriesPlan, seriesQuery } from '../series-plan.ts';
import { changeProblems, problems } from './answers.ts';

const seriesSchema = z
  .object({
    device: z.string(),
    site: z.string().nullable(),
    kind: z.string(),
    metric: z.string(),
    unit: z.string().nullable(),
    columns: z.array(z.string()).describe('"time", then "value" or one name a function.'),
    rows: z
      .array(z.array(z.union([z.string(), z.number(), z.null()])))
      .describe('ISO time, then a number for each column; null where a bucket has none.'),
  })
  .meta({ id: 'Series' });

/** History, as points or aggregated, in JSON or CSV. */
export function seriesRoutes(scope: ApiScope, options: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/series',
    config: { action: 'read' },
    schema: {
      tags: ['series'],
      summary: 'History: points, or buckets with `every` and `fn`',
      querystring: seriesQuery,
      response: {
        200: {
          description: 'Series in JSON, or one row a point in CSV (RFC 4180).',
          content: {
            'application/json': { schema: pageOf(seriesSchema) },
            'text/csv': { schema: z.string() },
          },
        },
        ...problems,
        422: changeProblems[422],
      },
    },
    handler: async (request, reply) => {
      const plan = await planSeries(options, principalOf(request), request.query);
      const blocks = readBlocks(options, plan, abortOnClose(reply));
      if (request.query.format === 'csv') {
        reply.header('content-disposition', 'attachment; filename="series.csv"');
        return sendPieces(reply, 'text/csv; charset=utf-8', seriesCsv(blocks, plan.functions));
      }
      const columns = ['time', ...(plan.functions ?? ['value'])];
      const pieces = seriesJson(blocks, columns, options.kinds);
      return sendPieces(reply, 'application/json; charset=utf-8', pieces);
    },
  });
}

async function* readBlocks(
  { series }: ApiOptions,
  plan: SeriesPlan,
  signal: AbortSignal,
): AsyncGenerator<SeriesBlock> {
  for (const query of plan.queries) yield* series.query(query, signal);
}
