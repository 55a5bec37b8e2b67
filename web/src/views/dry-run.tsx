import type { JSX } from 'preact';
import type { WireDryRun } from '../api/work-types.ts';
import { placeName } from '../domain/farm.ts';
import { toMs } from '../domain/instant.ts';
import { severityState } from '../domain/site-state.ts';
import { StateIcon } from '../parts/icons.tsx';
import { farm } from '../state/farm.ts';
import { format, texts } from '../state/language.ts';
import { workTexts } from '../state/work-texts.ts';

/** As many as a person reads; the count says the rest. */
const SHOWN = 20;

type Interval = WireDryRun['intervals'][number];

function IntervalLine({ interval }: { interval: Interval }): JSX.Element {
  const onset = toMs(interval.onset);
  const end = interval.end === null ? null : toMs(interval.end);
  const severity = interval.severities[interval.severities.length - 1]?.severity ?? 'warning';
  const site = farm.value.devices.get(interval.device)?.site ?? null;
  const lasted = end === null ? workTexts.value.rules.lasting : format.value.duration(end - onset);
  return (
    <li class="interval" data-state={severityState(severity)}>
      <StateIcon state={severityState(severity)} />
      <span>
        {texts.value.severity[severity]} ·{' '}
        <strong>{placeName(farm.value, site, interval.device)}</strong> ·{' '}
        {format.value.dateTime(onset)} · {lasted}
      </span>
    </li>
  );
}

/** What the numbers would have done, beside what those in force did. */
export function DryRunAnswer({ answer }: { answer: WireDryRun }): JSX.Element {
  const { figures, current, intervals, remarks } = answer;
  const words = workTexts.value.rules;
  const beside = (then: number, now: number | undefined): string =>
    now === undefined ? String(then) : `${then} (${words.now} ${now})`;
  const newest = [...intervals].sort((a, b) => toMs(b.onset) - toMs(a.onset));
  const more = answer.more + Math.max(0, intervals.length - SHOWN);
  return (
    <section class="rows" role="status">
      <div class="said">
        <p>
          <strong>{words.wakings(figures.wakings)}</strong>
        </p>
        <p>{current === null ? words.nothingToCompare : words.against(current.wakings)}</p>
      </div>
      {remarks.map((remark) => (
        <p key={remark} class="soft">
          {remark}
        </p>
      ))}
      <dl class="figures">
        <div>
          <dt>{words.alerts}</dt>
          <dd>{beside(figures.alerts, current?.alerts)}</dd>
        </div>
        <div>
          <dt>{words.notifications}</dt>
          <dd>{beside(figures.notifications, current?.notifications)}</dd>
        </div>
        <div>
          <dt>{words.worstNight}</dt>
          <dd>{beside(figures.worstNight, current?.worstNight)}</dd>
        </div>
      </dl>
      <p class="entry-label">{words.intervals}</p>
      {intervals.length === 0 && <p class="soft">{words.noInterval}</p>}
      <ul class="plain-list">
        {newest.slice(0, SHOWN).map((interval) => (
          <IntervalLine key={`${interval.device} ${interval.onset}`} interval={interval} />
        ))}
      </ul>
      {more > 0 && <p class="soft">{words.more(more)}</p>}
    </section>
  );
}
