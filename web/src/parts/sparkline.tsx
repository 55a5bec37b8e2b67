import type { JSX } from 'preact';
import type { Metric } from '../domain/farm.ts';
import type { Points } from '../domain/points.ts';
import { SPARKLINE_DAYS } from '../domain/range.ts';
import { drawSparkline } from '../domain/sparkline.ts';

const WIDTH = 132;
const HEIGHT = 48;
const DAY_MS = 86_400_000;

export interface SparklineProps {
  points: Points | null;
  metric: Metric;
  label: string;
  now: number;
}

export function Sparkline({ points, metric, label, now }: SparklineProps): JSX.Element {
  if (points === null) return <div class="sparkline" />;
  const from = now - SPARKLINE_DAYS[metric.shape] * DAY_MS;
  const bars = metric.shape === 'count';
  const frame = { width: WIDTH, height: HEIGHT, from, to: now, bars };
  const { path, band, end } = drawSparkline(points, metric.safe, frame);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {band && (
        <rect class="sparkline-band" x="0" y={band.top} width={WIDTH} height={band.height} />
      )}
      <path class={bars ? 'sparkline-bars' : 'sparkline-line'} d={path} />
      {end && !bars && <circle class="sparkline-end" cx={end.x} cy={end.y} r="3.2" />}
    </svg>
  );
}
