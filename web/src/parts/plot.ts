import uPlot from 'uplot';
import type { Severity } from '../api/types.ts';
import type { Metric } from '../domain/farm.ts';
import { type Format, TIME_ZONE } from '../domain/format.ts';
import type { Points } from '../domain/points.ts';

export interface AlertSpan {
  severity: Severity;
  from: number;
  to: number;
}

export interface PlotOptions {
  points: Points;
  metric: Metric;
  from: number;
  to: number;
  alerts: readonly AlertSpan[];
  /** The points are buckets that begin at their times. */
  bucketed: boolean;
  /** Words for 0 and 1 of a metric that is a state. */
  switchWords: readonly [off: string, on: string];
  format: Format;
  /** Called with the index of the point read, or null when the reader looks elsewhere. */
  onCursor: (index: number | null) => void;
}

export interface Plot {
  /** Puts the crosshair on a point. */
  show(index: number): void;
  destroy(): void;
}

const DAY_MS = 86_400_000;
const FONT = '14px Roboto, "Segoe UI", "Noto Sans", Arial, sans-serif';
/** Pixels between labels that do not crowd each other at 14 px. */
const LABEL_SPACE = { time: 76, value: 44 };
const ALERT_STRIP_PX = 6;
/** Shades narrower than this would stripe the chart of a year. */
const SHADE_FROM_PX = 8;

/** The colours of the page, read from its style so that light and dark stand in one place. */
function readColours(host: HTMLElement): Record<string, string> {
  const style = getComputedStyle(host);
  const names = [
    'line',
    'fill',
    'band',
    'band-edge',
    'grid',
    'text',
    'danger',
    'attention',
    'quiet',
  ];
  return Object.fromEntries(
    names.map((name) => [name, style.getPropertyValue(`--plot-${name}`).trim()]),
  );
}

function timeLabels(format: Format): uPlot.Axis.DynamicValues {
  return (_plot, splits, _axis, _space, step) =>
    splits.map((ms) => {
      if (step >= 28 * DAY_MS) return format.monthYear(ms);
      if (step >= DAY_MS) return format.dayMonth(ms);
      const time = format.time(ms);
      return time === '00:00' ? format.dayMonth(ms) : time;
    });
}

/** Room for the values, and for a limit that is near them. */
function valueRange(metric: Metric, low: number, high: number): [number, number] {
  let [bottom, top] = [low, high];
  if (metric.shape === 'state') return [-0.1, 1.1];
  const reach = Math.max(top - bottom, Math.abs(top) * 0.15, 10 ** -metric.decimals);
  for (const limit of [metric.safe?.min ?? null, metric.safe?.max ?? null]) {
    if (limit === null || limit < low - 2 * reach || limit > high + 2 * reach) continue;
    bottom = Math.min(bottom, limit);
    top = Math.max(top, limit);
  }
  const pad = (top - bottom) * 0.1 || reach;
  const floor = metric.shape === 'count' || (low >= 0 && bottom - pad < 0) ? 0 : bottom - pad;
  return [floor, top + pad];
}

function drawSafeBand(plot: uPlot, metric: Metric, colours: Record<string, string>): void {
  const { safe } = metric;
  if (safe === null) return;
  const { ctx, bbox } = plot;
  const edge = (value: number | null, otherwise: number): number =>
    value === null ? otherwise : plot.valToPos(value, 'y', true);
  const top = Math.max(edge(safe.max, bbox.top), bbox.top);
  const bottom = Math.min(edge(safe.min, bbox.top + bbox.height), bbox.top + bbox.height);
  if (bottom <= top) return;
  ctx.save();
  ctx.fillStyle = colours['band'] ?? '';
  ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  ctx.strokeStyle = colours['band-edge'] ?? '';
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  for (const y of [safe.max === null ? null : top, safe.min === null ? null : bottom]) {
    if (y === null) continue;
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
  }
  ctx.stroke();
  ctx.restore();
}

function drawAlerts(
  plot: uPlot,
  alerts: readonly AlertSpan[],
  colours: Record<string, string>,
): void {
  const { ctx, bbox } = plot;
  const right = bbox.left + bbox.width;
  ctx.save();
  for (const alert of alerts) {
    const from = Math.max(plot.valToPos(alert.from, 'x', true), bbox.left);
    const to = Math.min(plot.valToPos(alert.to, 'x', true), right);
    if (from > right || to < bbox.left) continue;
    const name = { critical: 'danger', warning: 'attention', info: 'quiet' }[alert.severity];
    ctx.fillStyle = colours[name] ?? '';
    const height = ALERT_STRIP_PX * devicePixelRatio;
    ctx.fillRect(from, bbox.top, Math.max(to - from, 3 * devicePixelRatio), height);
    if (to - from < SHADE_FROM_PX * devicePixelRatio) continue;
    ctx.globalAlpha = 0.09;
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
    ctx.globalAlpha = 1;
  }
  ctx.restore();
}

function seriesOf(options: PlotOptions, colours: Record<string, string>): uPlot.Series[] {
  const { metric, points } = options;
  const { bars, stepped } = uPlot.paths;
  const line = colours['line'] ?? '';
  const fill = colours['fill'] ?? '';
  const main: uPlot.Series = { stroke: line, width: 2, spanGaps: false };
  main.points = { show: points.times.length <= 60, size: 6, fill: line, stroke: line };
  if (metric.shape === 'count' && bars !== undefined) {
    main.paths = bars({ size: [0.7, 48], align: options.bucketed ? 1 : 0 });
    main.fill = line;
    main.points = { show: false };
  }
  if (metric.shape === 'state' && stepped !== undefined) {
    main.paths = stepped({ align: 1 });
    main.fill = fill;
    main.points = { show: false };
  }
  const edge: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } };
  return [{}, main, edge, { ...edge }];
}

function valueAxis(options: PlotOptions, look: uPlot.Axis): uPlot.Axis {
  const { metric, format, switchWords } = options;
  const axis: uPlot.Axis = {
    ...look,
    ticks: { show: false },
    space: LABEL_SPACE.value,
    size: (_plot, values) => 18 + 8 * Math.max(0, ...(values ?? []).map((value) => value.length)),
  };
  if (metric.shape === 'state') return { ...axis, splits: [0, 1], values: [...switchWords] };
  const values: uPlot.Axis.DynamicValues = (_plot, splits, _axis, _space, step) => {
    const decimals = step >= 1 ? 0 : Math.min(Math.ceil(-Math.log10(step)), 4);
    return splits.map((value) => format.number(value, decimals));
  };
  return { ...axis, values };
}

function uplotOptions(host: HTMLElement, options: PlotOptions): uPlot.Options {
  const { metric, format, from, to } = options;
  const colours = readColours(host);
  const text = colours['text'] ?? '';
  const grid = { stroke: colours['grid'] ?? '', width: 1 };
  return {
    width: host.clientWidth,
    height: host.clientHeight,
    ms: 1,
    tzDate: (ms) => uPlot.tzDate(new Date(ms), TIME_ZONE),
    legend: { show: false },
    padding: [12, 12, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 10 } },
    scales: {
      x: { min: from, max: to, range: [from, to] },
      y: { range: (_plot, low, high) => valueRange(metric, low ?? 0, high ?? 1) },
    },
    axes: [
      {
        stroke: text,
        font: FONT,
        grid,
        ticks: grid,
        space: LABEL_SPACE.time,
        size: 38,
        values: timeLabels(format),
      },
      valueAxis(options, { stroke: text, font: FONT, grid }),
    ],
    series: seriesOf(options, colours),
    bands: [{ series: [3, 2], fill: colours['fill'] ?? '' }],
    hooks: {
      drawClear: [(plot) => drawSafeBand(plot, metric, colours)],
      draw: [(plot) => drawAlerts(plot, options.alerts, colours)],
      setCursor: [(plot) => options.onCursor(plot.cursor.idx ?? null)],
    },
  };
}

/** Draws one series into `host`, which gives the size, and follows size and colour changes. */
export function drawPlot(host: HTMLElement, options: PlotOptions): Plot {
  const { times, values, lows, highs } = options.points;
  const data: uPlot.AlignedData = [times, values, lows, highs];
  let plot = new uPlot(uplotOptions(host, options), data, host);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const recolour = (): void => {
    plot.destroy();
    plot = new uPlot(uplotOptions(host, options), data, host);
  };
  dark.addEventListener('change', recolour);
  const resizer = new ResizeObserver(() => {
    if (host.clientWidth !== plot.width || host.clientHeight !== plot.height) {
      plot.setSize({ width: host.clientWidth, height: host.clientHeight });
    }
  });
  resizer.observe(host);
  // A finger drawn along the chart reads it like a mouse would.
  const follow = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') return;
    const box = plot.over.getBoundingClientRect();
    plot.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top });
  };
  host.addEventListener('pointermove', follow);
  host.addEventListener('pointerdown', follow);
  return {
    show(index) {
      const left = plot.valToPos(times[index] ?? Number.NaN, 'x');
      plot.setCursor({ left, top: plot.over.clientHeight / 2 });
    },
    destroy() {
      dark.removeEventListener('change', recolour);
      resizer.disconnect();
      host.removeEventListener('pointermove', follow);
      host.removeEventListener('pointerdown', follow);
      plot.destroy();
    },
  };
}
