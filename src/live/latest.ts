import type { LatestFilter, LatestValues } from '../contracts/live.ts';
import type { Observation, Quality } from '../contracts/observation.ts';
import type { LatestValue } from '../contracts/series.ts';

/**
 * One device's last values, four numbers a metric in one array: 12 metrics take 384 bytes, so
 * 10,000 devices fit in about 6 MB.
 */
interface DeviceValues {
  device: string;
  coop: string;
  site: string | null;
  kind: string;
  /** Newest observed time of any metric: what the device is filed under now. */
  newestAt: number;
  /** Metric names by place, shared by all devices of the kind. */
  layout: string[];
  numbers: Float64Array;
}

/** Where a value's four numbers stand, from the metric's place on. */
const STRIDE = 4;
const OBSERVED_AT = 0;
const RECEIVED_AT = 1;
const VALUE = 2;
const QUALITY = 3;

const QUALITIES: readonly Quality[] = ['good', 'clock'];

type Tags = Pick<DeviceValues, 'device' | 'coop' | 'site' | 'kind'>;

/** The last values, kept in step by `observe` after `load` read them from the store. */
export function createLatest(): LatestValues {
  return new Latest();
}

class Latest implements LatestValues {
  readonly #devices = new Map<string, DeviceValues>();
  readonly #layouts = new Map<string, string[]>();

  load(values: readonly LatestValue[]): void {
    for (const value of values) {
      const entry = this.#entry(value, value.observedAt);
      if (entry !== undefined) this.#keep(entry, value.metric, value);
    }
  }

  observe(observations: readonly Observation[]): void {
    for (const observation of observations) {
      const entry = this.#entry(observation.source, observation.observedAt);
      if (entry === undefined) continue;
      const { observedAt, receivedAt, quality, values } = observation;
      for (const metric in values) {
        const value = values[metric];
        if (value === undefined) continue;
        this.#keep(entry, metric, { observedAt, receivedAt, quality, value });
      }
    }
  }

  forget(device: string): void {
    this.#devices.delete(device);
  }

  *list(filter: LatestFilter): Iterable<LatestValue> {
    const coops = filter.coops === undefined ? null : new Set(filter.coops);
    const sites = filter.sites === undefined ? null : new Set(filter.sites);
    for (const entry of this.#candidates(filter.devices)) {
      if (coops !== null && !coops.has(entry.coop)) continue;
      if (sites !== null && (entry.site === null || !sites.has(entry.site))) continue;
      yield* valuesOf(entry);
    }
  }

  *#candidates(devices: readonly string[] | undefined): Iterable<DeviceValues> {
    if (devices === undefined) {
      yield* this.#devices.values();
      return;
    }
    for (const device of new Set(devices)) {
      const entry = this.#devices.get(device);
      if (entry !== undefined) yield entry;
    }
  }

  /**
   * The device's place, made when it is new. A device that moved to another cooperative, or came
   * back as another kind, starts empty: its new owner must not see the old one's values, and a
   * late report from before the move is left out.
   */
  #entry(tags: Tags, observedAt: number): DeviceValues | undefined {
    const known = this.#devices.get(tags.device);
    if (known !== undefined && known.coop === tags.coop && known.kind === tags.kind) {
      if (observedAt >= known.newestAt) {
        known.newestAt = observedAt;
        known.site = tags.site;
      }
      return known;
    }
    if (known !== undefined && observedAt < known.newestAt) return undefined;
    const layout = this.#layoutOf(tags.kind);
    const entry: DeviceValues = {
      device: tags.device,
      coop: tags.coop,
      site: tags.site,
      kind: tags.kind,
      newestAt: observedAt,
      layout,
      numbers: new Float64Array(layout.length * STRIDE).fill(Number.NaN),
    };
    this.#devices.set(tags.device, entry);
    return entry;
  }

  #layoutOf(kind: string): string[] {
    let layout = this.#layouts.get(kind);
    if (layout === undefined) {
      layout = [];
      this.#layouts.set(kind, layout);
    }
    return layout;
  }

  #keep(
    entry: DeviceValues,
    metric: string,
    value: Omit<LatestValue, keyof Tags | 'metric'>,
  ): void {
    const at = placeOf(entry, metric) * STRIDE;
    // The comparison is false for NaN, which stands for a metric never seen. Equal times replace:
    // the later write wins, as in the store.
    if (value.observedAt < (entry.numbers[at + OBSERVED_AT] ?? Number.NaN)) return;
    entry.numbers[at + OBSERVED_AT] = value.observedAt;
    entry.numbers[at + RECEIVED_AT] = value.receivedAt;
    entry.numbers[at + VALUE] = value.value;
    entry.numbers[at + QUALITY] = QUALITIES.indexOf(value.quality);
  }
}

/** The metric's place in the device's array, which grows with the kind's layout. */
function placeOf(entry: DeviceValues, metric: string): number {
  let place = entry.layout.indexOf(metric);
  if (place === -1) place = entry.layout.push(metric) - 1;
  if ((place + 1) * STRIDE > entry.numbers.length) {
    const grown = new Float64Array(entry.layout.length * STRIDE).fill(Number.NaN);
    grown.set(entry.numbers);
    entry.numbers = grown;
  }
  return place;
}

function* valuesOf(entry: DeviceValues): Iterable<LatestValue> {
  const { device, coop, site, kind, layout, numbers } = entry;
  for (let place = 0; (place + 1) * STRIDE <= numbers.length; place++) {
    const at = place * STRIDE;
    const observedAt = numbers[at + OBSERVED_AT] ?? Number.NaN;
    const metric = layout[place];
    if (Number.isNaN(observedAt) || metric === undefined) continue;
    yield {
      device,
      coop,
      site,
      kind,
      metric,
      observedAt,
      receivedAt: numbers[at + RECEIVED_AT] ?? Number.NaN,
      value: numbers[at + VALUE] ?? Number.NaN,
      quality: QUALITIES[numbers[at + QUALITY] ?? 0] ?? 'good',
    };
  }
}
