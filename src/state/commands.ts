import { type Command, type CommandRepository, isOpen, isTerminal } from '../contracts/command.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { emptyPage, everyRow, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';

type OpenRow = { created_at: number; id: string; body: string };

/** A command is kept whole as JSON; the columns beside it are what lists are narrowed by. */
export function createCommands(scope: Scope): CommandRepository {
  const { db } = scope;
  return {
    async list(filter, page) {
      const { coops, device, site, states, source } = filter;
      if (coops?.length === 0 || states?.length === 0) return emptyPage();
      const after = positionAfter(page, ['number', 'string']);
      let query = db
        .selectFrom('commands')
        .select(['created_at', 'id', 'body'])
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (device !== undefined) query = query.where('device', '=', device);
      if (site !== undefined) query = query.where('site', '=', site);
      if (source !== undefined) query = query.where('source', '=', source);
      if (states !== undefined) {
        query = query.where('state', 'in', states);
        // As a literal: a plan made for any value could not use the index of open rows.
        if (!states.some(isTerminal)) query = query.where('open', '=', ({ lit }) => lit(1));
      }
      if (after !== undefined) {
        query = query.where((eb) =>
          eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(after[0], after[1])),
        );
      }
      const rows = await query.execute();
      return toPage(rows, page, {
        itemOf: ({ body }) => JSON.parse(body) as Command,
        positionOf: ({ created_at, id }) => [created_at, id],
      });
    },

    async get(id) {
      const row = await db
        .selectFrom('commands')
        .select('body')
        .where('id', '=', id)
        .executeTakeFirst();
      return row && (JSON.parse(row.body) as Command);
    },

    save(commands) {
      return writeRows(scope, {
        name: 'commands',
        rows: lastOfEach(commands, ({ id }) => id).map(toRow),
        build: (db, values) =>
          db
            .insertInto('commands')
            .values(values)
            .onConflict((conflict) =>
              conflict.column('id').doUpdateSet(({ ref }) => ({
                device: ref('excluded.device'),
                coop: ref('excluded.coop'),
                site: ref('excluded.site'),
                state: ref('excluded.state'),
                source: ref('excluded.source'),
                sequence: ref('excluded.sequence'),
                open: ref('excluded.open'),
                created_at: ref('excluded.created_at'),
                body: ref('excluded.body'),
              })),
            ),
      });
    },

    async open() {
      const rows = await everyRow<OpenRow>((limit, last) => {
        let query = db
          .selectFrom('commands')
          .select(['created_at', 'id', 'body'])
          .where('open', '=', ({ lit }) => lit(1))
          .orderBy('created_at')
          .orderBy('id')
          .limit(limit);
        if (last !== undefined) {
          query = query.where((eb) =>
            eb(eb.refTuple('created_at', 'id'), '>', eb.tuple(last.created_at, last.id)),
          );
        }
        return query.execute();
      });
      return rows.map(({ body }) => JSON.parse(body) as Command);
    },

    async expire(before, most) {
      const rows = await db
        .deleteFrom('commands')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('commands')
            .select('id')
            .where('open', '=', 0)
            .where('created_at', '<', before)
            .orderBy('created_at')
            .orderBy('id')
            .limit(most),
        )
        .returning('id')
        .execute();
      return rows.length;
    },
  };
}

function toRow(command: Command) {
  const { id, device, coop, site, state, source, sequence, createdAt } = command;
  return {
    ...{ id, device, coop, site, state, source: source.type, sequence },
    open: isOpen(command) ? 1 : 0,
    created_at: createdAt,
    body: JSON.stringify(command),
  };
}
