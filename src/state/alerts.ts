import type { Alert } from '../contracts/alert.ts';
import type { AlertRepository } from '../contracts/state.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { emptyPage, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';

/** An alert is kept whole as JSON; the columns beside it are what lists are narrowed by. */
export function createAlerts(scope: Scope): AlertRepository {
  const { db } = scope;
  return {
    async list(filter, page) {
      const { coops, states, site, device, devices, rule, severity, from, to } = filter;
      if ([coops, states, devices].some((some) => some?.length === 0)) return emptyPage();
      const after = positionAfter(page, ['number', 'string']);
      let query = db
        .selectFrom('alerts')
        .select(['onset', 'id', 'body'])
        .orderBy('onset', 'desc')
        .orderBy('id', 'desc')
        .limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (states !== undefined) query = query.where('state', 'in', states);
      if (site !== undefined) query = query.where('site', '=', site);
      if (device !== undefined) query = query.where('device', '=', device);
      if (devices !== undefined) query = query.where('device', 'in', devices);
      if (rule !== undefined) query = query.where('rule', '=', rule);
      if (severity !== undefined) query = query.where('severity', '=', severity);
      if (to !== undefined) query = query.where('onset', '<', to);
      if (from !== undefined) {
        query = query.where(({ or, eb }) =>
          or([eb('ended_at', 'is', null), eb('ended_at', '>=', from)]),
        );
      }
      if (after !== undefined) {
        query = query.where((eb) =>
          eb(eb.refTuple('onset', 'id'), '<', eb.tuple(after[0], after[1])),
        );
      }
      const rows = await query.execute();
      return toPage(rows, page, {
        itemOf: ({ body }) => toAlert(body),
        positionOf: ({ onset, id }) => [onset, id],
      });
    },

    async get(id) {
      const row = await db
        .selectFrom('alerts')
        .select('body')
        .where('id', '=', id)
        .executeTakeFirst();
      return row && toAlert(row.body);
    },

    save(alerts) {
      const rows = lastOfEach(alerts, ({ id }) => id).map((alert) => ({
        id: alert.id,
        rule: alert.rule,
        coop: alert.coop,
        site: alert.site,
        device: alert.device,
        severity: alert.severity,
        state: alert.state,
        onset: alert.onset,
        ended_at: alert.end,
        body: JSON.stringify(alert),
      }));
      return writeRows(scope, {
        name: 'alerts',
        rows,
        build: (db, values) =>
          db
            .insertInto('alerts')
            .values(values)
            .onConflict((conflict) =>
              conflict.column('id').doUpdateSet(({ ref }) => ({
                rule: ref('excluded.rule'),
                coop: ref('excluded.coop'),
                site: ref('excluded.site'),
                device: ref('excluded.device'),
                severity: ref('excluded.severity'),
                state: ref('excluded.state'),
                onset: ref('excluded.onset'),
                ended_at: ref('excluded.ended_at'),
                body: ref('excluded.body'),
              })),
            ),
      });
    },

    async expire(before, most) {
      const rows = await db
        .deleteFrom('alerts')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('alerts')
            .select('id')
            .where('state', '=', 'resolved')
            .where('ended_at', '<', before)
            // None begins after it ends: this bounds the walk through the index.
            .where('onset', '<', before)
            .orderBy('onset')
            .limit(most),
        )
        .returning('id')
        .execute();
      return rows.length;
    },
  };
}

/** What alerts of earlier versions do not say, they never had. */
function toAlert(body: string): Alert {
  const alert = JSON.parse(body) as Alert;
  const { onset: time, severity } = alert;
  const before = {
    severities: [{ time, severity }],
    advises: 'act' as const,
    cause: null,
    quiet: null,
    shelf: null,
    assignee: null,
  };
  return { ...before, ...alert };
}
