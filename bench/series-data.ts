import type { Observation } from '../src/contracts/observation.ts';
import type { SeriesBatch } from '../src/contracts/series.ts';

/** One metric of the made-up year: a level, a daily swing around it, and noise on top. */
interface Shape {
  name: string;
  level: number;
  swing: number;
  noise: number;
}

const SHAPES: readonly Shape[] = [
  { name: 'dissolved_oxygen', level: 5.6, swing: 1.9, noise: 0.3 },
  { name: 'water_temperature', level: 29.2, swing: 1.6, noise: 0.1 },
  { name: 'ph', level: 7.9, swing: 0.3, noise: 0.05 },
  { name: 'salinity', level: 15.5, swing: 0.4, noise: 0.2 },
  { name: 'conductivity', level: 25.3, swing: 0.7, noise: 0.4 },
  { name: 'orp', level: 310, swing: 25, noise: 8 },
  { name: 'battery_voltage', level: 3.8, swing: 0.2, noise: 0.02 },
];

export const SERIES_METRICS: readonly string[] = SHAPES.map((shape) => shape.name);
export const SERIES_KIND = 'pond-sensor';
export const SERIES_COOP = 'bench';
export const SERIES_STEP_MS = 300_000;

const DAY_MS = 86_400_000;

/** Uniform in [-1, 1), the same for the same three numbers (the mixer of MurmurHash3). */
function noiseAt(device: number, metric: number, step: number): number {
  let mixed = Math.imul(step ^ Math.imul(device + 1, 0x9e3779b1), 0x85ebca6b) ^ (metric << 24);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 31 - 1;
}

/** What a device measured at `time` (ms) for the metric at this place, to two decimals. */
export function seriesValue(device: number, metric: number, time: number): number {
  const { level, swing, noise } = SHAPES[metric] ?? { level: 0, swing: 0, noise: 0 };
  const phase = (2 * Math.PI * (time % DAY_MS)) / DAY_MS + device / 7;
  const step = Math.floor(time / SERIES_STEP_MS);
  const value = level + swing * Math.sin(phase) + noise * noiseAt(device, metric, step);
  return Math.round(value * 100) / 100;
}

export function seriesDevice(device: number): string {
  return `bench-${device + 1}`;
}

/** Two ponds have a site together. */
export function seriesSite(device: number): string {
  return `site-${Math.floor(device / 2) + 1}`;
}

export interface SeriesExtent {
  devices: number;
  /** Observed times (ms): `from` included, `to` excluded, a report every SERIES_STEP_MS. */
  from: number;
  to: number;
}

function observationAt(device: number, time: number, offset: number): Observation {
  const values: Record<string, number> = {};
  SERIES_METRICS.forEach((name, metric) => {
    values[name] = seriesValue(device, metric, time);
  });
  const source = {
    coop: SERIES_COOP,
    site: seriesSite(device),
    device: seriesDevice(device),
    kind: SERIES_KIND,
  };
  const receivedAt = time + 1_000;
  return { source, offset, index: 0, observedAt: time, receivedAt, quality: 'good', values };
}

/** Batches in the order of arrival, each of at most so many reports, one frame a report. */
export function* seriesBatches(extent: SeriesExtent, reportsMax: number): Generator<SeriesBatch> {
  let from = 0;
  let observations: Observation[] = [];
  for (let time = extent.from; time < extent.to; time += SERIES_STEP_MS) {
    for (let device = 0; device < extent.devices; device++) {
      observations.push(observationAt(device, time, from + observations.length));
      if (observations.length < reportsMax) continue;
      yield { from, next: from + observations.length, observations };
      from += observations.length;
      observations = [];
    }
  }
  if (observations.length > 0) yield { from, next: from + observations.length, observations };
}

/** The same reports as InfluxDB line protocol, times in ms; texts of at most so many lines. */
export function* seriesLines(extent: SeriesExtent, linesMax: number): Generator<string> {
  let lines: string[] = [];
  for (let time = extent.from; time < extent.to; time += SERIES_STEP_MS) {
    for (let device = 0; device < extent.devices; device++) {
      const tags = `coop=${SERIES_COOP},device=${seriesDevice(device)},site=${seriesSite(device)}`;
      const fields = SERIES_METRICS.map(
        (name, metric) => `${name}=${seriesValue(device, metric, time)}`,
      );
      lines.push(`${SERIES_KIND},${tags} ${fields.join(',')} ${time}`);
      if (lines.length < linesMax) continue;
      yield lines.join('\n');
      lines = [];
    }
  }
  if (lines.length > 0) yield lines.join('\n');
}
