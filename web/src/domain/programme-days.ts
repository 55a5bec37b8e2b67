import type { WireRun } from '../api/plant-types.ts';
import { toMs } from './instant.ts';

const DAY_MS = 86_400_000;
/** Vietnam keeps one offset all year. */
const OFFSET_MS = 7 * 3_600_000;

export interface PreviewDay {
  /** Local midnight. */
  at: number;
  runs: readonly WireRun[];
}

/** Runs by local day, with the days on which there is none. */
export function previewDays(runs: readonly WireRun[], now: number, days: number): PreviewDay[] {
  const dayOf = (ms: number): number => Math.floor((ms + OFFSET_MS) / DAY_MS);
  const first = dayOf(now);
  return Array.from({ length: days }, (_, index) => ({
    at: (first + index) * DAY_MS - OFFSET_MS,
    runs: runs.filter(({ at }) => dayOf(toMs(at)) === first + index),
  }));
}

/** When the first of its pieces begins; its start where it has none. */
export function beginOf({ at, pieces }: WireRun): number {
  return Math.min(...pieces.map(({ from }) => toMs(from)), ...(pieces.length ? [] : [toMs(at)]));
}

export function secondsOf({ pieces }: WireRun): number {
  return pieces.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Start times as typed, `5:00, 17.30`, as `05:00`; null where one is no time. */
export function readTimes(typed: string): string[] | null {
  const times = typed.split(/[,;\s]+/).filter(Boolean);
  const read = times.map((time) => {
    const match = /^(\d{1,2})[:.h](\d{2})$/.exec(time);
    if (match === null) return null;
    const [hour, minute] = [Number(match[1]), Number(match[2])];
    if (hour > 23 || minute > 59) return null;
    return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  });
  const known = read.filter((time) => time !== null);
  return known.length === 0 || known.length < read.length ? null : known;
}
