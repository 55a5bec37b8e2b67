import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type Banner, chooseBanner } from '../domain/banner.ts';
import { routeHref } from '../domain/route.ts';
import { countStates, type SiteState } from '../domain/site-state.ts';
import { storeNotice } from '../domain/store.ts';
import { Ago } from '../parts/ago.tsx';
import { PlainIcon, StateIcon } from '../parts/icons.tsx';
import { everyQuarter } from '../state/clock.ts';
import { heardAt, sites, streamState } from '../state/farm.ts';
import { format, local, steps, texts } from '../state/language.ts';
import { lookAtStore, store } from '../state/store.ts';

/** A line that drops for less than this is no news: phones change cells all day. */
const OFFLINE_AFTER_MS = 6_000;

/** True once the stream has been down long enough to say so. */
function useOffline(): boolean {
  const [offline, setOffline] = useState(false);
  const live = streamState.value === 'live';
  useEffect(() => {
    if (live) return setOffline(false);
    const timer = setTimeout(() => setOffline(true), OFFLINE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [live]);
  return offline;
}

const ICONS: Record<Banner['tone'], SiteState> = {
  good: 'good',
  waiting: 'waiting',
  attention: 'attention',
  silent: 'silent',
  danger: 'danger',
  offline: 'silent',
};

function headline({ tone, site }: Banner): string {
  const words = texts.value.banner;
  if (tone === 'offline') return words.offline;
  if (tone === 'good' || site === null) return tone === 'good' ? words.good : words.waiting;
  if (tone === 'danger') return words.danger(site.name);
  return tone === 'silent' ? words.silent(site.name) : words.attention(site.name);
}

/** What is wrong there, with the number: `Oxy thấp: 2,8 mg/L (an toàn ≥ 4,0)`. */
function detail({ tone, site, alert }: Banner): string {
  const words = texts.value;
  if (tone === 'good') return words.banner.goodDetail(countStates(sites.value).good);
  if (site === null) return words.banner.waitingDetail;
  const focus = site.focus;
  const what = alert === null ? '' : local(alert.title);
  if (focus === null || focus.stale || tone === 'silent') return what;
  const { metric, reading } = focus;
  const value = format.value.quantity(reading.value, metric.decimals, metric.unit);
  const said = words.banner.reading(what || local(metric.label), value);
  if (metric.safe === null) return said;
  const safe = words.card.safe(format.value.range(metric.safe, metric.decimals)).toLowerCase();
  // Kept on one line: a limit torn from its sign is misread.
  return `${said} (${safe.replaceAll(' ', '\u00a0')})`;
}

/** One line when history is down or behind: charts lack something that is not lost. */
function HistoryLine(): JSX.Element | null {
  const now = everyQuarter.value;
  useEffect(() => void lookAtStore(), [now]);
  const notice = storeNotice(store.value);
  if (notice === null) return null;
  const words = texts.value.banner;
  const behind = format.value.number(store.value?.behind ?? 0, 0);
  return (
    <p class="banner-history" role="status">
      {notice === 'down' ? words.historyDown : words.historyBehind(behind)}
    </p>
  );
}

export function StatusBanner(): JSX.Element {
  const offline = useOffline();
  const banner = chooseBanner(sites.value, !offline);
  const words = texts.value.banner;
  const { tone, alert, more } = banner;
  const step = tone === 'offline' || alert === null ? undefined : steps(alert.advice)[0];
  return (
    <section class="banner" data-tone={tone}>
      <StateIcon state={ICONS[tone]} class="banner-icon" />
      <div class="banner-body">
        <div role="status" aria-live={tone === 'danger' ? 'assertive' : 'polite'}>
          <p class="banner-title">{headline(banner)}</p>
          {tone !== 'offline' && <p class="banner-detail">{detail(banner)}</p>}
        </div>
        {tone === 'offline' && (
          <p class="banner-detail">
            <Ago at={heardAt.value} text={words.offlineDetail} />
          </p>
        )}
        {step !== undefined && (
          <p class="banner-step">
            <strong>{words.doNow}</strong> {step}
          </p>
        )}
        {more > 0 && tone !== 'offline' && <p class="banner-more">{words.more(more)}</p>}
        {tone !== 'offline' && <HistoryLine />}
      </div>
      {alert !== null && tone !== 'offline' && (
        <a class="button banner-link" href={routeHref('alerts', { id: alert.id })}>
          {words.seeAlert}
          <PlainIcon name="arrow" />
        </a>
      )}
    </section>
  );
}
