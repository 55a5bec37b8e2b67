import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { withDeadline } from './clock.ts';
import type { NetworkGuard } from './network-guard.ts';
import { hostOf } from './provider-url.ts';

export interface Exchange {
  url: string;
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  signal: AbortSignal;
  now(): number;
  /** Time for the whole exchange. */
  deadlineMs: number;
  /** What it fails with after that. */
  late(): Error;
  /** For addresses that people enter; a provider's own one needs none. */
  guard?: NetworkGuard | undefined;
  /** Certificates trusted instead of the usual ones. */
  certificates?: string[] | undefined;
}

export interface Answer {
  status: number;
  /** At most 64 KiB of it; the rest is not read. */
  text: string;
  /** When the provider wants to be asked again. */
  afterMs?: number;
}

/** Answers of providers are some hundred bytes; what is longer than this is somebody's web page. */
const ANSWER_BYTES_MAX = 64 * 1024;

/**
 * One exchange with a provider. Redirects are answers like others and are not followed. Fails with
 * what the network or `late` says, or ADDRESS_FORBIDDEN by the guard.
 */
export async function exchange(request: Exchange): Promise<Answer> {
  const { signal, deadlineMs, late } = request;
  const stopper = new AbortController();
  const stop = (): void => stopper.abort();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await withDeadline(dial(request, stopper.signal), deadlineMs, late);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function dial(request: Exchange, signal: AbortSignal): Promise<Answer> {
  const { url, method = 'POST', headers = {}, body, guard, certificates, now } = request;
  const target = new URL(url);
  guard?.checkHost(hostOf(target));
  return new Promise((resolve, reject) => {
    const client = target.protocol === 'https:' ? https : http;
    const options = {
      method,
      signal,
      headers: { 'user-agent': 'Sluice', accept: 'application/json, text/plain, */*', ...headers },
      // A connection of its own: one kept open might have been dialled without this guard.
      agent: false,
      ...(guard === undefined ? {} : { lookup: guard.lookup }),
      ...(certificates === undefined ? {} : { ca: certificates }),
    };
    const sent = client.request(target, options, (response) => {
      read(response, now).then(resolve, reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function read(response: IncomingMessage, now: () => number): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= ANSWER_BYTES_MAX) break;
  }
  const text = Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
  const afterMs = retryAfterMs(response.headers['retry-after'], now());
  return { status: response.statusCode ?? 0, text, ...(afterMs === null ? {} : { afterMs }) };
}

/** RFC 9110 clause 10.2.3: a number of seconds or a date. */
function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

export function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** The answer as JSON, or undefined when it is none. */
export function jsonOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
