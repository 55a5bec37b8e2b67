import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { isNetwork, isPublicAddress } from './network-guard.ts';

/** Host of a URL as an address or a name, without the brackets of a v6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Whether what is sent there stays secret on its way: https, or a network of one's own. */
export function isProviderUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  const host = hostOf(url);
  return url.protocol === 'http:' && (isLoopback(host) || isOwnAddress(host));
}

function isOwnAddress(host: string): boolean {
  return isNetwork(host) && !isPublicAddress(host);
}

/** Where a provider's API is, without a slash at its end. */
export function providerAddress(): z.ZodType<string> {
  return z
    .string()
    .refine(isProviderUrl, 'must be an https address, or http within a network of your own')
    .transform((url) => url.replace(/\/+$/, ''));
}
