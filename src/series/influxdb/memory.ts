import type { KindRegistry } from '../../contracts/device-kind.ts';
import type { SeriesFilter } from '../../contracts/series.ts';
import type {
  StoredPlace,
  StoreLedgerState,
  SupersededValue,
} from '../../contracts/store-ledger.ts';

/** A place a device stands on, as the server's tags name it. */
export interface Place {
  readonly kind: string;
  readonly coop: string;
  readonly site: string | null;
  readonly device: string;
  /** Greatest observed time that is committed; -Infinity before the first. */
  newest: number;
  /** Measurement and tags as every line of the place begins; null when tags cannot hold it. */
  readonly head: string | null;
}

/** A device's places, and what a batch in the making adds to them. */
export class DeviceEntry {
  readonly places: Place[] = [];
  /** Greatest observed time over all places. */
  newest = Number.NEGATIVE_INFINITY;
  /** The batch that `running` belongs to. */
  batch = 0;
  /** Greatest observed time with the rows of that batch passed so far. */
  running = Number.NEGATIVE_INFINITY;
}

/** What is remembered of one kind: a few hundred bytes for each device. */
export class KindMemory {
  readonly name: string;
  readonly metrics: ReadonlySet<string>;
  readonly devices = new Map<string, DeviceEntry>();
  /** Greatest observed time of all. */
  newest = Number.NEGATIVE_INFINITY;
  /** Superseded values: by metric, by place, their observed times. */
  readonly #superseded = new Map<string, Map<Place, Set<number>>>();

  constructor(name: string, metrics: ReadonlySet<string>) {
    this.name = name;
    this.metrics = metrics;
  }

  device(name: string): DeviceEntry {
    let entry = this.devices.get(name);
    if (entry === undefined) {
      entry = new DeviceEntry();
      this.devices.set(name, entry);
    }
    return entry;
  }

  /** The place with these tags, made when it is new. */
  place(entry: DeviceEntry, tags: Pick<Place, 'coop' | 'site' | 'device'>): Place {
    for (const place of entry.places) {
      if (place.coop === tags.coop && place.site === tags.site) return place;
    }
    const { coop, site, device } = tags;
    const head = headOf(this.name, { coop, device, site });
    const place = { kind: this.name, coop, site, device, newest: Number.NEGATIVE_INFINITY, head };
    entry.places.push(place);
    return place;
  }

  /** The known place with the tags of an answer; an absent tag comes as an empty text. */
  find(tags: Readonly<Record<string, string>>): Place | undefined {
    const site = tags['site'] || null;
    const entry = this.devices.get(tags['device'] ?? '');
    return entry?.places.find((place) => place.coop === tags['coop'] && place.site === site);
  }

  note(place: Place, observedAt: number): void {
    if (observedAt > place.newest) place.newest = observedAt;
    if (observedAt > this.newest) this.newest = observedAt;
    const entry = this.device(place.device);
    if (observedAt > entry.newest) entry.newest = observedAt;
  }

  /** Places that hold something and that the filter leaves; null when it leaves all. */
  matching({ coops, sites, devices }: SeriesFilter): Place[] | null {
    if (coops === undefined && sites === undefined && devices === undefined) return null;
    const coopSet = coops && new Set(coops);
    const siteSet = sites && new Set<string | null>(sites);
    const matches = ({ coop, site }: Place): boolean =>
      coopSet?.has(coop) !== false && siteSet?.has(site) !== false;
    const found: Place[] = [];
    for (const device of devices === undefined ? this.devices.keys() : new Set(devices)) {
      for (const place of this.devices.get(device)?.places ?? []) {
        if (place.newest > Number.NEGATIVE_INFINITY && matches(place)) found.push(place);
      }
    }
    return found;
  }

  supersede(place: Place, metric: string, observedAt: number): void {
    const byPlace = this.#superseded.get(metric) ?? new Map<Place, Set<number>>();
    this.#superseded.set(metric, byPlace);
    const times = byPlace.get(place) ?? new Set<number>();
    byPlace.set(place, times.add(observedAt));
  }

  restore(place: Place, metric: string, observedAt: number): void {
    this.#superseded.get(metric)?.get(place)?.delete(observedAt);
  }

  isSuperseded(place: Place, metric: string, observedAt: number): boolean {
    return this.supersededTimes(place, metric)?.has(observedAt) ?? false;
  }

  supersededTimes(place: Place, metric: string): ReadonlySet<number> | undefined {
    return this.#superseded.get(metric)?.get(place);
  }

  /** Devices with a superseded value of the metric in `[from, to)`; seldom any. */
  devicesSuperseded(metric: string, from: number, to: number): Set<string> {
    const devices = new Set<string>();
    for (const [place, times] of this.#superseded.get(metric) ?? []) {
      for (const time of times) if (time >= from && time < to) devices.add(place.device);
    }
    return devices;
  }
}

/** What the store knows without asking the server; as the ledger has it. */
export class StoreMemory {
  readonly kinds = new Map<string, KindMemory>();
  identity: string | null = null;
  cursor = 0;
  plan: string | null = null;

  constructor(kinds: KindRegistry, state: StoreLedgerState) {
    for (const { name, metrics } of kinds.values()) {
      this.kinds.set(name, new KindMemory(name, new Set(metrics.map((metric) => metric.name))));
    }
    this.identity = state.identity;
    this.cursor = state.cursor;
    this.plan = state.plan;
    for (const place of state.places) this.notePlace(place);
    for (const value of state.superseded) {
      this.#at(value, (kind, place) => kind.supersede(place, value.metric, value.observedAt));
    }
  }

  notePlace(stored: StoredPlace): void {
    this.#at(stored, (kind, place) => kind.note(place, stored.newest));
  }

  /** A kind that is not installed any more keeps its rows on the server and answers nothing. */
  #at(
    tags: Pick<SupersededValue, 'kind' | 'coop' | 'site' | 'device'>,
    work: (kind: KindMemory, place: Place) => void,
  ): void {
    const kind = this.kinds.get(tags.kind);
    if (kind !== undefined) work(kind, kind.place(kind.device(tags.device), tags));
  }
}

interface Tags {
  coop: string;
  device: string;
  site: string | null;
}

/**
 * Tags in the order of their names, as servers keep them. A line cannot hold a line break, nor a
 * backslash before the sign that ends a tag.
 */
export function headOf(measurement: string, { coop, device, site }: Tags): string | null {
  if (/[\n\r\\]/.test(`${coop}${device}${site ?? ''}`)) return null;
  const tag = (name: string, value: string | null): string =>
    value === null || value === '' ? '' : `,${name}=${value.replace(/[,= ]/g, '\\$&')}`;
  return `${measurement}${tag('coop', coop)}${tag('device', device)}${tag('site', site)}`;
}
