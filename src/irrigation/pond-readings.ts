import { MINUTE_MS } from '../base/local-clock.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { History, HistoryBlock } from '../contracts/history.ts';
import type { Registry } from '../contracts/registry.ts';
import type { OxygenSample, PondReadings } from './aeration-decision.ts';

export interface PondReadingsOptions {
  registry: Pick<Registry, 'find' | 'intervalSeconds'>;
  kinds: KindRegistry;
  history: Pick<History, 'query'>;
}

/** The metric a plan's sensor must have, and those that tell its saturation. */
export const OXYGEN = 'dissolved_oxygen';
const TEMPERATURE = 'water_temperature';
const SALINITY = 'salinity';
/** From dusk to three in the morning, with what lies before dusk and the time of a late report. */
const WINDOW_MS = 13 * 60 * MINUTE_MS;
/** What came since the last look, with reports that were late by so much. */
const RECENT_MS = 60 * MINUTE_MS;
/** Then all of it is read again: corrections, and what came later still. */
const WHOLE_EVERY_MS = 15 * MINUTE_MS;
/** Salinity and temperature move slowly beside oxygen. */
const BESIDE_MS = 120 * MINUTE_MS;
/** Fresh is what is younger than three reports, within these. */
const FRESH_INTERVALS = 3;
const FRESH_MIN_MS = 15 * MINUTE_MS;
const FRESH_MAX_MS = 90 * MINUTE_MS;
/** Readings of one sensor in the window: one every 10 s; the newest are kept. */
const SAMPLES_MAX = 4_680;

interface Held {
  /** By metric, ascending. */
  good: Map<string, OxygenSample[]>;
  /** Newest oxygen value that is not to be trusted, ms. */
  doubtfulAt: number;
  readAt: number;
  wholeAt: number;
}

/**
 * The last hours of the ponds' sensors, corrected as people read them. A history that cannot be
 * read leaves what is known, which grows old by itself.
 */
export class Ponds {
  readonly #options: PondReadingsOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: PondReadingsOptions) {
    this.#options = options;
  }

  /** Reads what is new of these devices, one query for each kind. Throws SERIES_UNAVAILABLE. */
  async refresh(devices: readonly string[], now: number): Promise<void> {
    const groups = new Map<string, { kind: string; isWhole: boolean; devices: string[] }>();
    for (const device of new Set(devices)) {
      const kind = this.#options.registry.find(device)?.kind;
      if (kind === undefined) continue;
      const held = this.#held.get(device);
      // A clock that was set back would wait for its old time to come again.
      const isWhole = held === undefined || Math.abs(now - held.wholeAt) >= WHOLE_EVERY_MS;
      const key = `${kind} ${isWhole}`;
      const group = groups.get(key) ?? { kind, isWhole, devices: [] };
      group.devices.push(device);
      groups.set(key, group);
    }
    for (const group of groups.values()) await this.#read(group, now);
  }

  /** Forgets every sensor but these. */
  keep(devices: readonly string[]): void {
    const kept = new Set(devices);
    for (const device of this.#held.keys()) if (!kept.has(device)) this.#held.delete(device);
  }

  of(device: string, now: number): PondReadings {
    const held = this.#held.get(device);
    const oxygen = held?.good.get(OXYGEN) ?? [];
    const newestOf = (metric: string): number | null => {
      const newest = held?.good.get(metric)?.at(-1);
      return newest !== undefined && now - newest.time <= BESIDE_MS ? newest.value : null;
    };
    return {
      oxygen,
      isDoubtful: (held?.doubtfulAt ?? -Infinity) > (oxygen.at(-1)?.time ?? -Infinity),
      temperatureC: newestOf(TEMPERATURE),
      salinity: newestOf(SALINITY),
      freshMs: this.#freshMs(device),
    };
  }

  /** How old what is known of a sensor is, by when it was read; Infinity before the first time. */
  readMsAgo(device: string, now: number): number {
    const held = this.#held.get(device);
    return held === undefined ? Infinity : Math.abs(now - held.readAt);
  }

  #freshMs(device: string): number {
    const { registry, kinds } = this.#options;
    const ofKind = kinds.get(registry.find(device)?.kind ?? '')?.intervalSeconds ?? 0;
    const seconds = registry.intervalSeconds(device) ?? ofKind;
    const wanted = FRESH_INTERVALS * seconds * 1_000;
    return Math.min(FRESH_MAX_MS, Math.max(FRESH_MIN_MS, wanted));
  }

  async #read(
    { kind, isWhole, devices }: { kind: string; isWhole: boolean; devices: string[] },
    now: number,
  ): Promise<void> {
    const known = this.#options.kinds.get(kind)?.metrics.map(({ name }) => name) ?? [];
    const metrics = [OXYGEN, TEMPERATURE, SALINITY].filter((name) => known.includes(name));
    const from = now - (isWhole ? WINDOW_MS : RECENT_MS);
    const read = new Map(devices.map((device) => [device, newReading()]));
    const query = {
      ...{ kind, metrics, filter: { devices }, from, to: now + RECENT_MS },
      ...({ order: 'ascending', values: 'corrected' } as const),
    };
    for await (const block of this.#options.history.query(query)) {
      const reading = read.get(block.device);
      if (reading !== undefined) add(reading, block);
    }
    for (const [device, reading] of read) {
      const before = this.#held.get(device);
      this.#held.set(device, {
        good: merged(isWhole ? undefined : before, reading, from),
        doubtfulAt: reading.doubtfulAt,
        readAt: now,
        wholeAt: isWhole ? now : (before?.wholeAt ?? now),
      });
    }
  }
}

type Reading = Pick<Held, 'good' | 'doubtfulAt'>;

function newReading(): Reading {
  return { good: new Map(), doubtfulAt: -Infinity };
}

/** Good are values under the device's own time that nobody doubted. */
function add(reading: Reading, { metric, times, columns, quality }: HistoryBlock): void {
  const samples = reading.good.get(metric) ?? [];
  reading.good.set(metric, samples);
  const values = columns[0];
  for (let row = 0; row < times.length; row++) {
    const time = times[row] ?? 0;
    const value = values?.[row] ?? Number.NaN;
    if (Number.isFinite(value) && (quality?.[row] ?? 'good') === 'good') {
      samples.push({ time, value });
    } else if (metric === OXYGEN) {
      reading.doubtfulAt = Math.max(reading.doubtfulAt, time);
    }
  }
}

function merged(before: Held | undefined, reading: Reading, from: number): Held['good'] {
  const good = new Map<string, OxygenSample[]>();
  for (const metric of new Set([...(before?.good.keys() ?? []), ...reading.good.keys()])) {
    const older = before?.good.get(metric)?.filter(({ time }) => time < from) ?? [];
    // A sensor that moved has a series for each place it stood on, one after the other.
    const newer = reading.good.get(metric)?.sort((left, right) => left.time - right.time) ?? [];
    good.set(metric, [...older, ...newer].slice(-SAMPLES_MAX));
  }
  return good;
}
