import { z } from 'zod';
import { idSchema, instantSchema, nameSchema } from '../../../schemas/common.ts';
import { pageOf } from '../../../schemas/page.ts';
import type { Principal } from '../../contracts/access.ts';
import type { ApiToken } from '../../contracts/state.ts';
import { principalOf, sees } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notFound, unknownReference } from '../problems.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const roleSchema = z.enum(['viewer', 'farmer', 'agronomist', 'operator', 'administrator']);
const tags = ['access'];
/** Cooperatives one token may name; beyond that it is a token for all. */
const COOPS_MAX = 100;

const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: roleSchema,
    coops: z.array(z.string()).nullable().describe('Null: all cooperatives.'),
    createdAt: instantSchema,
    expiresAt: instantSchema.nullable(),
    lastUsedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Token' }) satisfies z.ZodType<ApiToken>;

const tokenInputSchema = z.strictObject({
  name: nameSchema,
  role: roleSchema,
  coops: z.array(idSchema).min(1).max(COOPS_MAX).nullable().optional(),
  expiresAt: instantSchema.nullable().optional(),
});

/** Tokens for programs: made, listed and removed by administrators. */
export function tokenRoutes(scope: ApiScope, { access, state }: ApiOptions): void {
  /** An administrator of some cooperatives sees and makes tokens for those alone. */
  const reaches = (principal: Principal, coops: readonly string[] | null): boolean =>
    principal.coops === null || (coops?.every((coop) => sees(principal, coop)) ?? false);

  scope.route({
    method: 'GET',
    url: '/tokens',
    config: { action: 'manage-tokens' },
    schema: {
      tags,
      summary: 'Tokens, without their text',
      querystring: z.strictObject({}),
      response: { 200: pageOf(tokenSchema), ...problems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const tokens = await access.listTokens();
      return { items: tokens.filter((token) => reaches(principal, token.coops)), next: null };
    },
  });

  scope.route({
    method: 'POST',
    url: '/tokens',
    config: { action: 'manage-tokens' },
    schema: {
      tags,
      summary: 'Create a token; its text is shown this once',
      body: tokenInputSchema,
      response: { 201: z.object({ token: tokenSchema, text: z.string() }), ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { name, role, expiresAt = null } = request.body;
      // Left out, the token reaches as far as its maker.
      const coops = request.body.coops ?? (principal.coops === null ? null : [...principal.coops]);
      for (const coop of coops ?? []) {
        const known = sees(principal, coop) && (await state.coops.get(coop)) !== undefined;
        if (!known) throw unknownReference('COOP', coop, 'coops');
      }
      const created = await access.createToken({ name, role, coops, expiresAt });
      return reply.code(201).header('cache-control', 'no-store').send(created);
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/tokens/:id',
    config: { action: 'manage-tokens' },
    schema: {
      tags,
      summary: 'Remove a token; it and its sessions end at once',
      params: z.object({ id: z.string().min(1).max(100) }),
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const token = (await access.listTokens()).find((candidate) => candidate.id === id);
      const reached = token !== undefined && reaches(principalOf(request), token.coops);
      if (!reached || !(await access.removeToken(id))) throw notFound('TOKEN', id);
      return reply.code(204).send(null);
    },
  });
}
