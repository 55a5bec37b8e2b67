import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { localDayOf } from '../../base/local-day.ts';
import { type Account, accountPage, mergeCounts } from '../accounts.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import { pageFrom } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { ApiError } from '../problems.ts';
import { listOf } from '../query.ts';
import { problems } from './answers.ts';

const DAY_MS = 86_400_000;
/** Days shown unless asked otherwise: today and the six before. */
const DAYS_DEFAULT = 7;
/** Days in one answer: 92 of 1,000 devices are 92,000 counts, read and merged in memory. */
const DAYS_MAX = 92;

const dayQuery = z.iso.date().optional();

const accountSchema = z
  .object({
    coop: z.string(),
    device: z.string(),
    day: z.string().describe("Local day of receipt in the instance's time zone."),
    received: z.number().describe('Values, and one for each report refused as a whole.'),
    stored: z.number(),
    duplicate: z.number().describe('Values that repeated or replaced one already stored.'),
    rejected: z.number(),
    pending: z.number().describe('Received and not yet written to the store.'),
    balanced: z.boolean().describe('received = stored + duplicate + rejected.'),
  })
  .meta({ id: 'Account' }) satisfies z.ZodType<Account>;

/** The proof that nothing disappears: what came in and what became of it. */
export function accountingRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state, series, clock, timeZone } = options;
  const localDay = localDayOf(timeZone);

  scope.route({
    method: 'GET',
    url: '/accounting',
    config: { action: 'read' },
    schema: {
      tags: ['accounting'],
      summary: 'What came in and what became of it, by device and day of receipt',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        device: listOf(idSchema),
        from: dayQuery.describe('First local day; six days before `to` without it.'),
        to: dayQuery.describe('Last local day, included; today without it.'),
        ...pageQuery,
      }),
      response: { 200: pageOf(accountSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, device, from, to, limit, cursor } = request.query;
      const { coops } = coopFilter(principalOf(request), coop);
      const lastDay = to ?? localDay(clock.now());
      const firstDay = from ?? daysBefore(lastDay, DAYS_DEFAULT - 1);
      requireDays(firstDay, lastDay);
      // What was received is read first: a value counted there and stored since then only makes
      // the balance better, never worse than it is.
      const received = await state.ledger.counts(firstDay, lastDay, coops);
      const stored = await series.counts(firstDay, lastDay, coops);
      const accounts = mergeCounts(received, stored);
      const wanted = device === undefined ? null : new Set(device);
      return accountPage(
        accounts.filter((account) => wanted === null || wanted.has(account.device)),
        pageFrom({ limit, cursor }),
      );
    },
  });
}

function daysBefore(day: string, count: number): string {
  const time = Date.parse(`${day}T00:00:00Z`) - count * DAY_MS;
  return new Date(time).toISOString().slice(0, day.length);
}

function requireDays(from: string, to: string): void {
  const days = (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS + 1;
  if (days < 1) {
    throw new ApiError(
      'RANGE_EMPTY',
      {
        vi: '“from” không được sau “to”.',
        en: '"from" must not be after "to".',
        fr: '« from » ne doit pas suivre « to ».',
      },
      { field: 'from' },
    );
  }
  if (days > DAYS_MAX) {
    throw new ApiError(
      'RANGE_TOO_LARGE',
      {
        vi: `Nhiều nhất ${DAYS_MAX} ngày một lần.`,
        en: `At most ${DAYS_MAX} days at a time.`,
        fr: `Au plus ${DAYS_MAX} jours à la fois.`,
      },
      { field: 'from' },
    );
  }
}
