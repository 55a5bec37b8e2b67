import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { sprayInputSchema, spraySchema } from '../../../schemas/spray.ts';
import type { Site } from '../../contracts/state.ts';
import type { Spray } from '../../contracts/survey.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notYet } from '../hand-values.ts';
import { instantQuery, resolveInstant } from '../instants.ts';
import { ApiError, notFound, unknownReference } from '../problems.ts';
import { listOf } from '../query.ts';
import { requireSiteOf, requireSites } from '../targets.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const tags = ['field work'];

/** What was sprayed, and how that compares with what was usual. */
export function sprayRoutes(scope: ApiScope, options: ApiOptions): void {
  listRoute(scope, options);
  recordRoute(scope, options);
  removeRoute(scope, options);
}

function listRoute(scope: ApiScope, options: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/sprays',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Sprays that were recorded, newest first',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        site: idSchema.optional(),
        from: instantQuery.optional(),
        to: instantQuery.optional(),
        ...pageQuery,
      }),
      response: { 200: pageOf(spraySchema), ...problems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { coop, site, from, to, limit, cursor } = request.query;
      if (site !== undefined) await requireSites(options, principal, [site]);
      const filter = {
        ...coopFilter(principal, coop),
        ...(site !== undefined && { site }),
        ...(from !== undefined && { from: resolveInstant(from, options.timeZone) }),
        ...(to !== undefined && { to: resolveInstant(to, options.timeZone) }),
      };
      return options.state.sprays.list(filter, pageFrom({ limit, cursor }));
    },
  });
}

function recordRoute(scope: ApiScope, options: ApiOptions): void {
  const { state, clock, handReports } = options;
  scope.route({
    method: 'POST',
    url: '/sprays',
    config: { action: 'record-field-work' },
    schema: {
      tags,
      summary: 'Record a spray that was done',
      body: sprayInputSchema,
      response: { 201: spraySchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { body } = request;
      if (!(body.at >= 0 && body.at <= handReports.latestTime())) throw notYet('at');
      const site = await requireSiteOf(options, principal, body.site);
      const alert = body.alert ?? null;
      if (alert !== null) await requireAlert(options, site, alert);
      const spray: Spray = {
        id: body.id ?? randomUUID(),
        coop: site.coop,
        site: site.id,
        at: body.at,
        product: body.product,
        activeKgHa: body.activeKgHa ?? null,
        costPerHa: body.costPerHa ?? null,
        alert,
        note: body.note ?? null,
        who: principal.name,
        recordedAt: clock.now(),
      };
      await state.transaction(async ({ sprays }) => {
        const before = await sprays.get(spray.id);
        if (before !== undefined && before.site !== spray.site) throw taken(spray.id);
        await sprays.save(spray);
      });
      return reply.code(201).send(spray);
    },
  });
}

function removeRoute(scope: ApiScope, { state }: ApiOptions): void {
  scope.route({
    method: 'DELETE',
    url: '/sprays/:id',
    config: { action: 'record-field-work' },
    schema: {
      tags,
      summary: 'Take back a spray that was recorded by mistake',
      params: z.object({ id: idSchema }),
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const spray = await state.sprays.get(id);
      const isVisible = spray !== undefined && sees(principalOf(request), spray.coop);
      if (!isVisible || !(await state.sprays.remove(id))) throw notFound('SPRAY', id);
      return reply.code(204).send(null);
    },
  });
}

async function requireAlert({ state }: ApiOptions, site: Site, id: string): Promise<void> {
  const alert = await state.alerts.get(id);
  if (alert?.site !== site.id) throw unknownReference('ALERT', id, 'alert');
}

function taken(id: string): ApiError {
  return new ApiError(
    'SPRAY_EXISTS',
    {
      vi: `Mã “${id}” đã dùng cho lần phun ở nơi khác. Hãy bỏ trống id để nhận mã mới.`,
      en: `The id "${id}" is of a spray on another site. Leave the id out for a new one.`,
      fr: `L’identifiant « ${id} » est celui d’un traitement d’un autre site. Omettez id pour en recevoir un.`,
    },
    { field: 'id' },
  );
}
