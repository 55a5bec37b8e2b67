import { z } from 'zod';
import {
  aerationDecisionSchema,
  aerationPlanInputSchema,
  aerationPlanSchema,
} from '../../../schemas/aeration.ts';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import type { Principal } from '../../contracts/access.ts';
import type { AerationPlan } from '../../contracts/aeration.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { requireOwnDevices, requireSame, visibleSite } from '../plant-sight.ts';
import { notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { takeYaml } from '../yaml-bodies.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const params = z.object({ id: idSchema }).describe('The pond.');
const tags = ['aeration'];

/** How the aerators of ponds are run by their oxygen. */
export function aerationRoutes(scope: ApiScope, options: ApiOptions): void {
  const visible: FindVisible = async (principal, id) => {
    const plan = await options.aeration.get(id);
    if (plan === undefined || !sees(principal, plan.coop)) throw notFound('AERATION', id);
    return plan;
  };
  scope.register(async (inner: ApiScope) => {
    takeYaml(inner);
    readRoutes(inner, options, visible);
    changeRoutes(inner, options, visible);
    decisionRoutes(inner, options, visible);
  });
}

type FindVisible = (principal: Principal, id: string) => Promise<AerationPlan>;

function readRoutes(scope: ApiScope, { aeration }: ApiOptions, visible: FindVisible): void {
  scope.route({
    method: 'GET',
    url: '/aeration',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Aeration plans of ponds',
      querystring: z.strictObject({ coop: listOf(idSchema), ...pageQuery }),
      response: { 200: pageOf(aerationPlanSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, limit, cursor } = request.query;
      return aeration.list(coopFilter(principalOf(request), coop), pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'GET',
    url: '/aeration/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'The aeration plan of one pond',
      params,
      querystring: z.strictObject({}),
      response: { 200: aerationPlanSchema, ...problems },
    },
    handler: async (request) => visible(principalOf(request), request.params.id),
  });
}

function changeRoutes(scope: ApiScope, options: ApiOptions, visible: FindVisible): void {
  const { aeration } = options;
  scope.route({
    method: 'PUT',
    url: '/aeration/:id',
    config: { action: 'edit-programmes' },
    schema: {
      tags,
      summary: 'Say how the aerators of a pond are run',
      params,
      body: aerationPlanInputSchema,
      response: { 200: aerationPlanSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { body } = request;
      requireSame('site', body.site, request.params.id);
      const { id: site, coop } = await visibleSite(options, principal, request.params.id);
      requireOwnDevices(options, coop, [
        ['sensor', body.sensor],
        ...body.aerators.map((device, index) => [`aerators.${index}`, device] as const),
      ]);
      return aeration.save({ ...body, site, coop }, principal.name);
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/aeration/:id',
    config: { action: 'edit-programmes' },
    schema: {
      tags,
      summary: 'Remove a plan; aerators that run go on until their lease ends',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      await visible(principal, id);
      if (!(await aeration.remove(id, principal.name))) throw notFound('AERATION', id);
      return reply.code(204).send(null);
    },
  });
}

function decisionRoutes(scope: ApiScope, { aeration }: ApiOptions, visible: FindVisible): void {
  scope.route({
    method: 'GET',
    url: '/aeration/:id/decision',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'What the plan says now, why, and the energy spent and saved today',
      params,
      querystring: z.strictObject({}),
      response: { 200: aerationDecisionSchema, ...problems },
    },
    handler: async (request) => {
      const { site } = await visible(principalOf(request), request.params.id);
      const decision = await aeration.decision(site);
      if (decision === undefined) throw notFound('AERATION', site);
      return decision;
    },
  });

  scope.route({
    method: 'POST',
    url: '/aeration/:id/accept',
    config: { action: 'command-devices' },
    schema: {
      tags,
      summary: 'Start what the plan proposes',
      params,
      response: { 200: aerationDecisionSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { site } = await visible(principal, request.params.id);
      return aeration.accept(site, principal.name);
    },
  });
}
