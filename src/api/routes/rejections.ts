import { z } from 'zod';
import { idSchema, instantSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import type { Rejection } from '../../contracts/observation.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { instantQuery, resolveInstant } from '../instants.ts';
import { listOf } from '../query.ts';
import { problems } from './answers.ts';

const rejectionSchema = z
  .object({
    device: z.string(),
    site: z.string().nullable(),
    coop: z.string(),
    kind: z.string(),
    receivedAt: instantSchema,
    metric: z.string().nullable().describe('Null: the whole report was refused.'),
    code: z.string(),
    reason: z.string(),
    sequence: z.number().nullable(),
    count: z.number().describe('Values it stands for.'),
    excerpt: z.string().describe('The beginning of what was sent.'),
  })
  .meta({ id: 'Rejection' });

function present(rejection: Rejection): z.output<typeof rejectionSchema> {
  const { source, receivedAt, metric, code, reason, sequence, count, excerpt } = rejection;
  return { ...source, receivedAt, metric, code, reason, sequence, count, excerpt };
}

/** What was refused and why, newest first. */
export function rejectionRoutes(scope: ApiScope, { state, timeZone }: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/rejections',
    config: { action: 'read' },
    schema: {
      tags: ['accounting'],
      summary: 'Refused reports and values with their reasons, newest first',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        device: idSchema.optional(),
        from: instantQuery.optional().describe('Received at or after this time.'),
        to: instantQuery.optional().describe('Received before this time.'),
        ...pageQuery,
      }),
      response: { 200: pageOf(rejectionSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, device, from, to, limit, cursor } = request.query;
      const filter = {
        ...coopFilter(principalOf(request), coop),
        ...withoutUndefined({ device }),
        ...(from === undefined ? {} : { from: resolveInstant(from, timeZone) }),
        ...(to === undefined ? {} : { to: resolveInstant(to, timeZone) }),
      };
      const page = await state.ledger.rejections(filter, pageFrom({ limit, cursor }));
      return { items: page.items.map(present), next: page.next };
    },
  });
}
