import { z } from 'zod';
import type { Localized } from '../src/contracts/localized.ts';

/** Ids of cooperatives and sites, as of devices: they become topic segments and tags. */
const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

export const idSchema: z.ZodString = z
  .string()
  .regex(ID_PATTERN)
  .describe('1 to 63 letters, digits, _ or -, beginning with a letter or digit.');

/** Latest instant a JavaScript date can hold, 275760-09-13, in ms on either side of 1970. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;

/** On the wire `2026-11-22T05:00:00.000Z`, inside milliseconds since 1970. */
export const instantSchema: z.ZodCodec<z.ZodISODateTime, z.ZodNumber> = z.codec(
  z.iso.datetime({ offset: true }),
  z.number().min(-INSTANT_MS_MAX).max(INSTANT_MS_MAX),
  {
    decode: (text) => Date.parse(text),
    encode: (time) => new Date(time).toISOString(),
  },
);

/** A text in the three languages of the product. */
export const localizedSchema: z.ZodType<Localized> = z
  .object({ vi: z.string(), en: z.string(), fr: z.string() })
  .meta({ id: 'Localized' });

/** Longest display name; a phone shows about thirty characters of it. */
export const NAME_LENGTH_MAX = 200;

export const nameSchema: z.ZodString = z.string().trim().min(1).max(NAME_LENGTH_MAX);
