import type { JSX } from 'preact';
import type { WireAlert } from '../api/types.ts';
import { type Alert, drawnMetric, hasCompanions, placeName, readAlert } from '../domain/farm.ts';
import { routeHref } from '../domain/route.ts';
import { severityState } from '../domain/site-state.ts';
import { EvidenceTag } from '../parts/evidence-tag.tsx';
import { Problem } from '../parts/form.tsx';
import { PlainIcon } from '../parts/icons.tsx';
import { StatePill } from '../parts/state-pill.tsx';
import { everySecond } from '../state/clock.ts';
import { farm, takeAlert } from '../state/farm.ts';
import { format, local, steps, texts } from '../state/language.ts';
import { api, session } from '../state/session.ts';
import { useWork } from '../state/work.ts';
import { AlertCare } from './alert-care.tsx';
import { Facts } from './alert-facts.tsx';
import { AlertHistory, AlertMoved, AlertState } from './alert-state.tsx';

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

interface AcknowledgeProps {
  alert: Alert;
  onDone: (who: string) => void;
}

function Acknowledge({ alert, onDone }: AcknowledgeProps): JSX.Element {
  const { busy, problem, run } = useWork();
  const words = texts.value.alerts;
  const acknowledge = (): Promise<boolean> =>
    run(async () => {
      const path = `/alerts/${encodeURIComponent(alert.id)}/acknowledge`;
      const answer = await api.send<WireAlert>('POST', path, {});
      takeAlert(answer);
      onDone(readAlert(answer).acknowledgedBy ?? '');
    });
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
      <Problem text={problem.value} />
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
  const drawn = drawnMetric(farm.value, alert.device, alert.metric);
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
      <AlertMoved alert={alert} />
      <Facts alert={alert} />
      <AlertState alert={alert} />
      {alert.advises !== 'act' && (
        <p class="alert-advises" data-advises={alert.advises}>
          {words.alerts.advises[alert.advises]}
        </p>
      )}
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
          <summary>
            {words.alerts.source}
            {alert.evidence !== null && <EvidenceTag evidence={alert.evidence} />}
          </summary>
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
        <a class="button" href={routeHref('chart', { device: alert.device, metric: drawn })}>
          <PlainIcon name="chart" />
          {words.alerts.chart}
        </a>
      </footer>
      {!over && mayAnswer && <AlertCare alert={alert} />}
    </article>
  );
}
