import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { CommandHand } from '../contracts/command.ts';
import { principalOf } from './authenticate.ts';

/** A keyed hash with its time in text; none comes near this length. */
const CONFIRMATION_LENGTH_MAX = 256;

/** The header with which a caller says that it is meant. */
export const confirmationHeaders = z.looseObject({
  confirmation: z
    .string()
    .min(1)
    .max(CONFIRMATION_LENGTH_MAX)
    .optional()
    .describe('The `confirmation` of a problem CONFIRMATION_NEEDED, within two minutes.'),
});

/** Who asks, and whether they were asked back already. */
export function handOf(
  request: Pick<FastifyRequest, 'caller'> & { headers: { confirmation?: string | undefined } },
): CommandHand {
  const { confirmation } = request.headers;
  const { name: by } = principalOf(request);
  return confirmation === undefined ? { by } : { by, confirmation };
}
