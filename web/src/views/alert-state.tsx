import type { JSX } from 'preact';
import type { Alert } from '../domain/farm.ts';
import { routeHref } from '../domain/route.ts';
import { compareSeverities } from '../domain/site-state.ts';
import { TrendIcon } from '../parts/icons.tsx';
import { everyQuarter } from '../state/clock.ts';
import { format, texts } from '../state/language.ts';

/** Who looks after an alert, and why it calls nobody now. */
export function AlertState({ alert }: { alert: Alert }): JSX.Element {
  const words = texts.value.alerts;
  const { shelf, quiet, cause, outage, assignee } = alert;
  const time = (at: number): string => format.value.shortTime(at, everyQuarter.value);
  const over = alert.state === 'resolved';
  return (
    <>
      {assignee !== null && <p class="alert-state">{words.assignedTo(assignee)}</p>}
      {shelf !== null && !over && (
        <p class="alert-state">
          {words.shelved(time(shelf.until))}
          {shelf.reason !== '' && ` · ${shelf.reason}`}
        </p>
      )}
      {quiet !== null && !over && (
        <p class="alert-state">
          {words.quiet[quiet.reason]}
          {quiet.until !== null && ` · ${words.quietUntil(time(quiet.until))}`}
        </p>
      )}
      {cause !== null && (
        <p class="alert-state">
          <a href={routeHref('alerts', { id: cause })}>{words.seeCause}</a>
        </p>
      )}
      {outage !== null && <p class="alert-state">{words.outage[outage]}</p>}
    </>
  );
}

/** It got graver or milder since it began, and when. */
export function AlertMoved({ alert }: { alert: Alert }): JSX.Element | null {
  const words = texts.value;
  const [before, last] = alert.severities.slice(-2);
  if (before === undefined || last === undefined) return null;
  const time = format.value.shortTime(last.time, everyQuarter.value);
  const graver = compareSeverities(last.severity, before.severity) > 0;
  const from = words.severity[before.severity];
  return (
    <p class="alert-moved" data-graver={graver}>
      <TrendIcon trend={graver ? 'rising' : 'falling'} />
      {graver ? words.alerts.graver(time, from) : words.alerts.milder(time, from)}
    </p>
  );
}

/** Everything that became of an alert: its levels and its timeline. */
export function AlertHistory({ alert }: { alert: Alert }): JSX.Element {
  const words = texts.value;
  const time = (at: number): string => format.value.shortTime(at, everyQuarter.value);
  const moves = alert.severities.length > 1 ? alert.severities : [];
  return (
    <details class="alert-source">
      <summary>{words.alerts.history}</summary>
      {moves.length > 0 && (
        <ol class="alert-moves">
          {moves.map((step) => (
            <li key={`${step.time} ${step.severity}`}>
              {time(step.time)} · {words.severity[step.severity]}
            </li>
          ))}
        </ol>
      )}
      <ol class="alert-moves">
        {alert.timeline.map((line, index) => (
          <li key={`${line.at} ${index}`}>
            {time(line.at)} · {words.alerts.events[line.event]}
            {line.who !== null && ` · ${line.who}`}
            {line.note !== null && line.who !== null && ` · ${line.note}`}
          </li>
        ))}
      </ol>
    </details>
  );
}
