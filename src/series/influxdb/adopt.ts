import { ROLLUP_TIERS } from '../../contracts/series.ts';
import type { StoredPlace } from '../../contracts/store-ledger.ts';
import type { Connection } from './connection.ts';
import { BY_PLACE, identifier } from './influxql.ts';
import type { KindMemory } from './memory.ts';
import { rollupField, rollupMeasurement } from './rollups.ts';

/** Measurements and fields in which a place may stand; windows outlive the points they are of. */
function* fieldsOf({ name, metrics }: KindMemory): Iterable<[measurement: string, field: string]> {
  for (const metric of metrics) {
    yield [name, metric];
    for (const tier of ROLLUP_TIERS) {
      yield [rollupMeasurement(name, tier), rollupField(metric, 'count')];
    }
  }
}

/**
 * Places that a server holds data of, when nothing here remembers them: the state was lost, or the
 * server was filled by another installation. Without them its history could not be asked for.
 */
export async function readPlaces(
  connection: Connection,
  kinds: Iterable<KindMemory>,
): Promise<StoredPlace[]> {
  const places = new Map<string, StoredPlace>();
  for (const kind of kinds) {
    for (const [measurement, field] of fieldsOf(kind)) {
      const statement = `SELECT last(${identifier(field)}) FROM ${identifier(measurement)} ${BY_PLACE}`;
      for await (const { tags, values } of connection.query(statement)) {
        const { coop = '', device = '' } = tags;
        const site = tags['site'] || null;
        const newest = Number(values[0]?.[0]);
        // Rows without our tags are somebody else's.
        if (coop === '' || device === '' || Number.isNaN(newest)) continue;
        const key = JSON.stringify([kind.name, coop, site, device]);
        const known = places.get(key);
        if (known === undefined) {
          places.set(key, { kind: kind.name, coop, site, device, newest });
        } else {
          known.newest = Math.max(known.newest, newest);
        }
      }
    }
  }
  return [...places.values()];
}
