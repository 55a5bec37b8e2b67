import type { ApiOptions, ApiScope } from './context.ts';

/** From a lookup in memory to an export that streams for a minute. */
const DURATION_BUCKETS_MS = [1, 5, 10, 20, 40, 100, 250, 1_000, 5_000, 60_000];

/** Counts requests by route and status, and how long they took until answered. */
export function countRequests(app: ApiScope, { metrics }: ApiOptions): void {
  const requests = metrics.counter('sluice_http_requests_total', 'HTTP requests answered.', [
    'method',
    'route',
    'status',
  ]);
  const duration = metrics.histogram(
    'sluice_http_request_duration_ms',
    'Time until an HTTP request was answered, in milliseconds.',
    DURATION_BUCKETS_MS,
  );
  app.addHook('onResponse', async (request, reply) => {
    // The route's pattern, not the path: what callers invent must not become labels.
    const route = request.routeOptions.url ?? 'unknown';
    requests.add(1, { method: request.method, route, status: String(reply.statusCode) });
    duration.observe(reply.elapsedTime);
  });
}
