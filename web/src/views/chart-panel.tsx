import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { WireAlert } from '../api/types.ts';
import { type Device, type Metric, placeName, readAlert } from '../domain/farm.ts';
import { type Points, summarizePoints } from '../domain/points.ts';
import {
  DOWNLOADS,
  downloadHref,
  isThinned,
  planSeries,
  type RangeName,
  type SeriesPlan,
} from '../domain/range.ts';
import { PlainIcon } from '../parts/icons.tsx';
import type { AlertSpan } from '../parts/plot.ts';
import { PlotView } from '../parts/plot-view.tsx';
import { Quantity } from '../parts/quantity.tsx';
import { serverNow } from '../state/clock.ts';
import { farm } from '../state/farm.ts';
import { format, local, texts } from '../state/language.ts';
import { fetchPoints } from '../state/series.ts';
import { api } from '../state/session.ts';

/** A chart that is looked at follows the device, at most this often. */
const REFRESH_MS = 20_000;

interface Drawn {
  plan: SeriesPlan;
  points: Points;
  alerts: readonly AlertSpan[];
}

export interface ChartPanelProps {
  device: Device;
  metric: Metric;
  range: RangeName;
}

async function fetchAlerts(
  device: Device,
  metric: Metric,
  options: { plan: SeriesPlan; signal: AbortSignal },
): Promise<AlertSpan[]> {
  const { from, to } = options.plan;
  const query = new URLSearchParams({
    device: device.id,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    limit: '500',
  });
  try {
    const alerts = await api.list<WireAlert>(`/alerts?${query}`, options.signal);
    return alerts
      .map(readAlert)
      .filter((alert) => alert.metric === null || alert.metric === metric.name)
      .map((alert) => ({ severity: alert.severity, from: alert.onset, to: alert.end ?? to }));
  } catch {
    // The curve is worth showing without its marks.
    return [];
  }
}

/** What to draw for these choices, read again when the device says something new. */
function useDrawn({ device, metric, range }: ChartPanelProps): {
  drawn: Drawn | null;
  failed: boolean;
} {
  const drawn = useSignal<Drawn | null>(null);
  const failed = useSignal(false);
  const { id, intervalSeconds } = device;
  const newest = farm.value.readings.get(id)?.get(metric.name)?.observedAt ?? 0;
  const refresh = Math.floor(newest / REFRESH_MS);
  useEffect(() => {
    drawn.value = null;
  }, [id, metric.name, range]);
  useEffect(() => {
    const aborter = new AbortController();
    const now = serverNow();
    const plan = planSeries({ range, shape: metric.shape, intervalSeconds, now });
    const options = { plan, signal: aborter.signal };
    Promise.all([fetchPoints(id, metric.name, options), fetchAlerts(device, metric, options)])
      .then(([points, alerts]) => {
        if (aborter.signal.aborted) return;
        drawn.value = { plan, points, alerts };
        failed.value = false;
      })
      .catch(() => {
        if (!aborter.signal.aborted) failed.value = true;
      });
    return () => aborter.abort();
  }, [id, metric.name, range, intervalSeconds, refresh]);
  return { drawn: drawn.value, failed: failed.value };
}

/** `33 %` of the time. */
function share(value: number): string {
  return format.value.quantity(value * 100, 0, '%');
}

function Figures(props: { drawn: Drawn; metric: Metric }): JSX.Element | null {
  const { drawn, metric } = props;
  const { points, plan } = drawn;
  const words = texts.value.chart;
  const summary = summarizePoints(points);
  if (summary === null) return null;
  const say = (value: number): string => format.value.quantity(value, metric.decimals, metric.unit);
  const low = { term: words.low, value: say(summary.low) };
  const mean = { term: words.mean, value: say(summary.mean) };
  const high = { term: words.high, value: say(summary.high) };
  const figures = {
    // Extremes alone do not tell what lies between them.
    gauge: isThinned(plan, points.times.length) ? [low, high] : [low, mean, high],
    total: [low, high],
    count: [
      { term: words.total, value: say(summary.sum) },
      { term: words.high, value: say(summary.high) },
    ],
    state: [{ term: texts.value.card.on, value: share(summary.mean) }],
  }[metric.shape];
  return (
    <dl class="figures">
      {figures.map(({ term, value }) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Legend(props: { drawn: Drawn; metric: Metric }): JSX.Element {
  const { drawn, metric } = props;
  const words = texts.value.chart;
  const { every, functions } = drawn.plan;
  const bucket = every === null ? '' : (words.bucket[every] ?? every);
  const enveloped = functions.includes('max');
  const averaged = functions.includes('mean') ? words.aggregated : words.lastOf;
  const title = functions.includes('sum') ? words.summed : averaged;
  const points = isThinned(drawn.plan, drawn.points.times.length) ? words.thinned : words.raw;
  return (
    <ul class="legend">
      <li data-mark="line">{every === null ? points : title(bucket)}</li>
      {enveloped && <li data-mark="envelope">{words.envelope}</li>}
      {metric.safe !== null && (
        <li data-mark="band">
          {words.safeBand} {format.value.range(metric.safe, metric.decimals)}
        </li>
      )}
      {drawn.alerts.length > 0 && <li data-mark="alert">{words.alertMark}</li>}
    </ul>
  );
}

function Readout(props: { points: Points; metric: Metric; index: number }): JSX.Element {
  const { points, metric, index } = props;
  const value = points.values[index] ?? null;
  const low = points.lows[index] ?? null;
  const high = points.highs[index] ?? null;
  if (value === null) return <p class="readout" />;
  const { number, dateTime } = format.value;
  return (
    <p class="readout">
      <b>
        {metric.shape === 'state' && value > 0 && value < 1 ? (
          `${texts.value.card.on} ${share(value)}`
        ) : (
          <Quantity value={value} metric={metric} />
        )}
      </b>
      {low !== null && high !== null && low !== high && (
        <span>
          {number(low, metric.decimals)}–{number(high, metric.decimals)}
        </span>
      )}
      <time>{dateTime(points.times[index] ?? Number.NaN)}</time>
    </p>
  );
}

function Curve(props: ChartPanelProps & { drawn: Drawn }): JSX.Element {
  const { device, metric, range, drawn } = props;
  const { points, plan, alerts } = drawn;
  const cursor = useSignal<number | null>(null);
  const words = texts.value.chart;
  const write = format.value;
  const { off, on } = texts.value.card;
  const options = useMemo(
    () => ({
      points,
      metric,
      from: plan.from,
      to: plan.to,
      alerts,
      bucketed: plan.every !== null,
      switchWords: [off, on] as const,
      format: write,
    }),
    [points, metric, plan, alerts, off, on, write],
  );
  const describe = (index: number): string => {
    const value = points.values[index] ?? null;
    const time = write.dateTime(points.times[index] ?? Number.NaN);
    return value === null
      ? time
      : `${time}: ${write.quantity(value, metric.decimals, metric.unit)}`;
  };
  const place = placeName(farm.value, device.site, device.id);
  return (
    <>
      <Readout points={points} metric={metric} index={cursor.value ?? points.values.length - 1} />
      <PlotView
        options={options}
        cursor={cursor}
        label={[local(metric.label), place, words.ranges[range]].join(', ')}
        describe={describe}
      />
      <Legend drawn={drawn} metric={metric} />
      <Figures drawn={drawn} metric={metric} />
    </>
  );
}

function Downloads(props: { device: Device; metric: Metric; plan: SeriesPlan }): JSX.Element {
  const { device, metric, plan } = props;
  const words = texts.value.chart;
  return (
    <div class="downloads">
      {DOWNLOADS.map(({ format: ending, name }) => (
        <a
          key={ending}
          class="button"
          href={downloadHref(device.id, metric.name, { plan, format: ending })}
          download
          aria-label={words.download(name)}
        >
          <PlainIcon name="download" />
          {name}
        </a>
      ))}
    </div>
  );
}

export function ChartPanel(props: ChartPanelProps): JSX.Element {
  const { device, metric } = props;
  const { drawn, failed } = useDrawn(props);
  const words = texts.value;
  const place = placeName(farm.value, device.site, device.id);
  const empty = drawn !== null && summarizePoints(drawn.points) === null;
  return (
    <section class="panel chart-panel">
      <header class="chart-head">
        <h2>
          {local(metric.label)} <span class="chart-place">{place}</span>
        </h2>
        {drawn !== null && !empty && (
          <Downloads device={device} metric={metric} plan={drawn.plan} />
        )}
      </header>
      {drawn === null && (
        <p class="plot-empty" role="status">
          {failed ? words.error.title : words.chart.loading}
        </p>
      )}
      {empty && (
        <div class="plot-empty">
          <p class="nothing-title">{words.chart.empty}</p>
          <p>{words.chart.emptyDetail}</p>
        </div>
      )}
      {drawn !== null && !empty && <Curve {...props} drawn={drawn} />}
      {drawn !== null && !empty && <p class="hint">{words.chart.hint}</p>}
    </section>
  );
}
