import { z } from 'zod';

/** An error as every route answers it: RFC 9457, with a stable `code` for programs. */
export const problemSchema = z
  .object({
    type: z.string().describe('`urn:sluice:problem:<code>`.'),
    title: z.string().describe('What kind of error, in the language asked for.'),
    status: z.int(),
    detail: z.string().describe('What was wrong this time, and what to do about it.'),
    code: z.string().describe('Stable name of the kind of error; see docs/errors.md.'),
    field: z.string().optional().describe('The first input field at fault.'),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .describe('Every input field at fault.'),
    confirmation: z
      .string()
      .optional()
      .describe('Repeat the request with this as the header `Confirmation`, within two minutes.'),
    requestId: z.string().optional().describe('Names the log line of an unexpected error.'),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemSchema>;
