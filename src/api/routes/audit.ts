import { z } from 'zod';
import { auditEntrySchema } from '../../../schemas/audit.ts';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { csvText } from '../../base/csv-text.ts';
import type { AuditEntry, AuditRepository } from '../../contracts/command.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { instantQuery, resolveInstant } from '../instants.ts';
import { listOf } from '../query.ts';
import { sendPieces } from '../send-pieces.ts';
import { problems } from './answers.ts';

/** Rows of a file read at a time: of 2 KB with what stood before and after they make a megabyte. */
const FILE_ROWS = 500;
const NAME_LENGTH_MAX = 200;
const COLUMNS = ['number', 'at', 'coop', 'who', 'what', 'subject', 'why', 'before', 'after'];

/** What was done to the plant and by whom; never changed, never removed. */
export function auditRoutes(scope: ApiScope, options: ApiOptions): void {
  const { state, timeZone } = options;
  scope.route({
    method: 'GET',
    url: '/audit',
    config: { action: 'read' },
    schema: {
      tags: ['audit'],
      summary: 'Who ordered, changed, stopped or was refused what, and why; newest first',
      description: '`format=csv` streams all that fits the filter, whatever `limit` is.',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        subject: z.string().min(1).max(NAME_LENGTH_MAX).optional(),
        who: z.string().min(1).max(NAME_LENGTH_MAX).optional(),
        from: instantQuery.optional().describe('Done at or after this time.'),
        to: instantQuery.optional().describe('Done before this time.'),
        format: z.enum(['json', 'csv']).default('json'),
        ...pageQuery,
      }),
      response: {
        200: {
          description: 'The entries, as asked for.',
          content: {
            'application/json': { schema: pageOf(auditEntrySchema) },
            'text/csv': { schema: z.string() },
          },
        },
        ...problems,
      },
    },
    handler: async (request, reply) => {
      const { coop, subject, who, from, to, format, limit, cursor } = request.query;
      const filter = {
        ...coopFilter(principalOf(request), coop),
        ...withoutUndefined({ subject, who }),
        ...(from === undefined ? {} : { from: resolveInstant(from, timeZone) }),
        ...(to === undefined ? {} : { to: resolveInstant(to, timeZone) }),
      };
      if (format === 'csv') {
        reply.header('content-disposition', 'attachment; filename="audit.csv"');
        return sendPieces(reply, 'text/csv; charset=utf-8', csvOf(state.audit, filter));
      }
      const page = await state.audit.list(filter, pageFrom({ limit, cursor }));
      return { items: page.items.map(present), next: page.next };
    },
  });
}

/** What is not there is null on the wire. */
function present({ before, after, ...entry }: AuditEntry): AuditEntry {
  return { ...entry, before: before ?? null, after: after ?? null };
}

async function* csvOf(
  audit: AuditRepository,
  filter: Parameters<AuditRepository['list']>[0],
): AsyncGenerator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  let after: string | undefined;
  do {
    const page = await audit.list(filter, {
      limit: FILE_ROWS,
      ...(after !== undefined && { after }),
    });
    if (page.items.length > 0) yield page.items.map(csvLine).join('');
    after = page.next ?? undefined;
  } while (after !== undefined);
}

function csvLine({ number, at, coop, who, what, subject, why, before, after }: AuditEntry): string {
  const texts = [coop ?? '', who, what, subject, why ?? '', jsonCell(before), jsonCell(after)];
  const cells = [String(number), new Date(at).toISOString(), ...texts.map((text) => csvText(text))];
  return `${cells.join(',')}\r\n`;
}

function jsonCell(value: unknown): string {
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
