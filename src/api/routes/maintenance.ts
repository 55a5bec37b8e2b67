import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { maintenanceInputSchema, maintenanceSchema } from '../../../schemas/maintenance.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notFound, unknownReference } from '../problems.ts';
import { listOf } from '../query.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const params = z.object({ id: z.string().min(1).max(200) });
const tags = ['alerts'];

/** Times at which people work on a place, and nobody is called for its alerts. */
export function maintenanceRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state, maintenance, clock } = options;
  scope.route({
    method: 'GET',
    url: '/maintenance',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Maintenance that is not over, what ends first comes first',
      querystring: z.strictObject({ coop: listOf(idSchema), ...pageQuery }),
      response: { 200: pageOf(maintenanceSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, limit, cursor } = request.query;
      const filter = { ...coopFilter(principalOf(request), coop), endsAfter: clock.now() };
      return state.maintenance.list(filter, pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'POST',
    url: '/maintenance',
    config: { action: 'manage-maintenance' },
    schema: {
      tags,
      summary: 'Say that people work on a site, or on every site of a cooperative',
      body: maintenanceInputSchema,
      response: { 201: maintenanceSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { coop, site = null, from = clock.now(), until, reason } = request.body;
      const isThere = sees(principal, coop) && (await state.coops.get(coop)) !== undefined;
      if (!isThere) throw unknownReference('COOP', coop, 'coop');
      const stands = site === null || (await state.sites.get(site))?.coop === coop;
      if (!stands) throw unknownReference('SITE', site, 'site');
      const window = { coop, site, from, until, reason, who: principal.name };
      const made = await maintenance.plan(window);
      return reply.code(201).header('location', `/api/v1/maintenance/${made.id}`).send(made);
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/maintenance/:id',
    config: { action: 'manage-maintenance' },
    schema: {
      tags,
      summary: 'Take it back: alerts of the place that still stand call again',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const window = await state.maintenance.get(id);
      const isVisible = window !== undefined && sees(principalOf(request), window.coop);
      if (!isVisible || !(await maintenance.cancel(id))) throw notFound('MAINTENANCE', id);
      return reply.code(204).send(null);
    },
  });
}
