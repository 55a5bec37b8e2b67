import { localDayOf } from '../base/local-day.ts';
import type { Rejection } from '../contracts/observation.ts';
import type { StoredCount } from '../contracts/series.ts';
import type { StoredPlace, StoreLedger, SupersededValue } from '../contracts/store-ledger.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { createLedger } from './ledger.ts';
import { everyRow } from './paging.ts';
import type { Scope } from './scope.ts';
import type { Tables } from './tables.ts';

/** Rejections looked for at once: three parameters each, far below SQLite's 32,766. */
const LOOKED_UP_AT_ONCE = 100;

/** The memory of one store, in the tables that begin with `store_`. */
export function createStoreLedger(
  scope: Scope,
  { store, timeZone }: { store: string; timeZone: string },
): StoreLedger {
  const { db } = scope;
  const dayOf = localDayOf(timeZone);
  return {
    async load() {
      const [ledger] = await db
        .selectFrom('store_ledgers')
        .selectAll()
        .where('store', '=', store)
        .execute();
      return {
        identity: ledger?.identity ?? null,
        cursor: ledger?.cursor ?? 0,
        plan: ledger?.plan ?? null,
        places: await readPlaces(scope, store),
        superseded: await readSuperseded(scope, store),
      };
    },

    async prepare(plan) {
      await db
        .insertInto('store_ledgers')
        .values({ store, identity: null, cursor: 0, plan })
        .onConflict((conflict) => conflict.column('store').doUpdateSet({ plan }))
        .execute();
    },

    commit(change) {
      return scope.atomically(async (tx) => {
        await writePlaces(tx, store, change.places);
        for (const value of change.restored) await restore(tx, store, value);
        await writeSuperseded(tx, store, change.superseded);
        await writeCounts(tx, store, change.counts);
        await keepRejections(tx, change.rejections, dayOf);
        await writeRows(tx, {
          name: 'store_ledgers',
          rows: [{ store, cursor: change.cursor, plan: change.plan }],
          build: (inner, values) =>
            inner
              .insertInto('store_ledgers')
              .values(values)
              .onConflict((conflict) =>
                conflict.column('store').doUpdateSet(({ ref }) => ({
                  cursor: ref('excluded.cursor'),
                  plan: ref('excluded.plan'),
                })),
              ),
        });
      });
    },

    counts(fromDay, toDay, coops) {
      if (coops?.length === 0) return Promise.resolve([]);
      return readCounts(scope, store, { fromDay, toDay, coops });
    },

    reset(identity) {
      return scope.atomically(async (tx) => {
        for (const table of ['store_places', 'store_superseded', 'store_counts'] as const) {
          await tx.db.deleteFrom(table).where('store', '=', store).execute();
        }
        const fresh = { identity, cursor: 0, plan: null };
        await tx.db
          .insertInto('store_ledgers')
          .values({ store, ...fresh })
          .onConflict((conflict) => conflict.column('store').doUpdateSet(fresh))
          .execute();
      });
    },
  };
}

async function readPlaces({ db }: Scope, store: string): Promise<StoredPlace[]> {
  const rows = await everyRow<Tables['store_places']>((limit, last) => {
    let query = db
      .selectFrom('store_places')
      .selectAll()
      .where('store', '=', store)
      .orderBy('kind')
      .orderBy('device')
      .orderBy('coop')
      .orderBy('site')
      .limit(limit);
    if (last !== undefined) {
      query = query.where((eb) =>
        eb(
          eb.refTuple('kind', 'device', 'coop', 'site'),
          '>',
          eb.tuple(last.kind, last.device, last.coop, last.site),
        ),
      );
    }
    return query.execute();
  });
  return rows.map(({ kind, device, coop, site, newest }) => ({
    kind,
    device,
    coop,
    site: site === '' ? null : site,
    newest,
  }));
}

/** Seldom more than a few: only a device that reported one instant from two places has any. */
async function readSuperseded({ db }: Scope, store: string): Promise<SupersededValue[]> {
  const rows = await db
    .selectFrom('store_superseded')
    .selectAll()
    .where('store', '=', store)
    .execute();
  return rows.map(({ kind, device, coop, site, metric, observed_at: observedAt }) => ({
    kind,
    device,
    coop,
    site: site === '' ? null : site,
    metric,
    observedAt,
  }));
}

function writePlaces(tx: Scope, store: string, places: readonly StoredPlace[]): Promise<void> {
  const rows = places.map(({ kind, device, coop, site, newest }) => ({
    store,
    kind,
    device,
    coop,
    site: site ?? '',
    newest,
  }));
  return writeRows(tx, {
    name: 'store_places',
    rows: lastOfEach(rows, (row) => JSON.stringify([row.kind, row.device, row.coop, row.site])),
    build: (db, values) =>
      db
        .insertInto('store_places')
        .values(values)
        .onConflict((conflict) =>
          conflict
            .columns(['store', 'kind', 'device', 'coop', 'site'])
            .doUpdateSet(({ ref }) => ({ newest: ref('excluded.newest') })),
        ),
  });
}

function rowOf(store: string, value: SupersededValue): Tables['store_superseded'] {
  const { kind, device, coop, site, metric, observedAt } = value;
  return { store, kind, device, coop, site: site ?? '', metric, observed_at: observedAt };
}

function writeSuperseded(
  tx: Scope,
  store: string,
  values: readonly SupersededValue[],
): Promise<void> {
  return writeRows(tx, {
    name: 'store_superseded',
    rows: values.map((value) => rowOf(store, value)),
    build: (db, rows) =>
      db
        .insertInto('store_superseded')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing()),
  });
}

async function restore({ db }: Scope, store: string, value: SupersededValue): Promise<void> {
  const row = rowOf(store, value);
  let query = db.deleteFrom('store_superseded').where('store', '=', store);
  for (const key of ['kind', 'device', 'coop', 'site', 'metric'] as const) {
    query = query.where(key, '=', row[key]);
  }
  await query.where('observed_at', '=', row.observed_at).execute();
}

function writeCounts(tx: Scope, store: string, counts: readonly StoredCount[]): Promise<void> {
  const sums = new Map<string, Tables['store_counts']>();
  for (const { coop, device, day, stored, duplicate } of counts) {
    const key = JSON.stringify([coop, device, day]);
    const sum = sums.get(key) ?? { store, day, device, coop, stored: 0, duplicate: 0 };
    sum.stored += stored;
    sum.duplicate += duplicate;
    sums.set(key, sum);
  }
  return writeRows(tx, {
    name: 'store_counts',
    rows: [...sums.values()],
    build: (db, rows) =>
      db
        .insertInto('store_counts')
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(['store', 'day', 'device', 'coop']).doUpdateSet((eb) => ({
            stored: eb('store_counts.stored', '+', eb.ref('excluded.stored')),
            duplicate: eb('store_counts.duplicate', '+', eb.ref('excluded.duplicate')),
          })),
        ),
  });
}

/**
 * Adds what the server refused to the rejections, and to the counts of what was rejected: it was
 * counted as received when it was decoded. One that is kept already was counted then.
 */
async function keepRejections(
  tx: Scope,
  rejections: readonly Rejection[],
  dayOf: (time: number) => string,
): Promise<void> {
  const fresh: Rejection[] = [];
  for (let start = 0; start < rejections.length; start += LOOKED_UP_AT_ONCE) {
    const some = rejections.slice(start, start + LOOKED_UP_AT_ONCE);
    const rows = await tx.db
      .selectFrom('rejections')
      .select(['frame_offset', 'report_index', 'part'])
      .where(
        'frame_offset',
        'in',
        some.map(({ offset }) => offset),
      )
      .execute();
    const kept = new Set(rows.map((row) => `${row.frame_offset}/${row.report_index}/${row.part}`));
    fresh.push(
      ...some.filter(({ offset, index, part }) => !kept.has(`${offset}/${index}/${part}`)),
    );
  }
  if (fresh.length === 0) return;
  const ledger = createLedger(tx);
  await ledger.saveRejections(fresh);
  await ledger.count(
    fresh.map(({ source: { coop, device }, receivedAt, count }) => ({
      ...{ coop, device, day: dayOf(receivedAt) },
      ...{ received: 0, rejected: count, repeated: 0, clockFaults: 0 },
    })),
  );
}

interface DayRange {
  fromDay: string;
  toDay: string;
  coops: readonly string[] | undefined;
}

async function readCounts(
  { db }: Scope,
  store: string,
  { fromDay, toDay, coops }: DayRange,
): Promise<StoredCount[]> {
  const rows = await everyRow<Tables['store_counts']>((limit, last) => {
    let query = db
      .selectFrom('store_counts')
      .selectAll()
      .where('store', '=', store)
      .where('day', '>=', fromDay)
      .where('day', '<=', toDay)
      .orderBy('day')
      .orderBy('device')
      .orderBy('coop')
      .limit(limit);
    if (coops !== undefined) query = query.where('coop', 'in', coops);
    if (last !== undefined) {
      query = query.where((eb) =>
        eb(eb.refTuple('day', 'device', 'coop'), '>', eb.tuple(last.day, last.device, last.coop)),
      );
    }
    return query.execute();
  });
  return rows.map(({ store: _, ...count }) => count);
}
