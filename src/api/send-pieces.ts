import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * Sends text that is made piece by piece. The first piece is awaited before anything is sent, so a
 * store that is down gets a proper problem; what fits into it goes out whole, the rest streams at
 * the reader's pace. A failure midway breaks the connection: a short file never looks complete.
 */
export async function sendPieces(
  reply: FastifyReply,
  contentType: string,
  pieces: AsyncGenerator<string>,
): Promise<FastifyReply> {
  const first = await pieces.next();
  reply.header('content-type', contentType);
  if (first.done) return reply.send('');
  const second = await pieces.next();
  if (second.done) return reply.send(first.value);
  async function* all(): AsyncGenerator<string> {
    yield String(first.value);
    yield String(second.value);
    yield* pieces;
  }
  return reply.send(Readable.from(all(), { objectMode: false, highWaterMark: 128 * 1024 }));
}

/** Aborts when the reader goes away before its answer is complete. */
export function abortOnClose(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
