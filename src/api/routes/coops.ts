import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { coopChangeSchema, coopInputSchema, coopSchema } from '../../../schemas/coop.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { coopFilter, forbidden, principalOf, sees } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notFound } from '../problems.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const params = z.object({ id: idSchema });
const tags = ['coops'];

/** Cooperatives: who the farms belong to, and the border nobody sees across. */
export function coopRoutes(scope: ApiScope, options: ApiOptions): void {
  listRoutes(scope, options);
  itemRoutes(scope, options);
}

function listRoutes(scope: ApiScope, { state }: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/coops',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Cooperatives the caller may see',
      querystring: z.strictObject(pageQuery),
      response: { 200: pageOf(coopSchema), ...problems },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query;
      return state.coops.list(coopFilter(principalOf(request)), pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'POST',
    url: '/coops',
    config: { action: 'manage-coops' },
    schema: {
      tags,
      summary: 'Create a cooperative',
      body: coopInputSchema,
      response: { 201: coopSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      if (principal.coops !== null) throw forbidden(principal);
      await state.coops.create(request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/coops/${request.body.id}`)
        .send(request.body);
    },
  });
}

function itemRoutes(scope: ApiScope, { state }: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/coops/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One cooperative',
      params,
      querystring: z.strictObject({}),
      response: { 200: coopSchema, ...problems },
    },
    handler: async (request) => {
      const { id } = request.params;
      const coop = sees(principalOf(request), id) ? await state.coops.get(id) : undefined;
      if (coop === undefined) throw notFound('COOP', id);
      return coop;
    },
  });

  scope.route({
    method: 'PATCH',
    url: '/coops/:id',
    config: { action: 'manage-coops' },
    schema: {
      tags,
      summary: 'Rename a cooperative',
      params,
      body: coopChangeSchema,
      response: { 200: coopSchema, ...changeProblems },
    },
    handler: async (request) => {
      const { id } = request.params;
      if (!sees(principalOf(request), id)) throw notFound('COOP', id);
      const coop = await state.coops.update(id, withoutUndefined(request.body));
      if (coop === undefined) throw notFound('COOP', id);
      return coop;
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/coops/:id',
    config: { action: 'manage-coops' },
    schema: {
      tags,
      summary: 'Remove a cooperative that has neither sites nor devices',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      if (!sees(principal, id)) throw notFound('COOP', id);
      if (principal.coops !== null) throw forbidden(principal);
      if (!(await state.coops.remove(id))) throw notFound('COOP', id);
      return reply.code(204).send(null);
    },
  });
}
