import { z } from 'zod';

/** Items in one answer unless asked otherwise; a phone screen shows a tenth of it. */
const PAGE_LIMIT_DEFAULT = 100;
/** Most items in one answer: 1,000 alerts with evidence are about 2 MB. */
const PAGE_LIMIT_MAX = 1_000;
/** Cursors are made by the stores from one or two keys; none comes near this length. */
const CURSOR_LENGTH_MAX = 512;

/** The two parameters every list takes. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_LIMIT_MAX)
    .default(PAGE_LIMIT_DEFAULT)
    .describe('Most items in the answer.'),
  cursor: z
    .string()
    .min(1)
    .max(CURSOR_LENGTH_MAX)
    .optional()
    .describe('The `next` of the answer before, for the items that follow.'),
};

/** `{"items": […], "next": cursor | null}`: what every list answers. */
export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; next: z.ZodNullable<z.ZodString> }> {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Ask again with `cursor` set to this; null at the end.'),
  });
}
