import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { repeat } from '../base/clock.ts';
import type { LiveFilter, LiveHub, LiveSink } from '../contracts/live.ts';

/** Proxies cut connections that are silent for 30 s or more; a comment in half that keeps them. */
const HEARTBEAT_MS = 15_000;
/** Readers at once: each takes a socket and about 30 KiB, so 1,000 are 30 MB. */
const READERS_MAX = 1_000;
/** A reader that lost its connection tries again after this. */
const RETRY_MS = 2_000;

/** The event streams of this server, from their first byte to their last. */
export interface StreamServer {
  /** False when there are too many readers; nothing was sent then. */
  open(stream: {
    request: FastifyRequest;
    reply: FastifyReply;
    filter: LiveFilter;
    lastEventId: string | undefined;
  }): boolean;
  /** Ends every stream; none opens afterwards. */
  close(): void;
}

export function createStreamServer(live: LiveHub): StreamServer {
  const open = new Set<() => void>();
  let closed = false;
  return {
    open({ request, reply, filter, lastEventId }) {
      if (closed || open.size >= READERS_MAX) return false;
      const response = beginStream(reply);
      const sink: LiveSink = {
        write: (text) => response.write(text),
        // Not `end`: what a stalled reader has not taken would be held until it does.
        close: () => response.destroy(),
      };
      const subscription = live.subscribe(filter, sink, lastEventId);
      const stopHeartbeat = repeat(HEARTBEAT_MS, async () => {
        if (await isStillWelcome(request)) response.write(':\n\n');
        else end();
      });
      const end = (): void => {
        open.delete(end);
        stopHeartbeat();
        subscription.end();
        response.end();
      };
      open.add(end);
      response.on('drain', () => subscription.drained());
      response.once('close', end);
      response.on('error', end);
      return true;
    },
    close() {
      closed = true;
      for (const end of [...open]) end();
    },
  };
}

/** Takes the response over from Fastify, with the headers its hooks have set so far. */
function beginStream(reply: FastifyReply): ServerResponse {
  reply.hijack();
  const response = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) response.setHeader(name, value);
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx would otherwise gather events until its buffer is full.
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  return response;
}

/** A store that is down proves nothing against the reader; it stays. */
async function isStillWelcome(request: FastifyRequest): Promise<boolean> {
  try {
    return (await request.caller?.stillValid()) ?? false;
  } catch {
    return true;
  }
}
