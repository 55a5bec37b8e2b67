import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { AppError } from '../base/errors.ts';
import { type Client, problemError, unreachable } from './client.ts';

/** A download that brings nothing for so long is given up; a Parquet file is made whole first. */
const SILENCE_MS_MAX = 15 * 60_000;

export interface Transfer {
  method: 'GET' | 'POST';
  route: string;
  contentType?: string;
  body?: Readable;
  signal?: AbortSignal;
}

/** The answer to a request whose body, or answer, is as long as a file. Throws its problem. */
export async function transfer(
  { url, token }: Client,
  what: Transfer,
): Promise<http.IncomingMessage> {
  const target = new URL(`/api/v1${what.route}`, url);
  const { outgoing, response } = await send(target, token, what).catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  const problem = problemError(status, await textOf(response));
  // What is left of a refused body is not sent.
  outgoing.destroy();
  throw problem;
}

interface Exchange {
  outgoing: http.ClientRequest;
  response: http.IncomingMessage;
}

function send(target: URL, token: string, what: Transfer): Promise<Exchange> {
  const { request } = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    let answered = false;
    const outgoing = request(target, {
      method: what.method,
      ...(what.signal === undefined ? {} : { signal: what.signal }),
      headers: {
        authorization: `Bearer ${token}`,
        // The way to a server of one's own is faster than packing.
        'accept-encoding': 'identity',
        ...(what.contentType === undefined ? {} : { 'content-type': what.contentType }),
      },
    });
    outgoing.once('response', (response) => {
      answered = true;
      resolve({ outgoing, response });
    });
    outgoing.on('error', (error) => {
      // A server that refuses a file answers before it has read all of it.
      if (!answered) reject(error);
    });
    outgoing.setTimeout(SILENCE_MS_MAX, () => outgoing.destroy(silent()));
    if (what.body === undefined) outgoing.end();
    else pipeline(what.body, outgoing, () => undefined);
  });
}

export async function textOf(response: Readable): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of response) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces).toString();
}

function silent(): AppError {
  return new AppError('SERVER_UNREACHABLE', 'the server has fallen silent');
}
