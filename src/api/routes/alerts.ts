import { z } from 'zod';
import {
  alertActionSchema,
  alertAssignSchema,
  alertCommentSchema,
  alertSchema,
  alertShelfSchema,
  alertStateSchema,
} from '../../../schemas/alert.ts';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { severitySchema } from '../../../schemas/rule.ts';
import type { Action, Principal } from '../../contracts/access.ts';
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
  deedRoutes(scope, options, visible);
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

const MINUTE_MS = 60_000;

interface Deed<Body extends z.ZodType> {
  /** Last part of the route. */
  name: string;
  summary: string;
  action?: Action;
  body: Body;
  work(id: string, who: string, body: z.output<Body>): Promise<Alert>;
}

/** What people do to an alert: each answers with the alert as it is afterwards. */
function deedRoutes(scope: ApiScope, { alerts, clock }: ApiOptions, visible: FindVisible): void {
  function deed<Body extends z.ZodType>(route: Deed<Body>): void {
    const { name, summary, action = 'answer-alerts', body, work } = route;
    scope.route({
      method: 'POST',
      url: `/alerts/:id/${name}`,
      config: { action },
      schema: { tags, summary, params, body, response: { 200: alertSchema, ...changeProblems } },
      handler: async (request) => {
        const { name: who } = principalOf(request);
        const { id } = await visible(principalOf(request), request.params.id);
        // What the schema has checked; the route's own type cannot follow a generic one.
        return work(id, who, request.body as z.output<Body>);
      },
    });
  }

  deed({
    name: 'acknowledge',
    summary: 'Say that somebody takes care of it',
    body: alertActionSchema,
    work: (id, who, body) => alerts.acknowledge(id, withoutUndefined({ who, ...body })),
  });
  deed({
    name: 'comment',
    summary: 'Add a note to its timeline',
    body: alertCommentSchema,
    work: (id, who, { note }) => alerts.comment(id, { who, note }),
  });
  deed({
    name: 'resolve',
    summary: 'End it by a person’s word',
    action: 'resolve-alerts',
    body: alertActionSchema,
    work: (id, who, body) => alerts.resolve(id, withoutUndefined({ who, ...body })),
  });
  deed({
    name: 'shelve',
    summary: 'Put it aside for a time: it calls nobody, unless it gets graver',
    body: alertShelfSchema,
    work: (id, who, { minutes = 0, until = clock.now() + minutes * MINUTE_MS, reason = '' }) =>
      alerts.shelve(id, { who, reason, until }),
  });
  deed({
    name: 'unshelve',
    summary: 'Take it from the shelf before its time',
    body: alertActionSchema,
    work: (id, who, body) => alerts.unshelve(id, withoutUndefined({ who, ...body })),
  });
  deed({
    name: 'assign',
    summary: 'Say whose it is to look after; without a name the caller’s own',
    body: alertAssignSchema,
    work: (id, who, { assignee = who }) => alerts.assign(id, { who, assignee }),
  });
  deed({
    name: 'see',
    summary: 'Say that the caller has read it; once for each person',
    action: 'read',
    body: z.unknown(),
    work: (id, who) => alerts.see(id, who),
  });
}
