import { signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Alert } from '../domain/farm.ts';
import { type Points, trendOf, withReading } from '../domain/points.ts';
import { SPARKLINE_STEP_SECONDS } from '../domain/range.ts';
import { routeHref } from '../domain/route.ts';
import type { SiteSummary, ValueInFocus } from '../domain/site-state.ts';
import { Ago } from '../parts/ago.tsx';
import { BatteryIcon, PlainIcon, StateIcon, TrendIcon } from '../parts/icons.tsx';
import { Quantity } from '../parts/quantity.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { StatePill } from '../parts/state-pill.tsx';
import { everyQuarter } from '../state/clock.ts';
import { farm } from '../state/farm.ts';
import { format, local, texts } from '../state/language.ts';
import { maintenanceOf } from '../state/maintenance.ts';
import { sparkline } from '../state/series.ts';

const NO_POINTS = signal<Points | null>(null);

/** Cards below the screen ask for nothing until they are scrolled to. */
function useSeen(): { ref: { current: HTMLElement | null }; seen: boolean } {
  const ref = useRef<HTMLElement>(null);
  const seen = useSignal(false);
  useEffect(() => {
    const card = ref.current;
    if (card === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) seen.value = true;
      },
      { rootMargin: '200px' },
    );
    observer.observe(card);
    return () => observer.disconnect();
  }, [seen]);
  return { ref, seen: seen.value };
}

/** The safe range, or the limit that an alert is about when the kind names no range. */
function limitText({ metric, device }: ValueInFocus, alerts: readonly Alert[]): string {
  const words = texts.value;
  if (metric.safe) return words.card.safe(format.value.range(metric.safe, metric.decimals));
  const alert = alerts.find((own) => own.metric === metric.name && own.device === device.id);
  if (alert === undefined) return words.card.noLimits;
  return `${words.alerts.limit} ${format.value.number(alert.limit, metric.decimals)}`;
}

interface FocusValueProps {
  focus: ValueInFocus;
  alerts: readonly Alert[];
  seen: boolean;
}

function FocusValue(props: FocusValueProps): JSX.Element {
  const { device, metric, reading, stale, outside } = props.focus;
  const words = texts.value;
  const points = (props.seen ? sparkline(device.id, metric) : NO_POINTS).value;
  const gauge = metric.shape === 'gauge';
  const trend =
    gauge && !stale && points !== null ? trendOf(points, reading, metric.decimals) : null;
  const drawn =
    gauge && points !== null ? withReading(points, reading, SPARKLINE_STEP_SECONDS) : points;
  return (
    <div class="focus" data-stale={stale} data-outside={outside && !stale}>
      <div class="focus-value">
        <p class="focus-label">{local(metric.label)}</p>
        <p class="focus-number">
          <Quantity value={reading.value} metric={metric} />
          {trend !== null && (
            <span class="trend" title={words.trend[trend]}>
              <TrendIcon trend={trend} />
              <span class="visually-hidden">{words.trend[trend]}</span>
            </span>
          )}
        </p>
        <p class="focus-safe">{limitText(props.focus, props.alerts)}</p>
      </div>
      <Sparkline
        points={drawn}
        metric={metric}
        label={metric.shape === 'count' ? words.card.lastFortnight : words.card.lastDay}
        now={everyQuarter.value}
      />
    </div>
  );
}

function Battery(props: { battery: ValueInFocus; low: boolean }): JSX.Element {
  const { reading, metric } = props.battery;
  const { low } = props;
  const words = texts.value.card;
  const volts = format.value.quantity(reading.value, 1, metric.unit);
  return (
    <span class="battery" data-low={low} title={words.battery}>
      <BatteryIcon low={low} />
      <span class="visually-hidden">{words.battery} </span>
      {low ? `${words.batteryLow} ${volts}` : volts}
    </span>
  );
}

function Age(props: { site: SiteSummary }): JSX.Element {
  const { focus, devices } = props.site;
  const words = texts.value.card;
  if (devices.length === 0) return <span>{words.noDevice}</span>;
  if (focus === null) return <span>{words.noReport}</span>;
  return (
    <span class="age" data-stale={focus.stale}>
      <PlainIcon name="clock" />
      <Ago at={focus.reading.observedAt} text={focus.stale ? words.tooOld : words.measured} />
      {focus.reading.quality === 'clock' && <span title={words.clockDoubt}>*</span>}
    </span>
  );
}

/** Somebody works there, so that nobody is called; its end is always said. */
function Work(props: { site: SiteSummary }): JSX.Element | null {
  const { id, coop } = props.site;
  const now = everyQuarter.value;
  const window = maintenanceOf({ site: id, coop }, now);
  if (window === undefined) return null;
  return (
    <p class="card-work">
      <PlainIcon name="tool" />
      {texts.value.card.maintenance(format.value.shortTime(window.until, now))}
    </p>
  );
}

/** The way to what its controllers move. */
function Motors(props: { site: SiteSummary }): JSX.Element | null {
  const { id, name, devices } = props.site;
  const { kinds } = farm.value;
  if (!devices.some(({ kind }) => (kinds.get(kind)?.actuator ?? null) !== null)) return null;
  const words = texts.value.card;
  return (
    <a
      class="card-control"
      href={routeHref('control', { site: id })}
      aria-label={words.controlOf(name)}
    >
      <PlainIcon name="valve" />
      {words.control}
    </a>
  );
}

export function SiteCard(props: { site: SiteSummary }): JSX.Element {
  const { site } = props;
  const { ref, seen } = useSeen();
  const { focus, battery, state } = site;
  const words = texts.value;
  // That nothing is heard is said by the state and the age already.
  const alert = site.alerts.find((own) => own.metric !== null);
  const device = focus?.device ?? site.devices[0];
  const href =
    device && routeHref('chart', { device: device.id, metric: focus?.metric.name ?? null });
  return (
    <article class="card" data-state={state} ref={ref}>
      <header class="card-head">
        <h3 class="card-name">
          {href === undefined ? (
            site.name
          ) : (
            <a href={href} aria-label={words.card.openChart(site.name)}>
              {site.name}
            </a>
          )}
        </h3>
        <StatePill state={state} word={words.state[state]} />
      </header>
      {focus !== null && <FocusValue focus={focus} alerts={site.alerts} seen={seen} />}
      {alert !== undefined && (
        <p class="card-alert">
          <StateIcon state={state === 'danger' ? 'danger' : 'attention'} />
          {local(alert.title)}
        </p>
      )}
      <Work site={site} />
      <Motors site={site} />
      <footer class="card-foot">
        <Age site={site} />
        {battery !== null && <Battery battery={battery} low={site.batteryLow} />}
      </footer>
    </article>
  );
}
