import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import {
  programmeChangeSchema,
  programmeInputSchema,
  programmeSchema,
} from '../../../schemas/programme.ts';
import type { Programme } from '../../contracts/irrigation.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import { pageFrom } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { languageOf } from '../language.ts';
import { requireOwnZones, requireSame, visibleProgramme } from '../plant-sight.ts';
import { ApiError, notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { createTurns, requireVersion, versionOf } from '../versions.ts';
import { takeYaml } from '../yaml-bodies.ts';
import { changeProblems, noContent, problems } from './answers.ts';
import { programmeRunRoutes } from './programme-runs.ts';

const params = z.object({ id: idSchema });
const tags = ['programmes'];

/** Irrigation programmes: what is watered when, by how much, and what keeps it from that. */
export function programmeRoutes(scope: ApiScope, options: ApiOptions): void {
  scope.register(async (inner: ApiScope) => {
    takeYaml(inner);
    readRoutes(inner, options);
    changeRoutes(inner, options);
    programmeRunRoutes(inner, options);
  });
}

function sayVersion(reply: FastifyReply, { version }: Programme): void {
  reply.header('etag', `"${version}"`);
}

function readRoutes(scope: ApiScope, options: ApiOptions): void {
  const { programmes } = options;
  scope.route({
    method: 'GET',
    url: '/programmes',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Irrigation programmes',
      querystring: z.strictObject({ coop: listOf(idSchema), ...pageQuery }),
      response: { 200: pageOf(programmeSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, limit, cursor } = request.query;
      return programmes.list(coopFilter(principalOf(request), coop), pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'GET',
    url: '/programmes/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One programme; its version is the ETag',
      params,
      querystring: z.strictObject({}),
      response: { 200: programmeSchema, ...problems },
    },
    handler: async (request, reply) => {
      const programme = await visibleProgramme(options, principalOf(request), request.params.id);
      sayVersion(reply, programme);
      return programme;
    },
  });

  scope.route({
    method: 'GET',
    url: '/programmes.ics',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'The runs of the next 14 days as a calendar (RFC 5545)',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        language: z
          .enum(['vi', 'en', 'fr'])
          .optional()
          .describe('Of its words; else as Accept-Language asks.'),
      }),
      response: {
        200: { description: 'Events.', content: { 'text/calendar': { schema: z.string() } } },
        ...problems,
      },
    },
    handler: async (request, reply) => {
      const { coop, language = languageOf(request.headers['accept-language']) } = request.query;
      const text = await programmes.calendar(coopFilter(principalOf(request), coop), language);
      return reply
        .header('content-language', language)
        .header('vary', 'accept-language')
        .header('content-type', 'text/calendar; charset=utf-8')
        .header('content-disposition', 'attachment; filename="programmes.ics"')
        .send(text);
    },
  });
}

function changeRoutes(scope: ApiScope, options: ApiOptions): void {
  const { programmes } = options;
  const inTurn = createTurns();
  scope.route({
    method: 'POST',
    url: '/programmes',
    config: { action: 'edit-programmes' },
    schema: {
      tags,
      summary: 'Save a new programme; its first version',
      body: programmeInputSchema,
      response: { 201: programmeSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { version: _, ...programme } = request.body;
      await requireOwnZones(options, principal, programme);
      const saved = await inTurn(async () => {
        if ((await programmes.get(programme.id)) !== undefined) throw taken(programme.id);
        return programmes.save(programme, principal.name);
      });
      reply.code(201).header('location', `/api/v1/programmes/${saved.id}`);
      sayVersion(reply, saved);
      return saved;
    },
  });

  scope.route({
    method: 'PUT',
    url: '/programmes/:id',
    config: { action: 'edit-programmes' },
    schema: {
      tags,
      summary: 'Save the next version of a programme',
      params,
      body: programmeChangeSchema,
      response: { 200: programmeSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const { version, ...programme } = request.body;
      requireSame('id', programme.id, id);
      const saved = await inTurn(async () => {
        const before = await visibleProgramme(options, principal, id);
        await requireOwnZones(options, principal, programme);
        requireVersion('PROGRAMME_CONFLICT', versionOf(request) ?? version, before.version);
        return programmes.save({ ...programme, id }, principal.name);
      });
      sayVersion(reply, saved);
      return saved;
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/programmes/:id',
    config: { action: 'edit-programmes' },
    schema: {
      tags,
      summary: 'Remove a programme; a run under way is stopped first',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      await visibleProgramme(options, principal, id);
      if (!(await programmes.remove(id, principal.name))) throw notFound('PROGRAMME', id);
      return reply.code(204).send(null);
    },
  });
}

function taken(id: string): ApiError {
  return new ApiError(
    'PROGRAMME_EXISTS',
    {
      vi: `Đã có chương trình “${id}”. Hãy thay đổi nó bằng PUT, hoặc chọn mã khác.`,
      en: `There is a programme "${id}" already. Change it with PUT, or choose another id.`,
      fr: `Le programme « ${id} » existe déjà. Modifiez-le par PUT, ou choisissez un autre identifiant.`,
    },
    { field: 'id' },
  );
}
