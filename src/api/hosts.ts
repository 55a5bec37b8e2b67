import { isIP } from 'node:net';
import { isLoopback } from '../base/loopback.ts';

/** Listening on all addresses. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** The name in a Host header, without port and brackets, in lower case. */
function nameOf(header: string): string {
  const text = header.toLowerCase();
  if (text.startsWith('[')) return text.slice(1, Math.max(text.indexOf(']'), 1));
  return text.replace(/:\d*$/, '').replace(/\.$/, '');
}

/**
 * Whether a Host header names this server. A page on another site can make a browser send requests
 * here under its own name (DNS rebinding), so only known names pass. An address cannot be rebound:
 * when the server listens on all of the machine's addresses, any address passes.
 */
export function hostGuard(options: {
  host: string;
  allowedHosts: readonly string[];
}): (header: string | undefined) => boolean {
  const names = new Set([...options.allowedHosts, options.host].map((name) => nameOf(name)));
  const anyAddress = WILDCARDS.has(options.host);
  return (header) => {
    if (header === undefined || header === '') return false;
    const name = nameOf(header);
    return isLoopback(name) || names.has(name) || (anyAddress && isIP(name) !== 0);
  };
}

/** Whether a state-changing request that carries a cookie was made by our own page. */
export function isSameOrigin(headers: {
  host?: string | undefined;
  origin?: string | undefined;
  'sec-fetch-site'?: string | string[] | undefined;
}): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  if (headers.origin === undefined) return site !== undefined;
  try {
    return new URL(headers.origin).host === headers.host;
  } catch {
    return false;
  }
}
