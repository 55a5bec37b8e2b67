import type { Severity } from '../api/types.ts';
import type { Trend } from '../domain/points.ts';
import type { RangeName } from '../domain/range.ts';
import type { SiteState } from '../domain/site-state.ts';

/** A count as text, by the language's own rule for plurals. */
export type Counted = (count: number) => string;
/** A sentence around a text. */
export type Around = (text: string) => string;

/** Every text of the page. A language that misses one does not compile. */
export interface Dictionary {
  nav: { home: string; alerts: string; charts: string; main: string };
  language: string;
  signOut: string;
  live: { on: string; connecting: string; off: string; updated: Around };
  state: Record<SiteState, string>;
  severity: Record<Severity, string>;
  trend: Record<Trend, string>;
  banner: {
    good: string;
    goodDetail: Counted;
    danger: Around;
    silent: Around;
    attention: Around;
    more: Counted;
    offline: string;
    offlineDetail: Around;
    waiting: string;
    waitingDetail: string;
    doNow: string;
    reading: (what: string, value: string) => string;
    seeAlert: string;
    historyDown: string;
    historyBehind: Around;
  };
  home: {
    title: string;
    search: string;
    places: Counted;
    nothingFound: Around;
    clearSearch: string;
    showMore: Counted;
    all: string;
  };
  card: {
    safe: Around;
    noLimits: string;
    measured: Around;
    tooOld: Around;
    noReport: string;
    noDevice: string;
    battery: string;
    batteryLow: string;
    lastDay: string;
    lastFortnight: string;
    openChart: Around;
    clockDoubt: string;
    on: string;
    off: string;
  };
  alerts: {
    title: string;
    open: string;
    acknowledged: string;
    resolved: string;
    noneOpen: string;
    noneOpenDetail: string;
    noneAcknowledged: string;
    noneResolved: string;
    since: string;
    lasts: Around;
    lasted: Around;
    worst: string;
    now: string;
    limit: string;
    silence: Around;
    whatToDo: string;
    source: string;
    acknowledge: string;
    acknowledging: string;
    acknowledgedBy: Around;
    chart: string;
  };
  chart: {
    title: string;
    device: string;
    metric: string;
    range: string;
    ranges: Record<RangeName, string>;
    low: string;
    mean: string;
    high: string;
    total: string;
    latest: string;
    empty: string;
    emptyDetail: string;
    loading: string;
    aggregated: Around;
    summed: Around;
    lastOf: Around;
    raw: string;
    thinned: string;
    safeBand: string;
    envelope: string;
    alertMark: string;
    download: Around;
    hint: string;
    pickDevice: string;
    bucket: Record<string, string>;
  };
  signIn: {
    title: string;
    lead: string;
    token: string;
    show: string;
    hide: string;
    submit: string;
    busy: string;
    wrong: string;
    tooOften: string;
    where: string;
    empty: string;
  };
  empty: {
    title: string;
    lead: string;
    stepCreate: string;
    created: string;
    stepReport: string;
    stepWatch: string;
    tokenNote: string;
    secretNote: string;
    copy: string;
    copied: string;
    waiting: string;
  };
  firstReport: Around;
  dismiss: string;
  error: {
    title: string;
    unreachable: string;
    forbidden: string;
    retry: string;
    failed: Around;
  };
  loading: string;
}
