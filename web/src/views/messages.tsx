import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { TimelineEvent, WirePage } from '../api/types.ts';
import type { WireDelivery } from '../api/work-types.ts';
import { toMs } from '../domain/instant.ts';
import { routeHref } from '../domain/route.ts';
import { severityState } from '../domain/site-state.ts';
import { Problem } from '../parts/form.tsx';
import { StatePill } from '../parts/state-pill.tsx';
import { everyQuarter } from '../state/clock.ts';
import { format, texts } from '../state/language.ts';
import { api } from '../state/session.ts';
import { useLoaded, useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { channelTitle, type PeopleKnown } from './person-card.tsx';

const PAGE = 50;
const TONES: Readonly<Partial<Record<WireDelivery['state'], string>>> = {
  delivered: 'good',
  dead: 'danger',
};

/** What a message tells; news of a kind this page does not know yet is shown by its own name. */
function eventWord(event: string): string {
  if (event === 'digest') return workTexts.value.people.digestMessage;
  const { events } = texts.value.alerts;
  if (event === 'ended') return events.resolved;
  return Object.hasOwn(events, event) ? events[event as TimelineEvent] : event;
}

function Message(
  props: PeopleKnown & { delivery: WireDelivery; onRetried: (now: WireDelivery) => void },
): JSX.Element {
  const { delivery, people, channels, onRetried } = props;
  const { busy, problem, run } = useWork();
  const words = workTexts.value.people;
  const time = (at: WireDelivery['dueAt']): string =>
    format.value.shortTime(toMs(at), everyQuarter.value);
  const who = people.find(({ id }) => id === delivery.person)?.name ?? delivery.person;
  const { state, severity, alert } = delivery;
  const retry = (): Promise<boolean> =>
    run(async () => {
      const path = `/notifications/${encodeURIComponent(delivery.id)}/retry`;
      onRetried(await api.send<WireDelivery>('POST', path));
    });
  return (
    <article class="panel">
      <div class="row-head">
        <StatePill state={severityState(severity)} word={texts.value.severity[severity]} />
        <strong class="said" data-tone={TONES[state]}>
          {words.delivery[state]}
        </strong>
      </div>
      <p>
        <strong>{who}</strong> · {channelTitle(channels, delivery.channel)} ·{' '}
        {eventWord(delivery.event)}
      </p>
      <p class="soft">
        {time(delivery.createdAt)} · {words.attempts(delivery.attempts)}
        {state === 'waiting' && ` · ${words.due(time(delivery.dueAt))}`}
      </p>
      {delivery.answer !== null && <p>{words.answered(delivery.answer)}</p>}
      {delivery.reason !== null && <p class="soft">{delivery.reason}</p>}
      <Problem text={problem.value} />
      <div class="actions">
        {alert !== null && (
          <a class="button" href={routeHref('alerts', { id: alert })}>
            {texts.value.banner.seeAlert}
          </a>
        )}
        {(state === 'dead' || state === 'waiting') && (
          <button type="button" class="button" disabled={busy.value} onClick={() => void retry()}>
            {words.retry}
          </button>
        )}
      </div>
    </article>
  );
}

/** Messages on their way and those given up, newest first. */
export function MessagesTab(known: PeopleKnown): JSX.Element {
  const deadOnly = useSignal(false);
  const query = `/notifications?limit=${PAGE}${deadOnly.value ? '&state=dead' : ''}`;
  const { value, problem, reload } = useLoaded(
    async () => (await api.get<WirePage<WireDelivery>>(query)).items,
    query,
  );
  const words = workTexts.value.people;
  const filter = (text: string, dead: boolean): JSX.Element => (
    <button
      type="button"
      class="chip"
      aria-pressed={deadOnly.value === dead}
      onClick={() => {
        deadOnly.value = dead;
      }}
    >
      {text}
    </button>
  );
  return (
    <div class="rows">
      <div class="actions">
        {filter(words.everyMessage, false)}
        {filter(words.deadOnly, true)}
      </div>
      <Problem text={problem} />
      {value?.length === 0 && <p class="soft">{words.noMessages}</p>}
      {value?.map((delivery) => (
        <Message key={delivery.id} {...known} delivery={delivery} onRetried={() => void reload()} />
      ))}
    </div>
  );
}
