import type { Rejection } from '../contracts/observation.ts';
import type { LedgerRepository, ReceivedCount } from '../contracts/state.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { emptyPage, everyRow, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';
import type { Tables } from './tables.ts';

/** Ids in one query; more are asked for in turns. */
const IDS_PER_QUERY = 500;
const COUNTED = [
  ...(['coop', 'device', 'day', 'received', 'rejected', 'repeated'] as const),
  'clock_faults as clockFaults',
] as const;

/** What was received and what became of it: counts, rejections, and how repeats are recognised. */
export function createLedger(scope: Scope): LedgerRepository {
  const { db } = scope;
  return {
    count(counts) {
      return writeCounts(scope, sumOfEach(counts));
    },

    counts(fromDay, toDay, coops) {
      if (coops?.length === 0) return Promise.resolve([]);
      return everyRow((limit, last) => {
        let query = db
          .selectFrom('received_counts')
          .select(COUNTED)
          .where('day', '>=', fromDay)
          .where('day', '<=', toDay)
          .orderBy('day')
          .orderBy('device')
          .orderBy('coop')
          .limit(limit);
        if (coops !== undefined) query = query.where('coop', 'in', coops);
        if (last !== undefined) {
          query = query.where((eb) =>
            eb(
              eb.refTuple('day', 'device', 'coop'),
              '>',
              eb.tuple(last.day, last.device, last.coop),
            ),
          );
        }
        return query.execute();
      });
    },

    async countsOf(devices, day) {
      const rows: ReceivedCount[] = [];
      for (let start = 0; start < devices.length; start += IDS_PER_QUERY) {
        const some = devices.slice(start, start + IDS_PER_QUERY);
        const query = db.selectFrom('received_counts').select(COUNTED).where('day', '=', day);
        rows.push(...(await query.where('device', 'in', some).execute()));
      }
      return rows;
    },

    saveRejections(rejections) {
      const rows = rejections.map((rejection) => ({
        frame_offset: rejection.offset,
        report_index: rejection.index,
        part: rejection.part,
        coop: rejection.source.coop,
        device: rejection.source.device,
        received_at: rejection.receivedAt,
        body: JSON.stringify(rejection),
      }));
      return writeRows(scope, {
        name: 'rejections',
        rows,
        build: (db, values) =>
          db
            .insertInto('rejections')
            .values(values)
            .onConflict((conflict) => conflict.doNothing()),
      });
    },

    async rejections({ coops, device, from, to }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['number', 'number', 'number']);
      let query = db
        .selectFrom('rejections')
        .select(['frame_offset', 'report_index', 'part', 'body'])
        .orderBy('frame_offset', 'desc')
        .orderBy('report_index', 'desc')
        .orderBy('part', 'desc')
        .limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('coop', 'in', coops);
      if (device !== undefined) query = query.where('device', '=', device);
      if (from !== undefined) query = query.where('received_at', '>=', from);
      if (to !== undefined) query = query.where('received_at', '<', to);
      if (after !== undefined) {
        query = query.where((eb) =>
          eb(
            eb.refTuple('frame_offset', 'report_index', 'part'),
            '<',
            eb.tuple(after[0], after[1], after[2]),
          ),
        );
      }
      const rows = await query.execute();
      return toPage(rows, page, {
        itemOf: ({ body }) => JSON.parse(body) as Rejection,
        positionOf: (row) => [row.frame_offset, row.report_index, row.part],
      });
    },

    /** By offset, which follows the time of receipt and has the index: no walk through the rest. */
    async expireRejections(before, most) {
      const last = await db
        .selectFrom('rejections')
        .select('frame_offset')
        .orderBy('frame_offset')
        .orderBy('report_index')
        .orderBy('part')
        .offset(most - 1)
        .limit(1)
        .executeTakeFirst();
      let oldest = db.deleteFrom('rejections').where('received_at', '<', before);
      if (last !== undefined) oldest = oldest.where('frame_offset', '<=', last.frame_offset);
      return (await oldest.returning('part').execute()).length;
    },

    ...sequences(scope),
  };
}

type SequenceMethods = Pick<
  LedgerRepository,
  'sequenceWindows' | 'saveSequenceWindows' | 'repeats' | 'saveRepeats' | 'trimRepeats'
>;

function sequences(scope: Scope): SequenceMethods {
  const { db } = scope;
  return {
    async sequenceWindows() {
      const rows = await everyRow<Tables['sequence_windows']>((limit, last) =>
        db
          .selectFrom('sequence_windows')
          .selectAll()
          .where('device', '>', last?.device ?? '')
          .orderBy('device')
          .limit(limit)
          .execute(),
      );
      return rows.map(({ device, keys }) => ({ device, keys: JSON.parse(keys) as string[] }));
    },

    saveSequenceWindows(windows) {
      const rows = lastOfEach(windows, ({ device }) => device);
      return writeRows(scope, {
        name: 'sequence_windows',
        rows: rows.map(({ device, keys }) => ({ device, keys: JSON.stringify(keys) })),
        build: (db, values) =>
          db
            .insertInto('sequence_windows')
            .values(values)
            .onConflict((conflict) =>
              conflict.column('device').doUpdateSet(({ ref }) => ({ keys: ref('excluded.keys') })),
            ),
      });
    },

    repeats() {
      return everyRow((limit, last) => {
        let query = db
          .selectFrom('repeats')
          .select(['frame_offset as offset', 'report_index as index'])
          .orderBy('frame_offset')
          .orderBy('report_index')
          .limit(limit);
        if (last !== undefined) {
          query = query.where((eb) =>
            eb(eb.refTuple('frame_offset', 'report_index'), '>', eb.tuple(last.offset, last.index)),
          );
        }
        return query.execute();
      });
    },

    saveRepeats(repeats) {
      return writeRows(scope, {
        name: 'repeats',
        rows: repeats.map(({ offset, index }) => ({ frame_offset: offset, report_index: index })),
        build: (db, values) =>
          db
            .insertInto('repeats')
            .values(values)
            .onConflict((conflict) => conflict.doNothing()),
      });
    },

    async trimRepeats(below) {
      await db.deleteFrom('repeats').where('frame_offset', '<', below).execute();
    },
  };
}

function writeCounts(scope: Scope, counts: ReceivedCount[]): Promise<void> {
  return writeRows(scope, {
    name: 'received_counts',
    rows: counts.map(({ clockFaults, ...count }) => ({ ...count, clock_faults: clockFaults })),
    build: (db, values) =>
      db
        .insertInto('received_counts')
        .values(values)
        .onConflict((conflict) =>
          conflict.columns(['day', 'device', 'coop']).doUpdateSet((eb) => ({
            received: eb('received_counts.received', '+', eb.ref('excluded.received')),
            rejected: eb('received_counts.rejected', '+', eb.ref('excluded.rejected')),
            repeated: eb('received_counts.repeated', '+', eb.ref('excluded.repeated')),
            clock_faults: eb('received_counts.clock_faults', '+', eb.ref('excluded.clock_faults')),
          })),
        ),
  });
}

function sumOfEach(counts: readonly ReceivedCount[]): ReceivedCount[] {
  const sums = new Map<string, ReceivedCount>();
  for (const count of counts) {
    const key = JSON.stringify([count.coop, count.device, count.day]);
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, { ...count });
      continue;
    }
    for (const column of ['received', 'rejected', 'repeated', 'clockFaults'] as const) {
      sum[column] += count[column];
    }
  }
  return [...sums.values()];
}
