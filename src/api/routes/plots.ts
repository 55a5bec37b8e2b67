import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { plotInputSchema, plotSchema } from '../../../schemas/plot.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Plot } from '../../contracts/irrigation.ts';
import type { Site } from '../../contracts/state.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { requireOwnDevices, requireSame, visibleSite } from '../plant-sight.ts';
import { notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { takeYaml } from '../yaml-bodies.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const params = z.object({ id: idSchema }).describe('The zone.');
const tags = ['irrigation'];

/** What grows in a zone, in which soil, on which drip lines: what a water balance is made of. */
export function plotRoutes(scope: ApiScope, options: ApiOptions): void {
  scope.register(async (inner: ApiScope) => {
    takeYaml(inner);
    readRoutes(inner, options);
    changeRoutes(inner, options);
  });
}

/** A zone's plot, if the caller may see it. */
export async function visiblePlot(
  { state }: ApiOptions,
  principal: Principal,
  id: string,
): Promise<Plot> {
  const plot = await state.plots.get(id);
  if (plot === undefined || !sees(principal, plot.coop)) throw notFound('PLOT', id);
  return plot;
}

function readRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state } = options;
  scope.route({
    method: 'GET',
    url: '/plots',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Zones whose crop, soil and drip lines are declared',
      querystring: z.strictObject({ coop: listOf(idSchema), ...pageQuery }),
      response: { 200: pageOf(plotSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, limit, cursor } = request.query;
      return state.plots.list(coopFilter(principalOf(request), coop), pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'GET',
    url: '/plots/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One plot, by its zone',
      params,
      querystring: z.strictObject({}),
      response: { 200: plotSchema, ...problems },
    },
    handler: async (request) => visiblePlot(options, principalOf(request), request.params.id),
  });
}

function changeRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state, balance, clock } = options;
  scope.route({
    method: 'PUT',
    url: '/plots/:id',
    config: { action: 'edit-programmes' },
    schema: {
      tags,
      summary: 'Declare the crop, soil and drip lines of a zone',
      params,
      body: plotInputSchema,
      response: { 200: plotSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { id } = request.params;
      requireSame('site', request.body.site, id);
      const plot = plotOf(await visibleSite(options, principal, id), request.body);
      requireOwnDevices(
        options,
        plot.coop,
        Object.entries(plot.sensors).map(([name, device]) => [`sensors.${name}`, device]),
      );
      return balance.savePlot(plot, principal.name);
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/plots/:id',
    config: { action: 'edit-programmes' },
    schema: {
      tags,
      summary: 'Forget what was declared of a zone',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const before = await visiblePlot(options, principal, id);
      const removed = await state.transaction(async ({ plots, audit }) => {
        if (!(await plots.remove(id))) return false;
        const { name: who } = principal;
        const what = { at: clock.now(), what: 'plot.removed', subject: id, why: null };
        await audit.append([{ ...what, who, coop: before.coop, before, after: null }]);
        return true;
      });
      if (!removed) throw notFound('PLOT', id);
      return reply.code(204).send(null);
    },
  });
}

function plotOf({ id, coop }: Site, input: z.output<typeof plotInputSchema>): Plot {
  const { waterConductivity = null, soilConductivityMax = null, place = null } = input;
  const { soilMoisture = null, rain = null, weather = null } = input.sensors ?? {};
  const sensors = { soilMoisture, rain, weather };
  return { ...input, site: id, coop, waterConductivity, soilConductivityMax, sensors, place };
}
