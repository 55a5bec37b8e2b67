import { describe, expect, it } from 'vitest';
import type { WireSeries } from '../../web/src/api/types.ts';
import { readPoints, summarizePoints, trendOf, withReading } from '../../web/src/domain/points.ts';
import {
  DOWNLOADS,
  downloadHref,
  isThinned,
  planSeries,
  planSparkline,
  RANGE_NAMES,
  type SeriesPlan,
  seriesPath,
} from '../../web/src/domain/range.ts';
import { drawSparkline } from '../../web/src/domain/sparkline.ts';
import { storeNotice } from '../../web/src/domain/store.ts';
import { iso, MINUTE_MS, NOON } from './support.ts';

const UNIT_SECONDS: Record<string, number> = { m: 60, h: 3_600, d: 86_400, w: 604_800 };

function pointsOf(plan: SeriesPlan, intervalSeconds: number): number {
  const width =
    plan.every === null
      ? intervalSeconds
      : Number.parseInt(plan.every, 10) * (UNIT_SECONDS[plan.every.slice(-1)] ?? Number.NaN);
  return (plan.to - plan.from) / 1000 / width;
}

describe('what is asked for a range', () => {
  const gauge = { shape: 'gauge', intervalSeconds: 300, now: NOON } as const;

  it('is at most 800 points, whatever the range and the interval', () => {
    for (const range of RANGE_NAMES) {
      for (const intervalSeconds of [1, 5, 60, 300, 900, 3_600, 86_400]) {
        const plan = planSeries({ ...gauge, range, intervalSeconds });
        expect(pointsOf(plan, intervalSeconds)).toBeLessThanOrEqual(801);
      }
    }
  });

  it('is every measurement where that is few, else lowest, mean and highest', () => {
    expect(planSeries({ ...gauge, range: '24h' })).toMatchObject({ every: null });
    const week = planSeries({ ...gauge, range: '7d' });
    expect(week).toMatchObject({ every: '15m', functions: ['min', 'mean', 'max'] });
    expect(planSeries({ ...gauge, range: '30d' }).every).toBe('1h');
    expect(planSeries({ ...gauge, range: '1y' }).every).toBe('1d');
    expect(planSeries({ ...gauge, range: '24h', intervalSeconds: 5 }).every).toBe('2m');
  });

  it('is sums for counts, in few enough bars, and last values for meters', () => {
    const month = planSeries({ ...gauge, shape: 'count', intervalSeconds: 3_600, range: '30d' });
    expect(month).toMatchObject({ every: '1d', functions: ['sum'] });
    const meter = planSeries({ ...gauge, shape: 'total', range: '30d' });
    expect(meter.functions).toEqual(['last']);
  });

  it('is written as the API reads it', () => {
    const path = seriesPath('ao 1', 'ph', planSparkline('gauge', NOON));
    const query = new URLSearchParams(path.slice(path.indexOf('?')));
    expect(path).toMatch(/^\/series\?/);
    expect(Object.fromEntries(query)).toMatchObject({
      device: 'ao 1',
      metric: 'ph',
      every: '30m',
      fn: 'mean',
      from: iso(NOON - 86_400_000),
    });
    expect(seriesPath('a', 'b', planSeries({ ...gauge, range: '24h' }))).not.toContain('fn=');
  });
});

describe('a device that reports more often than it says', () => {
  const gauge = { shape: 'gauge', intervalSeconds: 300, now: NOON, range: '24h' } as const;

  it('sends no more points than can be drawn, and the chart says so', () => {
    const plan = planSeries(gauge);
    expect(seriesPath('a', 'b', plan)).toContain('points=1600');
    expect([isThinned(plan, 288), isThinned(plan, 1_600)]).toEqual([false, true]);
    const week = planSeries({ ...gauge, range: '7d' });
    expect(seriesPath('a', 'b', week)).not.toContain('points=');
    expect(isThinned(week, 1_600)).toBe(false);
  });

  it('loses no count and no switching to it', () => {
    for (const shape of ['count', 'state', 'total'] as const) {
      const plan = planSeries({ ...gauge, shape, intervalSeconds: 3_600 });
      expect([plan.every, plan.points]).toEqual([null, null]);
    }
  });
});

describe('a download', () => {
  it('is every measurement of the range, in each format', () => {
    const plan = planSeries({ shape: 'gauge', intervalSeconds: 300, now: NOON, range: '1y' });
    expect(plan.every).not.toBeNull();
    for (const { format } of DOWNLOADS) {
      const href = downloadHref('ao-1', 'ph', { plan, format });
      expect(href).toMatch(/^\/api\/v1\/series\?/);
      const query = new URLSearchParams(href.slice(href.indexOf('?')));
      expect(Object.fromEntries(query)).toEqual({
        device: 'ao-1',
        metric: 'ph',
        from: iso(NOON - 365 * 86_400_000),
        to: iso(NOON + 1),
        format,
      });
    }
  });
});

describe('the word on the store', () => {
  it('is said when it is down or well behind, and only then', () => {
    expect(storeNotice(null)).toBeNull();
    expect(storeNotice({ available: true, behind: 999 })).toBeNull();
    expect(storeNotice({ available: true, behind: 1_000 })).toBe('behind');
    expect(storeNotice({ available: false, behind: 0 })).toBe('down');
  });
});

function raw(rows: Array<[number, number | null]>): WireSeries {
  const written = rows.map(([minute, value]) => [iso(NOON + minute * MINUTE_MS), value]);
  return { device: 'd', metric: 'm', columns: ['time', 'value'], rows: written };
}

describe('points read from a series', () => {
  it('have a null where reports are missing', () => {
    const points = readPoints(
      [
        raw([
          [0, 1],
          [5, 2],
          [30, 3],
        ]),
      ],
      300,
    );
    expect(points.values).toEqual([1, 2, null, 3]);
    expect(points.times[2]).toBe(NOON + 10 * MINUTE_MS);
    expect(
      readPoints(
        [
          raw([
            [0, 1],
            [10, 2],
          ]),
        ],
        300,
      ).values,
    ).toEqual([1, 2]);
    expect(
      readPoints(
        [
          raw([
            [0, 1],
            [9_999, 2],
          ]),
        ],
        Number.POSITIVE_INFINITY,
      ).values,
    ).toEqual([1, 2]);
  });

  it('take each function from its own column', () => {
    const series = {
      device: 'd',
      metric: 'm',
      columns: ['time', 'max', 'min', 'mean'],
      rows: [[iso(NOON), 9, 1, 5]],
    };
    const points = readPoints([series], 300);
    expect([points.values, points.lows, points.highs]).toEqual([[5], [1], [9]]);
    expect(summarizePoints(points)).toEqual({ low: 1, mean: 5, high: 9, sum: 5, count: 1 });
  });

  it('join the parts of a device that moved between sites, in order of time', () => {
    const points = readPoints(
      [
        raw([
          [0, 1],
          [10, 3],
        ]),
        raw([[5, 2]]),
      ],
      300,
    );
    expect(points.values).toEqual([1, 2, 3]);
  });

  it('are none for an empty answer', () => {
    expect(readPoints([], 300).times).toEqual([]);
    expect(summarizePoints(readPoints([], 300))).toBeNull();
  });

  it('go on to the newest reading', () => {
    const points = readPoints(
      [
        raw([
          [0, 1],
          [5, 2],
        ]),
      ],
      300,
    );
    const next = withReading(points, { value: 4, observedAt: NOON + 9 * MINUTE_MS }, 300);
    expect(next.values).toEqual([1, 2, 4]);
    const far = withReading(points, { value: 4, observedAt: NOON + 60 * MINUTE_MS }, 300);
    expect(far.values).toEqual([1, 2, null, 4]);
    expect(withReading(points, { value: 9, observedAt: NOON }, 300)).toBe(points);
  });
});

describe('the arrow', () => {
  const points = readPoints(
    [
      raw([
        [0, 5],
        [60, 4.5],
        [120, 4],
      ]),
    ],
    3_600,
  );
  const at = (value: number) => ({ value, observedAt: NOON + 125 * MINUTE_MS });

  it('compares with about two hours before, beyond the sensor’s noise', () => {
    expect(trendOf(points, at(4), 1)).toBe('falling');
    expect(trendOf(points, at(5.2), 1)).toBe('rising');
    expect(trendOf(points, at(5.1), 1)).toBe('steady');
  });

  it('says nothing when there is nothing to compare with', () => {
    expect(trendOf(readPoints([], 300), at(4), 1)).toBeNull();
    const later = { value: 1, observedAt: NOON + 86_400_000 };
    expect(trendOf(points, later, 1)).toBeNull();
  });
});

describe('the small line', () => {
  const frame = { width: 100, height: 40, from: NOON, to: NOON + 60 * MINUTE_MS };

  it('breaks at gaps and ends at the newest point', () => {
    const points = readPoints(
      [
        raw([
          [0, 5],
          [5, 6],
          [40, 5],
          [60, 6],
        ]),
      ],
      600,
    );
    const shape = drawSparkline(points, { min: 4, max: null }, frame);
    expect(shape.path.match(/M/g)).toHaveLength(2);
    expect(shape.end?.x).toBe(96);
    expect(shape.band?.top).toBe(0);
  });

  it('is empty without values, and flat values stay inside', () => {
    expect(drawSparkline(readPoints([], 300), null, frame).path).toBe('');
    const flat = drawSparkline(
      readPoints(
        [
          raw([
            [0, 0],
            [5, 0],
          ]),
        ],
        300,
      ),
      null,
      frame,
    );
    expect(flat.end?.y).toBe(20);
  });

  it('stands counts on zero', () => {
    const bars = drawSparkline(
      readPoints(
        [
          raw([
            [0, 4],
            [30, 8],
          ]),
        ],
        1e9,
      ),
      null,
      {
        ...frame,
        bars: true,
      },
    );
    expect(bars.path.match(/M[\d.]+ 40V/g)).toHaveLength(2);
  });
});
