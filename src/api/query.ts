import { z } from 'zod';

/** Most values in one list parameter: 200 ids of 63 characters still fit into one URL line. */
const LIST_VALUES_MAX = 200;
/** Longest URL line Node reads is 16 KiB with its headers. */
const LIST_LENGTH_MAX = 16_384;

/** A parameter that may be repeated, or hold several values with commas between. */
export function listOf<Item extends z.ZodType<unknown, string>>(
  item: Item,
): z.ZodOptional<z.ZodType<Array<z.output<Item>>, string | string[]>> {
  const text = z.string().max(LIST_LENGTH_MAX);
  return z
    .union([text, z.array(text).max(LIST_VALUES_MAX)])
    .transform((value) => [
      ...new Set(
        [value]
          .flat()
          .flatMap((part) => part.split(','))
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      ),
    ])
    .pipe(z.array(item).min(1).max(LIST_VALUES_MAX))
    .optional() as z.ZodOptional<z.ZodType<Array<z.output<Item>>, string | string[]>>;
}
