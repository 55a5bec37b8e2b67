import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { ApiError } from '../problems.ts';
import { listOf } from '../query.ts';
import type { StreamServer } from '../stream-server.ts';
import { requireDevices, requireSites } from '../targets.ts';
import { problems } from './answers.ts';

const STREAM_FULL = {
  vi: 'Đã có quá nhiều người đang xem trực tiếp. Hãy thử lại sau.',
  en: 'Too many readers are connected. Try again later.',
  fr: 'Trop de lecteurs sont connectés. Réessayez plus tard.',
};

const DESCRIPTION = `Server-Sent Events named \`observation\`, \`alert\`, \`command\` and \`device\`; data
is JSON, as the lists answer it.
Each has an id: send the last one back in \`Last-Event-ID\` to get what followed. Where events are
no longer kept, or come faster than they are read, a \`resync\` event stands in their place: read
the lists again. Events come in the order they were received; a device that was away fills in its
history, so sort by \`time\`.`;

/** What happens, as it happens. */
export function streamRoutes(scope: ApiScope, options: ApiOptions, streams: StreamServer): void {
  scope.route({
    method: 'GET',
    url: '/stream',
    exposeHeadRoute: false,
    config: { action: 'read' },
    schema: {
      tags: ['stream'],
      summary: 'Events as they happen',
      description: DESCRIPTION,
      headers: z.looseObject({ 'last-event-id': z.string().max(100).optional() }),
      querystring: z.strictObject({
        type: listOf(z.enum(['observation', 'alert', 'command', 'device'])),
        coop: listOf(idSchema),
        site: listOf(idSchema),
        device: listOf(idSchema),
      }),
      response: {
        200: { description: 'Events.', content: { 'text/event-stream': { schema: z.string() } } },
        ...problems,
      },
    },
    handler: async (request, reply) => {
      const { type, coop, site, device } = request.query;
      const principal = principalOf(request);
      if (device !== undefined) requireDevices(options, principal, device);
      if (site !== undefined) await requireSites(options, principal, site);
      const filter = {
        ...coopFilter(principal, coop),
        ...(type === undefined ? {} : { types: type }),
        ...(site === undefined ? {} : { sites: site }),
        ...(device === undefined ? {} : { devices: device }),
      };
      const lastEventId = request.headers['last-event-id'];
      if (!streams.open({ request, reply, filter, lastEventId })) {
        throw new ApiError('STREAM_FULL', STREAM_FULL);
      }
      return reply;
    },
  });
}
