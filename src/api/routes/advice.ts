import { z } from 'zod';
import { adviceInputSchema, coopAdviceSchema } from '../../../schemas/advice.ts';
import { idSchema } from '../../../schemas/common.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Rule } from '../../contracts/rule.ts';
import { principalOf, sees } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notFound } from '../problems.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const params = z.object({ id: idSchema, rule: z.string().min(1).max(200) });
const tags = ['rules'];
const url = '/coops/:id/advice/:rule';

/** What a cooperative says instead of a rule's own advice; alerts raised from then on carry it. */
export function adviceRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state } = options;
  const visible = async (principal: Principal, place: z.output<typeof params>): Promise<Rule> => {
    const coop = sees(principal, place.id) ? await state.coops.get(place.id) : undefined;
    if (coop === undefined) throw notFound('COOP', place.id);
    const rule = await findRule(options, place.rule);
    if (rule === undefined) throw notFound('RULE', place.rule);
    return rule;
  };

  scope.route({
    method: 'GET',
    url,
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'The advice a cooperative gets from a rule',
      params,
      querystring: z.strictObject({}),
      response: { 200: coopAdviceSchema, ...problems },
    },
    handler: async (request) => {
      const rule = await visible(principalOf(request), request.params);
      const coop = request.params.id;
      const own = await state.advice.get(coop, rule.id);
      return { coop, rule: rule.id, advice: own ?? rule.advice, own: own !== undefined };
    },
  });

  scope.route({
    method: 'PUT',
    url,
    config: { action: 'edit-rules' },
    schema: {
      tags,
      summary: 'Put the cooperative’s own advice in place of the rule’s',
      params,
      body: adviceInputSchema,
      response: { 200: coopAdviceSchema, ...changeProblems },
    },
    handler: async (request) => {
      const rule = await visible(principalOf(request), request.params);
      const coop = request.params.id;
      await state.advice.save(coop, rule.id, request.body);
      return { coop, rule: rule.id, advice: request.body, own: true };
    },
  });

  scope.route({
    method: 'DELETE',
    url,
    config: { action: 'edit-rules' },
    schema: {
      tags,
      summary: 'Take it back: the rule’s own advice holds again',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const rule = await visible(principalOf(request), request.params);
      const isRemoved = await state.advice.remove(request.params.id, rule.id);
      if (!isRemoved) throw notFound('ADVICE', rule.id);
      return reply.code(204).send(null);
    },
  });
}

/** A saved rule, else the one a device kind brings. */
async function findRule({ state, kinds }: ApiOptions, id: string): Promise<Rule | undefined> {
  const saved = await state.rules.get(id);
  if (saved !== undefined) return saved;
  for (const kind of kinds.values()) {
    const found = kind.rules.find((rule) => rule.id === id);
    if (found !== undefined) return found;
  }
  return undefined;
}
