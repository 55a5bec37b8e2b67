import { z } from 'zod';
import { idSchema, instantSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { programmeInputSchema, programmeRunSchema } from '../../../schemas/programme.ts';
import { DAY_MS } from '../../base/local-clock.ts';
import type { Localized } from '../../contracts/localized.ts';
import { principalOf } from '../authenticate.ts';
import { pageFrom } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { instantQuery, resolveInstant } from '../instants.ts';
import { requireOwnZones, visibleProgramme } from '../plant-sight.ts';
import { ApiError } from '../problems.ts';
import { invalid } from '../series-params.ts';
import { changeProblems, noContent, problems } from './answers.ts';

/** As far as a plan is worth looking at: forecasts end there. */
const PREVIEW_DAYS_MAX = 14;

/** Seasons of the last and the next year; nobody plans beyond. */
const PREVIEW_AWAY_MS = 366 * DAY_MS;

const params = z.object({ id: idSchema });
const tags = ['programmes'];
const previewQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(PREVIEW_DAYS_MAX).default(PREVIEW_DAYS_MAX),
  from: instantQuery.optional().describe('Now without it.'),
});

/** What programmes did, what they would do, and what people tell them to. */
export function programmeRunRoutes(scope: ApiScope, options: ApiOptions): void {
  lookRoutes(scope, options);
  tryRoute(scope, options);
  deedRoutes(scope, options);
}

/** Now, or the instant that is asked for. Throws REQUEST_INVALID for another age. */
function startOf(
  { clock, timeZone }: ApiOptions,
  from: z.output<typeof instantQuery> | undefined,
): number {
  const now = clock.now();
  const start = from === undefined ? now : resolveInstant(from, timeZone);
  if (Math.abs(start - now) > PREVIEW_AWAY_MS) throw invalid('from', TOO_FAR);
  return start;
}

const TOO_FAR: Localized = {
  vi: 'Chỉ xem trước được trong vòng một năm quanh hôm nay.',
  en: 'A preview begins within a year of today.',
  fr: 'Un aperçu commence à moins d’un an d’aujourd’hui.',
};

function lookRoutes(scope: ApiScope, options: ApiOptions): void {
  const { programmes } = options;
  scope.route({
    method: 'GET',
    url: '/programmes/:id/runs',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Runs of a programme with their decisions and commands, newest first',
      params,
      querystring: z.strictObject(pageQuery),
      response: { 200: pageOf(programmeRunSchema), ...problems },
    },
    handler: async (request) => {
      const { id } = await visibleProgramme(options, principalOf(request), request.params.id);
      const { limit, cursor } = request.query;
      return programmes.runs(id, pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'GET',
    url: '/programmes/:id/preview',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'What it will do in the next days, with the reason of each decision',
      params,
      querystring: previewQuery,
      response: { 200: pageOf(programmeRunSchema), ...problems },
    },
    handler: async (request) => {
      const { id } = request.params;
      const programme = await visibleProgramme(options, principalOf(request), id);
      const { days, from } = request.query;
      const items = await programmes.preview(programme, startOf(options, from), days);
      return { items, next: null };
    },
  });
}

function tryRoute(scope: ApiScope, options: ApiOptions): void {
  const { programmes } = options;
  scope.route({
    method: 'POST',
    url: '/programmes/preview',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'What a programme that is not saved would do',
      querystring: previewQuery,
      body: programmeInputSchema,
      response: { 200: pageOf(programmeRunSchema), ...changeProblems },
    },
    handler: async (request) => {
      const { version = 1, ...programme } = request.body;
      await requireOwnZones(options, principalOf(request), programme);
      const { days, from } = request.query;
      const start = startOf(options, from);
      return {
        items: await programmes.preview({ ...programme, version }, start, days),
        next: null,
      };
    },
  });
}

function deedRoutes(scope: ApiScope, options: ApiOptions): void {
  const { programmes } = options;
  scope.route({
    method: 'POST',
    url: '/programmes/:id/accept',
    config: { action: 'command-devices' },
    schema: {
      tags,
      summary: 'Order a run that it has proposed',
      params,
      body: z.strictObject({ at: instantSchema.describe('The start of the proposed run.') }),
      response: { 200: programmeRunSchema, ...changeProblems },
    },
    handler: async (request) => {
      const { name } = principalOf(request);
      const { id } = await visibleProgramme(options, principalOf(request), request.params.id);
      return programmes.accept(id, request.body.at, name);
    },
  });

  scope.route({
    method: 'POST',
    url: '/programmes/:id/run',
    config: { action: 'command-devices' },
    schema: {
      tags,
      summary: 'Run it now, whatever its times; interlocks hold',
      params,
      response: { 200: programmeRunSchema, ...changeProblems },
    },
    handler: async (request) => {
      const { name } = principalOf(request);
      const { id } = await visibleProgramme(options, principalOf(request), request.params.id);
      return programmes.runNow(id, name);
    },
  });

  scope.route({
    method: 'POST',
    url: '/programmes/:id/stop',
    config: { action: 'stop-devices' },
    schema: {
      tags,
      summary: 'End the run under way: what runs is stopped, what waits is dropped',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { name } = principalOf(request);
      const { id } = await visibleProgramme(options, principalOf(request), request.params.id);
      if (!(await programmes.stopRun(id, name))) throw idle(id);
      return reply.code(204).send(null);
    },
  });
}

function idle(id: string): ApiError {
  return new ApiError('PROGRAMME_IDLE', {
    vi: `Chương trình “${id}” không có lượt nào đang chạy hay đang chờ.`,
    en: `No run of the programme "${id}" is under way or waits.`,
    fr: `Aucune marche du programme « ${id} » n’est en cours ni en attente.`,
  });
}
