import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { baselineInputSchema, baselineSchema, ledgerLineSchema } from '../../../schemas/spray.ts';
import { localDayOf } from '../../base/local-day.ts';
import type { SprayBaseline, SprayLedgerLine } from '../../contracts/survey.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import { pageFrom } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursors.ts';
import { dayQuery } from '../instants.ts';
import { ApiError } from '../problems.ts';
import { listOf } from '../query.ts';
import { invalid } from '../series-params.ts';
import { ledgerOf, overlaps } from '../spray-ledger.ts';
import { requireSiteOf, requireSites } from '../targets.ts';
import { changeProblems, problems } from './answers.ts';

const tags = ['field work'];
const YEAR_MS = 365 * 86_400_000;

/** Baselines that people declare, and what was avoided against them. */
export function sprayLedgerRoutes(scope: ApiScope, options: ApiOptions): void {
  listBaselines(scope, options);
  declareBaseline(scope, options);
  ledgerRoute(scope, options);
}

const targets = { coop: listOf(idSchema), site: idSchema.optional() };

function listBaselines(scope: ApiScope, options: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/sprays/baselines',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Declared baselines, by site and first day',
      querystring: z.strictObject({ ...targets, ...pageQuery }),
      response: { 200: pageOf(baselineSchema), ...problems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { coop, site, limit, cursor } = request.query;
      if (site !== undefined) await requireSites(options, principal, [site]);
      const filter = { ...coopFilter(principal, coop), ...(site !== undefined && { site }) };
      const all = await options.state.sprays.baselines(filter);
      return baselinePage(all, { limit, cursor });
    },
  });
}

function baselinePage(
  all: readonly SprayBaseline[],
  { limit, cursor }: { limit: number; cursor: string | undefined },
): { items: SprayBaseline[]; next: string | null } {
  const after = cursor === undefined ? null : decodeCursor(cursor, ['string', 'string']);
  const rest = all.filter(
    ({ site, from }) => after === null || site > after[0] || (site === after[0] && from > after[1]),
  );
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const hasMore = rest.length > items.length && last !== undefined;
  return { items, next: hasMore ? encodeCursor([last.site, last.from]) : null };
}

function declareBaseline(scope: ApiScope, options: ApiOptions): void {
  const { state, clock } = options;
  scope.route({
    method: 'POST',
    url: '/sprays/baselines',
    config: { action: 'record-field-work' },
    schema: {
      tags,
      summary: 'Declare how many sprays were usual in such a season',
      description: 'One for each site and first day: sent again it takes the place of the other.',
      body: baselineInputSchema,
      response: { 201: baselineSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { body } = request;
      const site = await requireSiteOf(options, principal, body.site);
      const baseline: SprayBaseline = {
        ...body,
        activeKgHa: body.activeKgHa ?? null,
        coop: site.coop,
        who: principal.name,
        recordedAt: clock.now(),
      };
      await state.transaction(async ({ sprays }) => {
        for (const other of await sprays.baselines({ site: site.id })) {
          if (other.from !== baseline.from && overlaps(other, baseline)) throw overlapping(other);
        }
        await sprays.saveBaseline(baseline);
      });
      return reply.code(201).send(baseline);
    },
  });
}

function ledgerRoute(scope: ApiScope, options: ApiOptions): void {
  const { state, timeZone, clock } = options;
  const localDay = localDayOf(timeZone);
  scope.route({
    method: 'GET',
    url: '/sprays/ledger',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Sprays advised, done and avoided, by site and season',
      description: '`limit` counts sites; a site has a line for each season.',
      querystring: z.strictObject({
        ...targets,
        from: dayQuery.optional().describe('First local day; without it a year ago.'),
        to: dayQuery.optional().describe('Last local day, it belongs; without it today.'),
        ...pageQuery,
      }),
      response: { 200: pageOf(ledgerLineSchema), ...problems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { coop, site, limit, cursor } = request.query;
      const { from = localDay(clock.now() - YEAR_MS), to = localDay(clock.now()) } = request.query;
      if (from > to) throw invalid('to', RANGE_EMPTY);
      if (site !== undefined) await requireSites(options, principal, [site]);
      const filter = coopFilter(principal, coop);
      const sites =
        site === undefined
          ? await state.sites.list(filter, pageFrom({ limit, cursor }))
          : { items: [{ id: site }], next: null };
      const items: SprayLedgerLine[] = [];
      for (const each of sites.items) items.push(...(await ledgerOf(options, each, { from, to })));
      return { items, next: sites.next };
    },
  });
}

const RANGE_EMPTY = {
  vi: '“from” phải không sau “to”.',
  en: '"from" must not be after "to".',
  fr: '« from » ne doit pas suivre « to ».',
};

function overlapping({ from, to }: SprayBaseline): ApiError {
  return new ApiError(
    'BASELINE_OVERLAPS',
    {
      vi: `Đã có mức gốc cho ${from} đến ${to}: một lần phun không tính hai lần. Hãy chọn ngày khác, hoặc sửa mức kia bằng cùng ngày đầu.`,
      en: `There is a baseline for ${from} to ${to}: a spray must not count twice. Choose other days, or change that one by its first day.`,
      fr: `Une référence existe du ${from} au ${to} : un traitement ne compte pas deux fois. Choisissez d’autres jours, ou modifiez-la par son premier jour.`,
    },
    { field: 'from' },
  );
}
