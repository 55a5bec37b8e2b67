import { expect } from 'vitest';
import { type DeviceKind, defineDeviceKind, type KindRegistry } from '#src/contracts/device-kind';
import type { Source } from '#src/contracts/frame';
import type { Observation, Quality } from '#src/contracts/observation';
import type {
  LatestValue,
  SeriesBatch,
  SeriesBlock,
  SeriesQuery,
  SeriesStore,
} from '#src/contracts/series';

const text = (words: string) => ({ vi: words, en: words, fr: words });

/** A kind made of nothing but its metrics. */
export function testKind(name: string, metrics: readonly string[]): DeviceKind {
  return defineDeviceKind({
    name,
    title: text(name),
    siteKind: 'pond',
    intervalSeconds: 300,
    metrics: metrics.map((metric) => ({
      name: metric,
      label: text(metric),
      unit: '1',
      min: -1e12,
      max: 1e12,
      decimals: 2,
      shape: 'gauge',
    })),
    rules: [],
    simulator: { idPrefix: 't', values: () => null },
  });
}

export const POND = testKind('test-pond', ['oxygen', 'ph', 'temperature', 'offset', 'quality']);
export const TRAP = testKind('test-trap', ['count', 'order']);
export const KINDS: KindRegistry = new Map([POND, TRAP].map((kind) => [kind.name, kind]));
export const ZONE = 'Asia/Ho_Chi_Minh';

/** 2026-03-02 00:00 in the instance's zone, a Monday. */
export const MONDAY = Date.parse('2026-03-01T17:00:00Z');
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Report {
  device: string;
  at: number;
  values: Record<string, number>;
  coop?: string;
  site?: string | null;
  kind?: string;
  receivedAt?: number;
  quality?: Quality;
}

let devices = 0;
/** A device no other test writes to. */
export const newDevice = (): string => `d-${++devices}`;

/** Writes reports as frames of a journal of its own: each gets the next offset. */
export class Journalist {
  next = 0;
  readonly store: SeriesStore;

  constructor(store: SeriesStore) {
    this.store = store;
  }

  batch(...reports: Report[]): SeriesBatch {
    const from = this.next;
    const observations = reports.map((report, place) => toObservation(report, from + place));
    this.next = from + reports.length;
    return { from, next: this.next, observations };
  }

  async write(...reports: Report[]): Promise<SeriesBatch> {
    const batch = this.batch(...reports);
    await this.store.write(batch);
    return batch;
  }
}

/** A store under test, and the journal that writes to it. */
export interface StoreScene {
  store: SeriesStore;
  journal: Journalist;
}

export function toObservation(report: Report, offset: number): Observation {
  const { device, at, values } = report;
  const source: Source = {
    coop: report.coop ?? 'coop',
    site: report.site === undefined ? 'site' : report.site,
    device,
    kind: report.kind ?? POND.name,
  };
  const receivedAt = report.receivedAt ?? at + 1_000;
  const quality = report.quality ?? 'good';
  return { source, offset, index: 0, observedAt: at, receivedAt, quality, values };
}

export const EVER = { from: Date.parse('2000-01-01'), to: Date.parse('2100-01-01') };

export function query(change: Partial<SeriesQuery>): SeriesQuery {
  return {
    kind: POND.name,
    metrics: ['oxygen'],
    filter: {},
    ...EVER,
    order: 'ascending',
    ...change,
  };
}

/** All blocks, those of one series joined; fails when they come mixed. */
export async function collect(blocks: AsyncIterable<SeriesBlock>): Promise<SeriesBlock[]> {
  const series: SeriesBlock[] = [];
  const seen = new Set<string>();
  for await (const block of blocks) {
    const key = JSON.stringify([block.coop, block.site, block.device, block.metric]);
    const last = series.at(-1);
    const same =
      last !== undefined &&
      JSON.stringify([last.coop, last.site, last.device, last.metric]) === key;
    if (!same) {
      if (seen.has(key)) throw new Error(`blocks of ${key} come mixed`);
      seen.add(key);
      series.push(block);
      continue;
    }
    series[series.length - 1] = {
      ...last,
      times: Float64Array.from([...last.times, ...block.times]),
      columns: last.columns.map((column, place) =>
        Float64Array.from([...column, ...(block.columns[place] ?? [])]),
      ),
      ...(last.quality && { quality: [...last.quality, ...(block.quality ?? [])] }),
    };
  }
  return series;
}

/** The points of the only series asked for as `[time, value, …]`. */
export async function points(store: SeriesStore, change: Partial<SeriesQuery>) {
  const series = await collect(store.query(query(change)));
  return series.flatMap((block) =>
    Array.from(block.times, (time, row) => [
      time,
      ...block.columns.map((column) => column[row] ?? Number.NaN),
    ]),
  );
}

export async function latestOf(store: SeriesStore, device: string): Promise<LatestValue[]> {
  const latest = (await store.latest()).filter((value) => value.device === device);
  return latest.sort((left, right) => left.metric.localeCompare(right.metric));
}

/** Equal but for what adding in another order makes of the last digits. */
export function expectClose(got: number | undefined, expected: number, what: string): void {
  if (got !== undefined && Number.isNaN(got) && Number.isNaN(expected)) return;
  const scale = Math.max(1, Math.abs(expected));
  const isClose = Math.abs((got ?? Number.NaN) - expected) <= 1e-9 * scale;
  expect(isClose, `${what}: ${got} instead of ${expected}`).toBe(true);
}
