import { DAY_MS } from '../../base/local-clock.ts';
import type { LatestValue } from '../../contracts/series.ts';
import type { Connection, ResultSeries } from './connection.ts';
import {
  BY_PLACE,
  deviceConditions,
  identifier,
  qualityOf,
  RECEIVED_AT,
  receivedAtOf,
  timeCondition,
} from './influxql.ts';
import { QUALITIES } from './lines.ts';
import type { KindMemory } from './memory.ts';

/** Most devices said something within this time before the newest of all. */
const LOOK_BACK_MS = DAY_MS;

interface Look {
  metric: string;
  from: number;
  to: number;
  devices: readonly string[] | null;
}

/** Last values of one kind by device and metric while they are searched for. */
class LatestSearch {
  readonly found = new Map<string, LatestValue>();
  readonly #connection: Connection;
  readonly #kind: KindMemory;

  constructor(connection: Connection, kind: KindMemory) {
    this.#connection = connection;
    this.#kind = kind;
  }

  async look({ metric, from, to, devices }: Look): Promise<void> {
    const fields = `last(${identifier(metric)}), ${describing(metric)}`;
    for (const condition of deviceConditions(devices)) {
      const statement = `SELECT ${fields} FROM ${identifier(this.#kind.name)} WHERE ${timeCondition(from, to)}${condition} ${BY_PLACE}`;
      for await (const part of this.#connection.query(statement)) this.#note(metric, part);
    }
  }

  /** Looks at one device some of whose values no longer count: behind those, place by place. */
  async lookBehind(metric: string, device: string): Promise<void> {
    const kind = this.#kind;
    const name = identifier(metric);
    const places = kind.device(device).places;
    const most = Math.max(...places.map((place) => kind.supersededTimes(place, metric)?.size ?? 0));
    const [condition] = deviceConditions([device]);
    const range = timeCondition(Number.NEGATIVE_INFINITY, kind.newest + 1);
    // The comparison leaves out points that have other metrics only.
    const statement = `SELECT ${name}, ${describing(metric)} FROM ${identifier(kind.name)} WHERE ${range}${condition} AND (${name} >= 0 OR ${name} < 0) ${BY_PLACE} ORDER BY time DESC LIMIT ${most + 1}`;
    for await (const part of this.#connection.query(statement)) this.#note(metric, part);
  }

  #note(metric: string, { tags, values }: ResultSeries): void {
    const kind = this.#kind;
    const place = kind.find(tags);
    if (place === undefined || place.newest === Number.NEGATIVE_INFINITY) return;
    for (const [time, value, own, shared, quality] of values) {
      const observedAt = Number(time);
      if (typeof value !== 'number' || kind.isSuperseded(place, metric, observedAt)) continue;
      const key = latestKey(place.device, metric);
      const known = this.found.get(key);
      if (known !== undefined && known.observedAt >= observedAt) return;
      const { coop, site, device } = place;
      this.found.set(key, {
        device,
        site,
        coop,
        kind: kind.name,
        metric,
        observedAt,
        receivedAt: Number(own ?? shared ?? observedAt),
        value,
        quality: QUALITIES[Number(quality ?? 0)] ?? 'good',
      });
      return;
    }
  }
}

function describing(metric: string): string {
  return [receivedAtOf(metric), RECEIVED_AT, qualityOf(metric)].map(identifier).join(', ');
}

function latestKey(device: string, metric: string): string {
  return `${device}/${metric}`;
}

/** The last value of every device and metric: the newest day first, then whatever is missing. */
export async function readLatest(
  connection: Connection,
  kinds: Iterable<KindMemory>,
): Promise<LatestValue[]> {
  const latest: LatestValue[] = [];
  for (const kind of kinds) {
    if (kind.newest === Number.NEGATIVE_INFINITY) continue;
    const search = new LatestSearch(connection, kind);
    const recent = kind.newest - LOOK_BACK_MS;
    for (const metric of kind.metrics) {
      const behind = kind.devicesSuperseded(
        metric,
        Number.NEGATIVE_INFINITY,
        Number.POSITIVE_INFINITY,
      );
      await search.look({ metric, from: recent, to: kind.newest + 1, devices: null });
      const missing = [...kind.devices.keys()].filter(
        (device) => !behind.has(device) && !search.found.has(latestKey(device, metric)),
      );
      const devices = missing.length === kind.devices.size ? null : missing;
      if (missing.length > 0) {
        await search.look({ metric, from: Number.NEGATIVE_INFINITY, to: recent, devices });
      }
      for (const device of behind) await search.lookBehind(metric, device);
    }
    latest.push(...search.found.values());
  }
  return latest;
}
