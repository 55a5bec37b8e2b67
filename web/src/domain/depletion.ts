import type { WireBalanceRow } from '../api/plant-types.ts';

export const CHART_WIDTH = 320;
export const CHART_HEIGHT = 140;
/** Left for the numbers of the axis and the days below. */
const LEFT = 34;
const BOTTOM = 24;

/** A small picture of a water balance: paths in the box of CHART_WIDTH by CHART_HEIGHT. */
export interface DepletionPicture {
  /** Missing water as measured, and as forecast from the last measured day on. */
  measured: string;
  forecast: string;
  limit: string;
  /** Rain and irrigation, from the ground up. */
  bars: Array<{ x: number; y: number; width: number; height: number }>;
  ticks: Array<{ y: number; mm: number }>;
  firstDay: string;
  lastDay: string;
  /** Where the forecast begins; null without one. */
  nowX: number | null;
}

/** Depletion grows downwards in the books; here more is higher, as what is to be given. */
export function depletionPicture(rows: readonly WireBalanceRow[]): DepletionPicture | null {
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined || rows.length < 2) return null;
  const most = Math.max(
    1,
    ...rows.flatMap(({ depletion, raw, rain, irrigation }) => [depletion, raw, rain + irrigation]),
  );
  const top = niceTop(most);
  const step = (CHART_WIDTH - LEFT) / (rows.length - 1);
  const x = (index: number): number => round(LEFT + index * step);
  const y = (mm: number): number => round((CHART_HEIGHT - BOTTOM) * (1 - mm / top) + 2);
  const path = (of: (row: WireBalanceRow) => number, from: number, to: number): string =>
    rows
      .slice(from, to)
      .map((row, index) => `${index === 0 ? 'M' : 'L'}${x(from + index)} ${y(of(row))}`)
      .join('');
  const forecastAt = rows.findIndex(({ isForecast }) => isForecast);
  const measuredTo = forecastAt === -1 ? rows.length : forecastAt;
  const width = round(Math.max(2, step * 0.5));
  return {
    measured: path(({ depletion }) => depletion, 0, measuredTo),
    forecast:
      forecastAt === -1
        ? ''
        : path(({ depletion }) => depletion, Math.max(0, forecastAt - 1), rows.length),
    limit: path(({ raw }) => raw, 0, rows.length),
    bars: rows.flatMap(({ rain, irrigation }, index) => {
      const mm = rain + irrigation;
      const height = round(y(0) - y(mm));
      return mm > 0 ? [{ x: x(index) - width / 2, y: y(mm), width, height }] : [];
    }),
    ticks: [0, top / 2, top].map((mm) => ({ y: y(mm), mm })),
    firstDay: first.day,
    lastDay: last.day,
    nowX: forecastAt === -1 ? null : x(forecastAt),
  };
}

function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 4, 5, 10].find((step) => step * power >= most) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
