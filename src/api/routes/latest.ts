import { z } from 'zod';
import { idSchema, instantSchema } from '../../../schemas/common.ts';
import { pageOf } from '../../../schemas/page.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { latestJson } from '../latest-json.ts';
import { listOf } from '../query.ts';
import { requireDevices, requireSites } from '../targets.ts';
import { problems } from './answers.ts';

const latestSchema = z
  .object({
    device: z.string(),
    site: z.string().nullable(),
    coop: z.string(),
    kind: z.string(),
    metric: z.string(),
    unit: z.string().nullable(),
    observedAt: instantSchema,
    receivedAt: instantSchema,
    value: z.number(),
    quality: z.enum(['good', 'clock']),
    ageSeconds: z.number().describe('Seconds since it was observed, by our clock.'),
  })
  .meta({ id: 'LatestValue' });

/** The last observed value of every device and metric. */
export function latestRoutes(scope: ApiScope, options: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/latest',
    config: { action: 'read' },
    schema: {
      tags: ['series'],
      summary: 'The last observed value of every device and metric',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        site: listOf(idSchema),
        device: listOf(idSchema),
      }),
      response: { 200: pageOf(latestSchema), ...problems },
    },
    handler: async (request, reply) => {
      const { coop, site, device } = request.query;
      const principal = principalOf(request);
      if (device !== undefined) requireDevices(options, principal, device);
      if (site !== undefined) await requireSites(options, principal, site);
      const values = options.latest.list({
        ...coopFilter(principal, coop),
        ...(site === undefined ? {} : { sites: site }),
        ...(device === undefined ? {} : { devices: device }),
      });
      reply.type('application/json; charset=utf-8');
      return reply.send(latestJson(values, options) as never);
    },
  });
}
