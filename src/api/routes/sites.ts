import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import {
  siteChangeSchema,
  siteInputSchema,
  siteKindSchema,
  siteSchema,
} from '../../../schemas/site.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Site } from '../../contracts/state.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notFound, unknownReference } from '../problems.ts';
import { listOf } from '../query.ts';
import { withReferences } from '../references.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const params = z.object({ id: idSchema });
const tags = ['sites'];

/** Ponds, fields and irrigation zones: where devices stand. */
export function siteRoutes(scope: ApiScope, options: ApiOptions): void {
  listRoutes(scope, options);
  itemRoutes(scope, options);
}

function listRoutes(scope: ApiScope, { state }: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/sites',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Sites the caller may see',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        kind: siteKindSchema.optional(),
        ...pageQuery,
      }),
      response: { 200: pageOf(siteSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, kind, limit, cursor } = request.query;
      const filter = { ...coopFilter(principalOf(request), coop), ...withoutUndefined({ kind }) };
      return state.sites.list(filter, pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'POST',
    url: '/sites',
    config: { action: 'manage-sites' },
    schema: {
      tags,
      summary: 'Create a site',
      body: siteInputSchema,
      response: { 201: siteSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { body } = request;
      if (!sees(principalOf(request), body.coop)) {
        throw unknownReference('COOP', body.coop, 'coop');
      }
      const site: Site = {
        id: body.id,
        coop: body.coop,
        kind: body.kind,
        name: body.name,
        location: body.location ?? null,
        areaHa: body.areaHa ?? null,
        crop: body.crop ?? null,
        species: body.species ?? null,
        startedOn: body.startedOn ?? null,
      };
      await withReferences({ coop: body.coop }, () => state.sites.create(site));
      return reply.code(201).header('location', `/api/v1/sites/${site.id}`).send(site);
    },
  });
}

function itemRoutes(scope: ApiScope, { state }: ApiOptions): void {
  async function visibleSite(principal: Principal, id: string): Promise<Site> {
    const site = await state.sites.get(id);
    if (site === undefined || !sees(principal, site.coop)) throw notFound('SITE', id);
    return site;
  }

  scope.route({
    method: 'GET',
    url: '/sites/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One site',
      params,
      querystring: z.strictObject({}),
      response: { 200: siteSchema, ...problems },
    },
    handler: async (request) => visibleSite(principalOf(request), request.params.id),
  });

  scope.route({
    method: 'PATCH',
    url: '/sites/:id',
    config: { action: 'manage-sites' },
    schema: {
      tags,
      summary: 'Change a site; what is left out stays',
      params,
      body: siteChangeSchema,
      response: { 200: siteSchema, ...changeProblems },
    },
    handler: async (request) => {
      const { id } = request.params;
      await visibleSite(principalOf(request), id);
      const site = await state.sites.update(id, withoutUndefined(request.body));
      if (site === undefined) throw notFound('SITE', id);
      return site;
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/sites/:id',
    config: { action: 'manage-sites' },
    schema: {
      tags,
      summary: 'Remove a site on which no device stands',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await visibleSite(principalOf(request), id);
      if (!(await state.sites.remove(id))) throw notFound('SITE', id);
      return reply.code(204).send(null);
    },
  });
}
