import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { isLoopback } from '../base/loopback.ts';
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
export function providerUrl(fallback: string): z.ZodType<string> {
  return z
    .string()
    .refine(isProviderUrl, 'must be an https address, or http within a network of your own')
    .transform((url) => url.replace(/\/+$/, ''))
    .default(fallback);
}

/** Networks that are not public and may be dialled all the same. */
export function networkList(): z.ZodType<string[]> {
  return z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
    .refine((networks) => networks.every(isNetwork), 'must be networks such as 10.1.0.0/16')
    .describe('Networks that are not public and may be reached, such as 10.1.0.0/16, with commas');
}

/** Certificates to trust: the usual ones, and those in the file. */
export function certificateFile(): z.ZodType<string[] | undefined> {
  return z
    .string()
    .optional()
    .transform((file, context) => {
      if (file === undefined) return undefined;
      try {
        return [...rootCertificates, readFileSync(file, 'utf8')];
      } catch {
        context.addIssue({ code: 'custom', message: 'cannot be read' });
        return z.NEVER;
      }
    })
    .describe('File with certificates to trust besides the usual ones, PEM');
}
