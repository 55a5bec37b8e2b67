import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf } from '../../../schemas/page.ts';
import {
  ruleChangeSchema,
  ruleCreationSchema,
  ruleInForceSchema,
  ruleVersionSchema,
} from '../../../schemas/rule-book.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Localized } from '../../contracts/localized.ts';
import type { RuleInForce } from '../../contracts/rule-book.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { languageOf } from '../language.ts';
import { ApiError, notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { inWords } from '../rule-problems.ts';
import { countDevices, requireOwn, seesRule, withoutAnswer } from '../rule-sight.ts';
import { invalid } from '../series-params.ts';
import { versionOf } from '../versions.ts';
import { takeYaml } from '../yaml-bodies.ts';
import { changeProblems, noContent, problems } from './answers.ts';
import { trialRoutes } from './rule-trials.ts';

const params = z.object({ id: z.string().min(1).max(200) });
const tags = ['rules'];
const checkQuery = z.strictObject({
  check: z
    .enum(['true', 'false'])
    .optional()
    .describe('`true`: save nothing, only say what is wrong with it; 204 when nothing is.'),
});

/** The rules that raise alerts, as data: to read, to change, and to try on history. */
export function ruleRoutes(scope: ApiScope, options: ApiOptions): void {
  scope.register(async (inner: ApiScope) => {
    takeYaml(inner);
    readRoutes(inner, options);
    createRoute(inner, options);
    changeRoutes(inner, options);
    trialRoutes(inner, options);
  });
}

/** The rule in force, if the caller may see it. */
function visibleRule(
  { rules, registry }: ApiOptions,
  principal: Principal,
  id: string,
): RuleInForce {
  const found = rules.get(id);
  if (found === undefined || !seesRule(principal, found.rule, registry)) {
    throw notFound('RULE', id);
  }
  return found;
}

function present(
  found: RuleInForce,
  request: FastifyRequest,
  coops?: readonly string[],
): z.input<typeof ruleInForceSchema> {
  const seen = coops ?? principalOf(request).coops;
  const devices = countDevices(found, seen);
  const language = languageOf(request.headers['accept-language']);
  const remarks = devices === 0 ? [NO_DEVICE[language]] : [];
  return { ...found.rule, origin: found.origin, devices, remarks } as z.input<
    typeof ruleInForceSchema
  >;
}

function sayVersion(reply: FastifyReply, { rule }: RuleInForce): void {
  reply.header('etag', `"${rule.version}"`);
}

function readRoutes(scope: ApiScope, options: ApiOptions): void {
  const { rules, registry } = options;
  scope.route({
    method: 'GET',
    url: '/rules',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Rules in force that concern the caller: of the kinds of devices, and saved ones',
      querystring: z.strictObject({
        kind: z.string().max(63).optional(),
        coop: listOf(idSchema).describe('Those that may be judged for devices of these.'),
        topic: z.string().max(200).optional(),
        enabled: z.enum(['true', 'false']).optional(),
      }),
      response: { 200: pageOf(ruleInForceSchema), ...problems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { kind, coop, topic, enabled } = request.query;
      const { coops } = coopFilter(principal, coop);
      const items = rules
        .list()
        .filter(({ rule }) => kind === undefined || rule.kind === kind)
        .filter(({ rule }) => topic === undefined || rule.topic === topic)
        .filter(({ rule }) => enabled === undefined || String(rule.enabled) === enabled)
        .filter(({ rule }) => seesRule(principal, rule, registry))
        .filter(
          ({ rule }) =>
            coop === undefined || seesRule({ ...principal, coops: coop }, rule, registry),
        );
      return { items: items.map((found) => present(found, request, coops)), next: null };
    },
  });

  scope.route({
    method: 'GET',
    url: '/rules/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One rule in force; its version is the ETag',
      params,
      querystring: z.strictObject({}),
      response: { 200: ruleInForceSchema, ...problems },
    },
    handler: async (request, reply) => {
      const found = visibleRule(options, principalOf(request), request.params.id);
      sayVersion(reply, found);
      return present(found, request);
    },
  });

  scope.route({
    method: 'GET',
    url: '/rules/:id/versions',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Every state of a rule that was saved or taken back, newest first',
      params,
      querystring: z.strictObject({}),
      response: { 200: pageOf(ruleVersionSchema), ...problems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const versions = await rules.versions(id);
      const items = versions.filter(({ rule }) => seesRule(principal, rule, registry));
      // One that was never changed has no versions; one that is gone has them still.
      if (items.length === 0) visibleRule(options, principal, id);
      return { items, next: null };
    },
  });
}

function createRoute(scope: ApiScope, options: ApiOptions): void {
  const { rules, registry } = options;
  scope.route({
    method: 'POST',
    url: '/rules',
    config: { action: 'edit-rules' },
    schema: {
      tags,
      summary: 'Save a new rule; its first version',
      body: ruleCreationSchema,
      querystring: checkQuery,
      response: { 201: ruleInForceSchema, 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { version: _, ...rule } = withoutAnswer(request.body);
      requireOwn(principal, rule, registry);
      if (rules.get(rule.id) !== undefined) throw taken(rule.id);
      if (request.query.check === 'true') {
        await inWords(async () => rules.check({ ...rule, version: 1 }));
        return reply.code(204).send(null);
      }
      const made = await inWords(() => rules.save({ ...rule, version: 0 }, principal.name));
      reply.code(201).header('location', `/api/v1/rules/${encodeURIComponent(rule.id)}`);
      sayVersion(reply, made);
      return present(made, request);
    },
  });
}

function changeRoutes(scope: ApiScope, options: ApiOptions): void {
  const { rules, registry } = options;
  scope.route({
    method: 'PUT',
    url: '/rules/:id',
    config: { action: 'edit-rules' },
    schema: {
      tags,
      summary: 'Save the next version of a rule, in place of one of a kind too',
      params,
      body: ruleChangeSchema,
      querystring: checkQuery,
      response: { 200: ruleInForceSchema, 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const before = visibleRule(options, principal, id);
      requireOwn(principal, before.rule, registry);
      const rule = withoutAnswer(request.body);
      if (rule.id !== undefined && rule.id !== id) throw invalid('id', OTHER_ID);
      requireOwn(principal, rule, registry);
      // What was checked just now is what is replaced, whoever else saves meanwhile.
      const version = versionOf(request) ?? rule.version ?? before.rule.version;
      if (request.query.check === 'true') {
        await inWords(async () => rules.check({ ...rule, id, version }));
        return reply.code(204).send(null);
      }
      const made = await inWords(() => rules.save({ ...rule, id, version }, principal.name));
      sayVersion(reply, made);
      return present(made, request);
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/rules/:id',
    config: { action: 'edit-rules' },
    schema: {
      tags,
      summary:
        'Take a saved rule back; where it stood in place of one of a kind that one stands again',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const { rule, origin } = visibleRule(options, principal, id);
      requireOwn(principal, rule, registry);
      if (origin === 'kind') throw ofKind(id);
      if (!(await rules.remove(id, principal.name))) throw notFound('RULE', id);
      return reply.code(204).send(null);
    },
  });
}

const NO_DEVICE: Localized = {
  vi: 'Hiện không có thiết bị nào theo quy tắc này: hãy xem lại scope, enabled, và quy tắc cùng topic.',
  en: 'No device is judged by it now: look at its scope, whether it is enabled, and rules of its topic.',
  fr: 'Aucun appareil ne suit cette règle : vérifiez scope, enabled et les règles de même topic.',
};

const OTHER_ID: Localized = {
  vi: 'Mã trong nội dung khác với mã trong đường dẫn.',
  en: 'The id in the body is not the one in the path. Leave it out, or create another rule.',
  fr: 'L’identifiant du corps n’est pas celui du chemin. Omettez-le, ou créez une autre règle.',
};

function taken(id: string): ApiError {
  return new ApiError(
    'RULE_EXISTS',
    {
      vi: `Đã có quy tắc “${id}”. Hãy thay đổi nó bằng PUT, hoặc chọn mã khác.`,
      en: `There is a rule "${id}" already. Change it with PUT, or choose another id.`,
      fr: `La règle « ${id} » existe déjà. Modifiez-la par PUT, ou choisissez un autre identifiant.`,
    },
    { field: 'id' },
  );
}

function ofKind(id: string): ApiError {
  return new ApiError('RULE_OF_KIND', {
    vi: `Quy tắc “${id}” thuộc loại thiết bị. Để tắt, hãy lưu nó với enabled: false.`,
    en: `The rule "${id}" comes with its kind of device. To silence it, save it with enabled: false.`,
    fr: `La règle « ${id} » vient du type d’appareil. Pour la taire, enregistrez-la avec enabled: false.`,
  });
}
