import type { FastifyReply, FastifyRequest } from 'fastify';
import { sleep } from '../base/clock.ts';

/**
 * A hook that ends connections whose body takes longer than this to arrive; routes with `longBody`
 * time it themselves. Node's own limit knows no routes, and a file over a village link takes hours.
 */
export function bodyDeadline(
  ms: number,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  return async ({ raw, headers, routeOptions }) => {
    const length = headers['content-length'];
    const hasBody = headers['transfer-encoding'] !== undefined || Number(length ?? 0) > 0;
    if (!hasBody || routeOptions.config.longBody === true) return;
    const complete = new AbortController();
    raw.once('close', () => complete.abort());
    raw.once('end', () => complete.abort());
    void sleep(ms, complete.signal).then(() => {
      if (!complete.signal.aborted) raw.socket.destroy();
    });
  };
}
