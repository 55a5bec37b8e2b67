import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { emergencyStopInputSchema, emergencyStopSchema } from '../../../schemas/emergency-stop.ts';
import { pageOf } from '../../../schemas/page.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { confirmationHeaders, handOf } from '../hands.ts';
import { requirePlace } from '../plant-sight.ts';
import { notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { changeProblems, noContent, problems } from './answers.ts';

/** `device:` and an id of 63 characters. */
const SCOPE_LENGTH_MAX = 100;
const tags = ['commands'];

const DESCRIPTION = `Every valve, inlet and pump of the place is closed before anything that waits,
and nothing starts there until the stop is released. Aerators go on, unless the scope is one of
them. Twice is once.`;

/** The red button, for a device, a site or a cooperative. */
export function emergencyStopRoutes(scope: ApiScope, options: ApiOptions): void {
  const { commands } = options;
  scope.route({
    method: 'GET',
    url: '/emergency-stops',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Places that are stopped now',
      querystring: z.strictObject({ coop: listOf(idSchema) }),
      response: { 200: pageOf(emergencyStopSchema), ...problems },
    },
    handler: async (request) => {
      const filter = coopFilter(principalOf(request), request.query.coop);
      return { items: await commands.stops(filter), next: null };
    },
  });

  scope.route({
    method: 'POST',
    url: '/emergency-stops',
    config: { action: 'stop-devices' },
    schema: {
      tags,
      summary: 'Stop everything of a place now, and keep it stopped',
      description: DESCRIPTION,
      body: emergencyStopInputSchema,
      response: { 200: emergencyStopSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { scope: place, why = null } = request.body;
      await requirePlace(options, principal, place);
      return commands.emergencyStop(place, why, { by: principal.name });
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/emergency-stops/:id',
    config: { action: 'command-devices' },
    schema: {
      tags,
      summary:
        'Release a stop, by its scope; asks for a confirmation, and nothing starts by itself',
      params: z.object({ id: z.string().min(1).max(SCOPE_LENGTH_MAX) }),
      headers: confirmationHeaders,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const visible = await commands.stops(coopFilter(principalOf(request)));
      const isThere = visible.some(({ scope: place }) => place === id);
      if (!isThere || !(await commands.release(id, handOf(request)))) throw notFound('STOP', id);
      return reply.code(204).send(null);
    },
  });
}
