import { untracked, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { routeHref, type ViewName } from './domain/route.ts';
import { Ago } from './parts/ago.tsx';
import { Logo, PlainIcon } from './parts/icons.tsx';
import { LanguageSwitch } from './parts/language-switch.tsx';
import { lazyView } from './parts/lazy-view.tsx';
import {
  farm,
  firstReport,
  heardAt,
  loadError,
  loadState,
  reload,
  startFarm,
  stopFarm,
  streamState,
} from './state/farm.ts';
import { texts } from './state/language.ts';
import { route } from './state/route.ts';
import { forgetSparklines } from './state/series.ts';
import { resumeSession, session, signOut } from './state/session.ts';
import { Alerts } from './views/alerts.tsx';
import { Chart } from './views/chart.tsx';
import { Home } from './views/home.tsx';
import { SignIn } from './views/sign-in.tsx';
import { StopBanner } from './views/stop-banner.tsx';

const VIEWS: Record<ViewName, () => JSX.Element> = {
  home: Home,
  alerts: Alerts,
  chart: Chart,
  more: lazyView(async () => (await import('./views/more.tsx')).More),
  people: lazyView(async () => (await import('./views/people.tsx')).People),
  phone: lazyView(async () => (await import('./views/phone.tsx')).Phone),
  rules: lazyView(async () => (await import('./views/rules.tsx')).Rules),
  field: lazyView(async () => (await import('./views/field.tsx')).FieldWork),
  maintenance: lazyView(async () => (await import('./views/maintenance.tsx')).MaintenancePage),
  control: lazyView(async () => (await import('./views/control.tsx')).Control),
  programmes: lazyView(async () => (await import('./views/programmes.tsx')).Programmes),
  aeration: lazyView(async () => (await import('./views/aeration.tsx')).AerationPage),
  audit: lazyView(async () => (await import('./views/audit.tsx')).Audit),
};

const TABS = [
  { view: 'home', icon: 'home' },
  { view: 'alerts', icon: 'alerts' },
  { view: 'chart', icon: 'chart' },
  { view: 'more', icon: 'more' },
] as const;

/** The tab a view belongs to: what has none of its own is one of the rest. */
function tabOf(view: ViewName): ViewName {
  return TABS.find((tab) => tab.view === view)?.view ?? 'more';
}

function Navigation(): JSX.Element {
  const words = texts.value.nav;
  const labels = { home: words.home, alerts: words.alerts, chart: words.charts, more: words.more };
  const open = [...farm.value.alerts.values()].filter((alert) => alert.state === 'open').length;
  return (
    <nav class="navigation" aria-label={words.main}>
      {TABS.map(({ view, icon }) => (
        <a
          key={view}
          href={routeHref(view)}
          aria-current={tabOf(route.value.view) === view ? 'page' : undefined}
        >
          <PlainIcon name={icon} />
          <span>{labels[view]}</span>
          {view === 'alerts' && open > 0 && <span class="count count-open">{open}</span>}
        </a>
      ))}
    </nav>
  );
}

function LiveMark(): JSX.Element {
  const words = texts.value.live;
  const state = streamState.value;
  const word = state === 'live' ? words.on : state === 'connecting' ? words.connecting : words.off;
  return (
    <p class="live" data-state={state}>
      <span class="live-dot" />
      <span class="live-word">{word}</span>
      {loadState.value === 'ready' && (
        <span class="live-age">
          <Ago at={heardAt.value} text={words.updated} />
        </span>
      )}
    </p>
  );
}

function Header(): JSX.Element {
  const words = texts.value;
  return (
    <header class="header">
      <a class="brand" href={routeHref('home')}>
        <Logo />
        <span>Sluice</span>
      </a>
      <Navigation />
      <LiveMark />
      <LanguageSwitch />
      <button
        type="button"
        class="icon-button"
        title={words.signOut}
        aria-label={words.signOut}
        onClick={() => void signOut()}
      >
        <PlainIcon name="signOut" />
      </button>
    </header>
  );
}

function FirstReport(): JSX.Element | null {
  const device = firstReport.value;
  if (device === null) return null;
  return (
    <div class="notice" role="status">
      <PlainIcon name="check" />
      <p>{texts.value.firstReport(device)}</p>
      <button
        type="button"
        class="icon-button"
        aria-label={texts.value.dismiss}
        onClick={() => {
          firstReport.value = null;
        }}
      >
        <PlainIcon name="close" />
      </button>
    </div>
  );
}

function Failed(props: { onRetry: () => void; detail?: string | undefined }): JSX.Element {
  const words = texts.value.error;
  return (
    <div class="nothing" role="alert">
      <p class="nothing-title">{words.title}</p>
      <p>{props.detail ?? words.unreachable}</p>
      <button type="button" class="button primary" onClick={props.onRetry}>
        {words.retry}
      </button>
    </div>
  );
}

function Loading(): JSX.Element {
  return (
    <p class="loading" role="status">
      {texts.value.loading}
    </p>
  );
}

function Body(): JSX.Element {
  if (loadState.value === 'loading') return <Loading />;
  if (loadState.value === 'failed') {
    const problem = loadError.value;
    const detail = problem === null || problem.status === 0 ? undefined : problem.message;
    return <Failed detail={detail} onRetry={() => void reload()} />;
  }
  const View = VIEWS[route.value.view];
  return <View />;
}

export function App(): JSX.Element {
  useSignalEffect(() => {
    const signedIn = session.value.state === 'in';
    untracked(() => {
      if (signedIn) return startFarm();
      stopFarm();
      forgetSparklines();
    });
  });
  const { state } = session.value;
  if (state === 'out') return <SignIn />;
  if (state === 'unknown') return <Loading />;
  if (state === 'unreachable') return <Failed onRetry={() => void resumeSession()} />;
  return (
    <>
      <Header />
      <main class="main" id="main">
        <FirstReport />
        <StopBanner />
        <Body />
      </main>
    </>
  );
}
