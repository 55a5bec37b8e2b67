import type { KindRegistry, Metric } from '../../contracts/device-kind.ts';
import type { History } from '../../contracts/history.ts';
import type { Registry } from '../../contracts/registry.ts';
import type { RainPiece } from './world.ts';

/** What sensors in the field measured, as conditions ask for it. */
export interface FieldReadings {
  /** Rain a device counted, by its reports; null when it said nothing of rain in that time. */
  rain(device: string, time: { from: number; to: number }): Promise<RainPiece[] | null>;
  /** The newest soil moisture of a device, %; null when it said nothing since. */
  moisture(device: string, since: { from: number; to: number }): Promise<Moisture | null>;
}

export interface Moisture {
  /** Observed time, ms. */
  at: number;
  percent: number;
}

export interface FieldReadingsOptions {
  history: History;
  registry: Pick<Registry, 'find'>;
  kinds: KindRegistry;
}

/** The first report of a time tells of rain since one that lies before it: by then an hour. */
const FIRST_INTERVAL_MS = 3_600_000;

/** Field readings from history, corrected, by whatever kind of device measures them. */
export function createFieldReadings(options: FieldReadingsOptions): FieldReadings {
  return {
    async rain(device, { from, to }) {
      const isRain = ({ unit, shape, name }: Metric): boolean =>
        name.includes('rain') && unit === 'mm' && shape === 'count';
      const points = await pointsOf(options, { device, isWanted: isRain, from, to });
      if (points.length === 0) return null;
      return points.map(({ time, value }, index) => ({
        from: points[index - 1]?.time ?? time - FIRST_INTERVAL_MS,
        to: time,
        mm: value,
      }));
    },

    async moisture(device, { from, to }) {
      const isMoisture = ({ unit, name }: Metric): boolean =>
        name === 'soil_moisture' && unit === '%';
      const points = await pointsOf(options, { device, isWanted: isMoisture, from, to });
      const last = points.at(-1);
      return last === undefined ? null : { at: last.time, percent: last.value };
    },
  };
}

/** Points of the first metric of a device that is wanted, ascending. */
async function pointsOf(
  { history, registry, kinds }: FieldReadingsOptions,
  asked: { device: string; isWanted: (metric: Metric) => boolean; from: number; to: number },
): Promise<Array<{ time: number; value: number }>> {
  const { device, isWanted, from, to } = asked;
  const kind = registry.find(device)?.kind;
  const metric = kind === undefined ? undefined : kinds.get(kind)?.metrics.find(isWanted);
  if (kind === undefined || metric === undefined) return [];
  const points: Array<{ time: number; value: number }> = [];
  const blocks = history.query({
    ...{ kind, metrics: [metric.name], filter: { devices: [device] }, from, to },
    ...{ order: 'ascending', values: 'corrected' },
  });
  for await (const { times, columns } of blocks) {
    const values = columns[0];
    for (let row = 0; row < times.length; row++) {
      const value = values?.[row] ?? Number.NaN;
      if (Number.isFinite(value)) points.push({ time: times[row] ?? 0, value });
    }
  }
  // A device that moved has a series for each place, one after the other.
  return points.sort((a, b) => a.time - b.time);
}
