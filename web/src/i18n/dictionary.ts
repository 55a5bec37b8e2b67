import type { Advises, Evidence, QuietReason, Severity, TimelineEvent } from '../api/types.ts';
import type { BesideWord } from '../domain/beside.ts';
import type { Trend } from '../domain/points.ts';
import type { RangeName } from '../domain/range.ts';
import type { SiteState } from '../domain/site-state.ts';

/** A count as text, by the language's own rule for plurals. */
export type Counted = (count: number) => string;
/** A sentence around a text. */
export type Around = (text: string) => string;
/** A sentence around two texts. */
export type AroundTwo = (first: string, second: string) => string;

/** Every text of the page. A language that misses one does not compile. */
export interface Dictionary {
  nav: { home: string; alerts: string; charts: string; more: string; main: string };
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
    control: string;
    controlOf: Around;
    maintenance: Around;
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
    shelve: Around;
    unshelve: string;
    shelved: Around;
    addNote: string;
    note: string;
    send: string;
    takeOver: string;
    assignedTo: Around;
    quiet: Record<QuietReason, string>;
    quietUntil: Around;
    seeCause: string;
    outage: Record<'link' | 'device', string>;
    history: string;
    events: Record<TimelineEvent, string>;
    chart: string;
    noSuch: string;
    graver: AroundTwo;
    milder: AroundTwo;
    advises: Record<Exclude<Advises, 'act'>, string>;
    between: AroundTwo;
    reaches: AroundTwo;
    beside: Record<BesideWord, string>;
    /** Words a derived metric says in place of a number. */
    told: Readonly<Record<string, string>>;
  };
  evidence: Record<Evidence, string>;
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
  stop: { stands: Around; by: AroundTwo; more: string };
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
