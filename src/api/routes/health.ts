import { z } from 'zod';
import { isLoopback } from '../../base/loopback.ts';
import type { Authenticator } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';

const readySchema = z
  .object({
    status: z.enum(['ready', 'unready']),
    checks: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        detail: z.string(),
        store: z
          .object({ available: z.boolean(), behind: z.number() })
          .exactOptional()
          .describe('Whether the store answers, and journal frames it has yet to take.'),
      }),
    ),
  })
  .meta({ id: 'Readiness' });

/** For whoever watches over the process: is it alive, can it do its work, how much does it do. */
export function healthRoutes(
  scope: ApiScope,
  options: ApiOptions,
  authenticator: Authenticator,
): void {
  scope.route({
    method: 'GET',
    url: '/health/live',
    schema: {
      tags: ['health'],
      summary: 'The process answers',
      response: { 200: z.object({ status: z.literal('live'), version: z.string() }) },
    },
    handler: async () => ({ status: 'live' as const, version: options.version }),
  });

  scope.route({
    method: 'GET',
    url: '/health/ready',
    schema: {
      tags: ['health'],
      summary: 'Every part can do its work; 503 with the reason when one cannot',
      response: { 200: readySchema, 503: readySchema },
    },
    handler: async (_request, reply) => {
      const checks = options.readiness();
      const ready = checks.every((check) => check.ok);
      reply.code(ready ? 200 : 503).header('cache-control', 'no-store');
      return { status: ready ? ('ready' as const) : ('unready' as const), checks };
    },
  });

  scope.route({
    method: 'GET',
    url: '/metrics',
    schema: {
      tags: ['health'],
      summary: 'Numbers for Prometheus; needs a token unless asked from this machine',
      response: {
        200: { description: 'Text.', content: { 'text/plain': { schema: z.string() } } },
      },
    },
    handler: async (request, reply) => {
      // Only a listener that nobody else can reach is open, and not to what a proxy passes on.
      const forwarded = request.headers['x-forwarded-for'] ?? request.headers.forwarded;
      if (!isLoopback(options.host) || forwarded !== undefined) {
        await authenticator.authenticate(request);
      }
      const { contentType, text } = await options.metrics.render();
      return reply.type(contentType).send(text);
    },
  });
}
