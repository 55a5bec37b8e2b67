import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireAlert } from '../api/types.ts';
import {
  type Alert,
  hasCompanions,
  type Metric,
  metricOf,
  placeName,
  type Reading,
  readAlert,
  worstOf,
} from '../domain/farm.ts';
import { routeHref } from '../domain/route.ts';
import { isReadingStale } from '../domain/site-state.ts';
import { PlainIcon, severityState } from '../parts/icons.tsx';
import { StatePill } from '../parts/state-pill.tsx';
import { everyQuarter, everySecond } from '../state/clock.ts';
import { farm, takeAlert } from '../state/farm.ts';
import { format, local, steps, texts } from '../state/language.ts';
import { api, session } from '../state/session.ts';
import { AlertCare, problemText } from './alert-care.tsx';
import { AlertHistory, AlertState } from './alert-state.tsx';

function Lasting(props: { alert: Alert }): JSX.Element {
  const { onset, end } = props.alert;
  const words = texts.value.alerts;
  const until = end ?? everySecond.value;
  const duration = format.value.duration(until - onset);
  const since = format.value.shortTime(onset, everySecond.value);
  return (
    <p class="alert-since">
      {words.since} <time dateTime={new Date(onset).toISOString()}>{since}</time>
      {' · '}
      {end === null ? words.lasts(duration) : words.lasted(duration)}
    </p>
  );
}

function Fact(props: {
  term: string;
  children: JSX.Element | string;
  strong?: boolean;
}): JSX.Element {
  return (
    <div class="fact" data-strong={props.strong === true}>
      <dt>{props.term}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function isOld(deviceId: string, metric: Metric | undefined, reading: Reading): boolean {
  const device = farm.value.devices.get(deviceId);
  if (device === undefined || metric === undefined) return true;
  const { intervalSeconds } = device;
  return isReadingStale(reading, metric, { intervalSeconds, now: everyQuarter.value });
}

function Facts(props: { alert: Alert }): JSX.Element | null {
  const { alert } = props;
  const words = texts.value.alerts;
  if (alert.metric === null) {
    return <p class="alert-silence">{words.silence(format.value.duration(alert.limit * 1000))}</p>;
  }
  const metric = metricOf(farm.value, alert.device, alert.metric);
  const decimals = metric?.decimals ?? 1;
  const say = (value: number): string => format.value.quantity(value, decimals, alert.unit);
  const now = farm.value.readings.get(alert.device)?.get(alert.metric);
  const old = now !== undefined && isOld(alert.device, metric, now);
  const worst = worstOf(alert, now);
  return (
    <>
      <p class="alert-metric">{metric === undefined ? alert.metric : local(metric.label)}</p>
      <dl class="facts">
        {now !== undefined && alert.end === null && (
          <Fact term={old ? texts.value.chart.latest : words.now} strong={!old}>
            {say(now.value)}
          </Fact>
        )}
        {worst !== null && <Fact term={words.worst}>{say(worst)}</Fact>}
        <Fact term={words.limit}>{say(alert.limit)}</Fact>
      </dl>
    </>
  );
}

interface AcknowledgeProps {
  alert: Alert;
  onDone: (who: string) => void;
}

function Acknowledge({ alert, onDone }: AcknowledgeProps): JSX.Element {
  const busy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const words = texts.value.alerts;
  const acknowledge = async (): Promise<void> => {
    busy.value = true;
    problem.value = null;
    try {
      const path = `/alerts/${encodeURIComponent(alert.id)}/acknowledge`;
      const answer = await api.send<WireAlert>('POST', path, {});
      takeAlert(answer);
      onDone(readAlert(answer).acknowledgedBy ?? '');
    } catch (error) {
      problem.value = problemText(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      <button
        type="button"
        class="button primary"
        disabled={busy.value}
        onClick={() => void acknowledge()}
      >
        <PlainIcon name="check" />
        {busy.value ? words.acknowledging : words.acknowledge}
      </button>
      {problem.value !== null && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </>
  );
}

export interface AlertCardProps {
  alert: Alert;
  wanted?: boolean;
  onAcknowledged?: (who: string) => void;
}

export function AlertCard({ alert, wanted, onAcknowledged }: AlertCardProps): JSX.Element {
  const words = texts.value;
  const companion = hasCompanions(farm.value, alert.device);
  const device = farm.value.devices.get(alert.device);
  const place = placeName(farm.value, alert.site, alert.device);
  const advice = steps(alert.advice);
  const over = alert.state === 'resolved';
  const mayAnswer = session.value.state !== 'in' || session.value.role !== 'viewer';
  return (
    <article
      class="alert"
      id={`alert-${alert.id}`}
      data-state={over ? 'over' : severityState(alert.severity)}
      data-wanted={wanted === true}
    >
      <header class="alert-head">
        <StatePill state={severityState(alert.severity)} word={words.severity[alert.severity]} />
        <p class="alert-place">
          <strong>{place}</strong>
          {device !== undefined && companion && <span> · {device.name}</span>}
        </p>
      </header>
      <h2 class="alert-title">{local(alert.title)}</h2>
      <Lasting alert={alert} />
      <Facts alert={alert} />
      <AlertState alert={alert} />
      {advice.length > 0 && !over && (
        <section class="advice">
          <h3>{words.alerts.whatToDo}</h3>
          <ol>
            {advice.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </section>
      )}
      {alert.source !== '' && (
        <details class="alert-source">
          <summary>{words.alerts.source}</summary>
          <p>{alert.source}</p>
        </details>
      )}
      {alert.acknowledgedBy !== null && (
        <p class="alert-taken">
          <PlainIcon name="check" />
          {words.alerts.acknowledgedBy(alert.acknowledgedBy)}
        </p>
      )}
      <AlertHistory alert={alert} />
      <footer class="alert-foot">
        {alert.state === 'open' && mayAnswer && (
          <Acknowledge alert={alert} onDone={(who) => onAcknowledged?.(who)} />
        )}
        <a class="button" href={routeHref('chart', { device: alert.device, metric: alert.metric })}>
          <PlainIcon name="chart" />
          {words.alerts.chart}
        </a>
      </footer>
      {!over && mayAnswer && <AlertCare alert={alert} />}
    </article>
  );
}
