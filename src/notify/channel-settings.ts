import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { z } from 'zod';
import { isNetwork } from '../base/network-guard.ts';
import { providerAddress } from '../base/provider-url.ts';

/** Where a provider's API is, without a slash at its end. */
export function providerUrl(fallback: string): z.ZodType<string> {
  return providerAddress().default(fallback);
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
