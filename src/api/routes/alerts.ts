import { z } from 'zod';
import {
  alertActionSchema,
  alertCommentSchema,
  alertSchema,
  alertStateSchema,
} from '../../../schemas/alert.ts';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { severitySchema } from '../../../schemas/rule.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Alert } from '../../contracts/alert.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { instantQuery, resolveInstant } from '../instants.ts';
import { notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { changeProblems, problems } from './answers.ts';

/** Alert ids are made by the rules engine from a rule, a device and a place in history. */
const params = z.object({ id: z.string().min(1).max(200) });
const tags = ['alerts'];

/** Alerts with their evidence and timeline, and what people do to them. */
export function alertRoutes(scope: ApiScope, options: ApiOptions): void {
  const visible = async (principal: Principal, id: string): Promise<Alert> => {
    const alert = await options.state.alerts.get(id);
    if (alert === undefined || !sees(principal, alert.coop)) throw notFound('ALERT', id);
    return alert;
  };
  readRoutes(scope, options, visible);
  actionRoutes(scope, options, visible);
}

type FindVisible = (principal: Principal, id: string) => Promise<Alert>;

function readRoutes(scope: ApiScope, options: ApiOptions, visible: FindVisible): void {
  scope.route({
    method: 'GET',
    url: '/alerts',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Alerts the caller may see, newest onset first',
      querystring: z.strictObject({
        state: listOf(alertStateSchema),
        coop: listOf(idSchema),
        site: idSchema.optional(),
        device: idSchema.optional(),
        rule: z.string().max(200).optional(),
        severity: severitySchema.optional(),
        from: instantQuery.optional().describe('Alerts that lasted at or after this time.'),
        to: instantQuery.optional().describe('Alerts that began before this time.'),
        ...pageQuery,
      }),
      response: { 200: pageOf(alertSchema), ...problems },
    },
    handler: async (request) => {
      const { state, coop, from, to, limit, cursor, ...narrow } = request.query;
      const filter = {
        ...coopFilter(principalOf(request), coop),
        ...withoutUndefined({ states: state, ...narrow }),
        ...(from === undefined ? {} : { from: resolveInstant(from, options.timeZone) }),
        ...(to === undefined ? {} : { to: resolveInstant(to, options.timeZone) }),
      };
      return options.state.alerts.list(filter, pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'GET',
    url: '/alerts/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One alert',
      params,
      querystring: z.strictObject({}),
      response: { 200: alertSchema, ...problems },
    },
    handler: async (request) => visible(principalOf(request), request.params.id),
  });
}

function actionRoutes(scope: ApiScope, { alerts }: ApiOptions, visible: FindVisible): void {
  scope.route({
    method: 'POST',
    url: '/alerts/:id/acknowledge',
    config: { action: 'answer-alerts' },
    schema: {
      tags,
      summary: 'Say that somebody takes care of it',
      params,
      body: alertActionSchema,
      response: { 200: alertSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { id } = await visible(principal, request.params.id);
      return alerts.acknowledge(id, withoutUndefined({ who: principal.name, ...request.body }));
    },
  });

  scope.route({
    method: 'POST',
    url: '/alerts/:id/comment',
    config: { action: 'answer-alerts' },
    schema: {
      tags,
      summary: 'Add a note to its timeline',
      params,
      body: alertCommentSchema,
      response: { 200: alertSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { id } = await visible(principal, request.params.id);
      return alerts.comment(id, { who: principal.name, note: request.body.note });
    },
  });

  scope.route({
    method: 'POST',
    url: '/alerts/:id/resolve',
    config: { action: 'resolve-alerts' },
    schema: {
      tags,
      summary: 'End it by a person’s word',
      params,
      body: alertActionSchema,
      response: { 200: alertSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { id } = await visible(principal, request.params.id);
      return alerts.resolve(id, withoutUndefined({ who: principal.name, ...request.body }));
    },
  });
}
