import { z } from 'zod';
import { pageOf } from '../../../schemas/page.ts';
import { ruleSchema } from '../../../schemas/rule.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Rule } from '../../contracts/rule.ts';
import { principalOf, sees } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notFound } from '../problems.ts';
import { problems } from './answers.ts';

const params = z.object({ id: z.string().min(1).max(200) });
const tags = ['rules'];

/** The rules that raise alerts, as data. */
export function ruleRoutes(scope: ApiScope, { state, registry }: ApiOptions): void {
  /** A rule that reads only one cooperative's things is that cooperative's own business. */
  async function isVisible(principal: Principal, { scope: reach }: Rule): Promise<boolean> {
    const coop =
      reach.coop ??
      (reach.device === undefined ? undefined : registry.find(reach.device)?.coop) ??
      (reach.site === undefined ? undefined : (await state.sites.get(reach.site))?.coop);
    if (coop !== undefined) return sees(principal, coop);
    return principal.coops === null || (reach.device === undefined && reach.site === undefined);
  }

  scope.route({
    method: 'GET',
    url: '/rules',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Rules that concern the caller',
      querystring: z.strictObject({ kind: z.string().max(63).optional() }),
      response: { 200: pageOf(ruleSchema), ...problems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { kind } = request.query;
      const items: Rule[] = [];
      for (const rule of await state.rules.list()) {
        const wanted = kind === undefined || rule.kind === kind;
        if (wanted && (await isVisible(principal, rule))) items.push(rule);
      }
      return { items, next: null };
    },
  });

  scope.route({
    method: 'GET',
    url: '/rules/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One rule',
      params,
      querystring: z.strictObject({}),
      response: { 200: ruleSchema, ...problems },
    },
    handler: async (request) => {
      const { id } = request.params;
      const rule = await state.rules.get(id);
      if (rule === undefined || !(await isVisible(principalOf(request), rule))) {
        throw notFound('RULE', id);
      }
      return rule;
    },
  });
}
