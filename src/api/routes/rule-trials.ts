import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { dryRunAnswerSchema, dryRunSchema, noiseSchema } from '../../../schemas/rule-book.ts';
import type { Alert } from '../../contracts/alert.ts';
import type { Localized } from '../../contracts/localized.ts';
import type { AlertFilter } from '../../contracts/state.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { instantQuery, resolveInstant } from '../instants.ts';
import { languageOf } from '../language.ts';
import { ApiError } from '../problems.ts';
import { listOf } from '../query.ts';
import { inWords } from '../rule-problems.ts';
import { requireScope, seesRule, withoutAnswer } from '../rule-sight.ts';
import { abortOnClose } from '../send-pieces.ts';
import { requireDevices } from '../targets.ts';
import { problems } from './answers.ts';

const tags = ['rules'];
const WEEK_MS = 7 * 86_400_000;
/** Alerts read at once: about 1 MB. */
const ALERTS_PER_PAGE = 500;

/** Trying a rule on history, and how much those in force have called. */
export function trialRoutes(scope: ApiScope, options: ApiOptions): void {
  dryRunRoute(scope, options);
  noiseRoute(scope, options);
}

function dryRunRoute(scope: ApiScope, options: ApiOptions): void {
  const { rules, trials, registry, clock, timeZone } = options;
  scope.route({
    method: 'POST',
    url: '/rules/dry-run',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'What a rule would have found in history, beside the one in force; changes nothing',
      body: dryRunSchema,
      response: { 200: dryRunAnswerSchema, ...problems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { rule: asked, devices, from, to } = request.body;
      const rest = withoutAnswer(asked);
      requireScope(principal, rest, registry);
      if (devices !== undefined) requireDevices(options, principal, devices);
      const id = rest.id ?? UNNAMED;
      const inForce = rules.get(id)?.rule;
      const isSeen = inForce !== undefined && seesRule(principal, inForce, registry);
      const dry = {
        rule: { ...rest, id, version: rest.version ?? (inForce?.version ?? 0) + 1 },
        ...(devices === undefined ? {} : { devices }),
        ...(principal.coops === null ? {} : { coops: principal.coops }),
        from: readTime(from, 'from', timeZone),
        to: to === undefined ? clock.now() : readTime(to, 'to', timeZone),
      };
      const signal = abortOnClose(reply);
      const answer = await inWords(() => trials.dryRun(dry, signal), 'rule.');
      const language = languageOf(request.headers['accept-language']);
      return {
        ...answer,
        current: isSeen ? answer.current : null,
        remarks: answer.remarks.map((remark) => remark[language]),
      };
    },
  });
}

/** Stands for a rule that has no id yet. */
const UNNAMED = 'dry-run';

function readTime(written: string | number, field: string, timeZone: string): number {
  const read = instantQuery.safeParse(String(written));
  if (!read.success) throw new ApiError('REQUEST_INVALID', NO_TIME, { field });
  return resolveInstant(read.data, timeZone);
}

const NO_TIME: Localized = {
  vi: 'Cần thời điểm ISO 8601, ngày như 2026-11-22, hoặc số mili giây từ 1970.',
  en: 'Give an ISO 8601 time, a date such as 2026-11-22, or milliseconds since 1970.',
  fr: 'Donnez une heure ISO 8601, une date comme 2026-11-22, ou des millisecondes depuis 1970.',
};

function noiseRoute(scope: ApiScope, options: ApiOptions): void {
  const { trials, clock, timeZone } = options;
  scope.route({
    method: 'GET',
    url: '/rules/noise',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'How much each rule called, and how often nobody answered; the noisiest first',
      querystring: z.strictObject({
        from: instantQuery.optional().describe('A week before the end without it.'),
        to: instantQuery.optional().describe('Now without it.'),
        coop: listOf(idSchema),
      }),
      response: { 200: noiseSchema, ...problems },
    },
    handler: async (request, reply) => {
      const { coop, ...asked } = request.query;
      const to = asked.to === undefined ? clock.now() : resolveInstant(asked.to, timeZone);
      const from = asked.from === undefined ? to - WEEK_MS : resolveInstant(asked.from, timeZone);
      if (from >= to) throw new ApiError('RANGE_EMPTY', NO_RANGE, { field: 'from' });
      const filter = { ...coopFilter(principalOf(request), coop), from, to };
      const alerts = everyAlert(options, filter, abortOnClose(reply));
      return { from, to, items: await inWords(() => trials.noise(alerts, { from, to })) };
    },
  });
}

const NO_RANGE: Localized = {
  vi: '“from” phải trước “to”.',
  en: '"from" must be before "to".',
  fr: '« from » doit précéder « to ».',
};

/** Page after page, so that a year of alerts is never in memory at once. */
async function* everyAlert(
  { state }: Pick<ApiOptions, 'state'>,
  filter: AlertFilter,
  signal: AbortSignal,
): AsyncGenerator<Alert> {
  let after: string | null = null;
  do {
    const page = { limit: ALERTS_PER_PAGE, ...(after === null ? {} : { after }) };
    const { items, next } = await state.alerts.list(filter, page);
    yield* items;
    after = signal.aborted ? null : next;
  } while (after !== null);
}
