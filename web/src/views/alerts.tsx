import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { AlertState, WireAlert, WirePage } from '../api/types.ts';
import { type Alert, readAlert } from '../domain/farm.ts';
import { routeHref } from '../domain/route.ts';
import { compareAlerts } from '../domain/site-state.ts';
import { StateIcon } from '../parts/icons.tsx';
import { farm, takeAlert } from '../state/farm.ts';
import { texts } from '../state/language.ts';
import { route } from '../state/route.ts';
import { api } from '../state/session.ts';
import { AlertCard } from './alert-card.tsx';

type Tab = 'open' | 'acknowledged' | 'resolved';
const TABS: readonly Tab[] = ['open', 'acknowledged', 'resolved'];

/** Resolved alerts are history: one page at a time, newest first. */
const RESOLVED_PAGE = 30;

function tabOf(state: string | undefined): Tab {
  return TABS.find((tab) => tab === state) ?? 'open';
}

function ongoing(tab: Tab): Alert[] {
  const states: readonly AlertState[] = tab === 'open' ? ['open'] : ['acknowledged', 'shelved'];
  return [...farm.value.alerts.values()]
    .filter((alert) => states.includes(alert.state))
    .sort(compareAlerts);
}

function Empty(props: { tab: Tab }): JSX.Element {
  const words = texts.value.alerts;
  const title = {
    open: words.noneOpen,
    acknowledged: words.noneAcknowledged,
    resolved: words.noneResolved,
  }[props.tab];
  return (
    <div class="nothing">
      <StateIcon state={props.tab === 'open' ? 'good' : 'waiting'} />
      <p class="nothing-title">{title}</p>
      {props.tab === 'open' && <p>{words.noneOpenDetail}</p>}
    </div>
  );
}

function Resolved({ first }: { first: Alert | null }): JSX.Element {
  const items = useSignal<Alert[] | null>(null);
  const next = useSignal<string | null>(null);
  const words = texts.value;
  const readPage = async (after: string | null): Promise<void> => {
    const query = new URLSearchParams({ state: 'resolved', limit: String(RESOLVED_PAGE) });
    if (after !== null) query.set('cursor', after);
    try {
      const page = await api.get<WirePage<WireAlert>>(`/alerts?${query}`);
      const before = after === null ? [] : (items.value ?? []);
      items.value = [...before, ...page.items.map(readAlert)];
      next.value = page.next ?? null;
    } catch {
      items.value ??= [];
    }
  };
  // When one more is over the list changes; how many are not over tells it cheaply.
  const lasting = farm.value.alerts.size;
  useEffect(() => void readPage(null), [lasting]);
  if (items.value === null) return <p class="loading">{words.loading}</p>;
  const others = items.value.filter(({ id }) => id !== first?.id);
  const shown = first === null ? others : [first, ...others];
  if (shown.length === 0) return <Empty tab="resolved" />;
  return (
    <>
      <div class="alerts">
        {shown.map((alert) => (
          <AlertCard key={alert.id} alert={alert} wanted={alert.id === first?.id} />
        ))}
      </div>
      {next.value !== null && (
        <button type="button" class="button show-more" onClick={() => void readPage(next.value)}>
          {words.home.showMore(RESOLVED_PAGE)}
        </button>
      )}
    </>
  );
}

/** Alerts this tab has said to have been read: each once. */
const seen = new Set<string>();

type Linked = { id: string; alert: Alert | null };

/** The alert a link leads to, also when it is over; to follow the link is to have seen it. */
function useLinked(id: string | undefined): Linked | null {
  const linked = useSignal<Linked | null>(null);
  const lasts = id !== undefined && farm.value.alerts.has(id);
  const follow = async (wanted: string): Promise<void> => {
    const path = `/alerts/${encodeURIComponent(wanted)}`;
    const isNew = !seen.has(wanted);
    seen.add(wanted);
    try {
      const answer = isNew
        ? await api.send<WireAlert>('POST', `${path}/see`)
        : await api.get<WireAlert>(path);
      takeAlert(answer);
      linked.value = { id: wanted, alert: readAlert(answer) };
    } catch {
      seen.delete(wanted);
      linked.value = { id: wanted, alert: null };
    }
  };
  useEffect(() => {
    if (id !== undefined && (!lasts || !seen.has(id))) void follow(id);
  }, [id, lasts]);
  if (id === undefined) return null;
  const known = farm.value.alerts.get(id);
  if (known !== undefined) return { id, alert: known };
  return linked.value?.id === id ? linked.value : null;
}

function tabOfAlert({ state }: Alert): Tab {
  return state === 'open' || state === 'resolved' ? state : 'acknowledged';
}

export function Alerts(): JSX.Element {
  const words = texts.value.alerts;
  const wanted = route.value.query['id'];
  const linked = useLinked(wanted);
  const target = linked?.alert ?? null;
  const tab = target === null ? tabOf(route.value.query['state']) : tabOfAlert(target);
  const list = useRef<HTMLDivElement>(null);
  const said = useSignal('');
  useEffect(() => {
    if (target === null) return;
    document.getElementById(`alert-${target.id}`)?.scrollIntoView({ block: 'center' });
  }, [target?.id]);
  const items = tab === 'resolved' ? [] : ongoing(tab);
  return (
    <>
      <h1>{words.title}</h1>
      <nav class="tabs" aria-label={words.title}>
        {TABS.map((name) => (
          <a
            key={name}
            class="tab"
            href={routeHref('alerts', { state: name })}
            aria-current={name === tab ? 'page' : undefined}
          >
            {words[name]}
            {name !== 'resolved' && <span class="count">{ongoing(name).length}</span>}
          </a>
        ))}
      </nav>
      <p class="visually-hidden" role="status">
        {said.value}
      </p>
      {wanted !== undefined && linked !== null && target === null && (
        <p class="problem" role="alert">
          {words.noSuch}
        </p>
      )}
      {tab === 'resolved' ? (
        <Resolved first={target} />
      ) : items.length === 0 ? (
        <Empty tab={tab} />
      ) : (
        <div class="alerts" ref={list} tabIndex={-1}>
          {items.map((alert) => (
            <AlertCard
              key={alert.id}
              alert={alert}
              wanted={alert.id === wanted}
              onAcknowledged={(who) => {
                // The card leaves this tab; the reader's place must not be lost with it.
                said.value = words.acknowledgedBy(who);
                list.current?.focus();
              }}
            />
          ))}
        </div>
      )}
    </>
  );
}
