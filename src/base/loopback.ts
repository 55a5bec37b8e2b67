import { isIPv4 } from 'node:net';

const NAMES: ReadonlySet<string> = new Set(['localhost', '::1']);

/**
 * Whether a name or address can be reached only from this machine. A name that merely begins like
 * an address, such as `127.example.org`, is not one.
 */
export function isLoopback(host: string): boolean {
  return NAMES.has(host) || (isIPv4(host) && host.startsWith('127.'));
}
