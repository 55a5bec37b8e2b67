import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * Sends what is made piece by piece, text or bytes. The first piece is awaited before anything is
 * sent, so a store that is down gets a proper problem; what fits into it goes out whole, the rest
 * streams at the reader's pace. A failure midway breaks the connection: a short file never looks
 * complete.
 */
export async function sendPieces(
  reply: FastifyReply,
  contentType: string,
  pieces: AsyncGenerator<string | Uint8Array>,
): Promise<FastifyReply> {
  const first = await pieces.next();
  reply.header('content-type', contentType);
  if (first.done) return reply.send('');
  const second = await pieces.next();
  if (second.done) return reply.send(first.value);
  const begun = [first.value, second.value];
  async function* all(): AsyncGenerator<string | Uint8Array> {
    yield* begun;
    yield* pieces;
  }
  return reply.send(Readable.from(all(), { objectMode: false, highWaterMark: 128 * 1024 }));
}

/** Aborts when the reader goes away before its answer is complete, or has gone already. */
export function abortOnClose(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const { raw } = reply;
  const onClose = (): void => {
    if (!raw.writableFinished) controller.abort();
  };
  if (raw.closed) onClose();
  else raw.once('close', onClose);
  return controller.signal;
}

/** Lets the connection be silent for as long as the work behind the answer takes. */
export function allowSilence(reply: FastifyReply): void {
  // An injected request has a socket that knows no times.
  const socket: Partial<Socket> | null = reply.raw.socket;
  socket?.setTimeout?.(0);
}
