import { z } from 'zod';
import { problemSchema } from '../../../schemas/problem.ts';

const problem = (description: string): object => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

/** The problems any route may answer, for the documentation. */
export const problems = {
  400: problem('The input is malformed; `errors` names each field.'),
  401: problem('No token or session, or an unknown one.'),
  403: problem('The role does not allow it.'),
  404: problem('It is not there, or not for this caller.'),
  429: problem('Too many requests; see Retry-After.'),
  503: problem('A store is down; see Retry-After.'),
} as const;

/** Those of routes that also create or change things. */
export const changeProblems = {
  ...problems,
  409: problem('It conflicts with what is there.'),
  413: problem('The body is too large.'),
  415: problem('The body is not of a type this route takes.'),
  422: problem('It refers to something that is not there.'),
} as const;

/** An answer without a body. */
export const noContent: z.ZodType<null> = z.null().describe('Done; the answer has no body.');
