import type { ComponentChildren, JSX } from 'preact';
import type { Trend } from '../domain/points.ts';
import type { SiteState } from '../domain/site-state.ts';

/** Drawn on a 24 × 24 grid with the colour of the text beside them; words carry the meaning. */
function Icon(props: { children: ComponentChildren; class?: string | undefined }): JSX.Element {
  return (
    <svg
      class={`icon ${props.class ?? ''}`}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2.2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {props.children}
    </svg>
  );
}

/** A shape of its own for each state, for those who do not see the colour. */
const STATE_SHAPES: Record<SiteState, JSX.Element> = {
  danger: (
    <>
      <path d="M8.2 2.8h7.6l5.4 5.4v7.6l-5.4 5.4H8.2l-5.4-5.4V8.2z" fill="currentColor" />
      <path d="M12 7.5v5.2M12 16.5v.1" stroke="var(--icon-hole)" />
    </>
  ),
  attention: (
    <>
      <path d="M12 3.5 21.5 20h-19z" fill="currentColor" />
      <path d="M12 10v4.2M12 17v.1" stroke="var(--icon-hole)" />
    </>
  ),
  silent: (
    <>
      <path d="M5 12.6a10 10 0 0 1 5-2.7M2 9a15 15 0 0 1 4.6-3M12 5a15 15 0 0 1 10 4M15.5 10.9a10 10 0 0 1 3.5 1.7M8.5 16.2a5 5 0 0 1 7 0M12 20v.1" />
      <path d="m4 3 16 18" />
    </>
  ),
  waiting: (
    <>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7v5.2l3.3 2" />
    </>
  ),
  empty: (
    <>
      <circle cx="12" cy="12" r="9" stroke-dasharray="3.2 3.2" />
      <path d="M12 8.5v7M8.5 12h7" />
    </>
  ),
  good: (
    <>
      <circle cx="12" cy="12" r="9.5" fill="currentColor" />
      <path d="m7.8 12.4 2.9 2.9 5.5-6" stroke="var(--icon-hole)" />
    </>
  ),
};

export function StateIcon(props: { state: SiteState; class?: string }): JSX.Element {
  return <Icon class={props.class}>{STATE_SHAPES[props.state]}</Icon>;
}

const TREND_SHAPES: Record<Trend, string> = {
  rising: 'M7 17 17 7M9 7h8v8',
  falling: 'M7 7l10 10M9 17h8V9',
  steady: 'M4 12h15M14 7l5 5-5 5',
};

export function TrendIcon(props: { trend: Trend }): JSX.Element {
  return (
    <Icon class="icon-trend">
      <path d={TREND_SHAPES[props.trend]} />
    </Icon>
  );
}

const PLAIN_SHAPES = {
  home: 'M3.5 11 12 4l8.5 7M6 9.5V20h12V9.5M10 20v-5.5h4V20',
  alerts: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.8 2H4.2zM10 21h4M12 5V3',
  chart: 'M4 4v16h16M7.5 15l3.6-4.5 3.2 2.7L19.5 7',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20 20',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.2l3.3 2',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6 6 18',
  signOut: 'M14 4H5v16h9M10 12h11M17.5 8.5 21 12l-3.5 3.5',
  download: 'M12 4v11M7.5 10.5 12 15l4.5-4.5M5 20h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  arrow: 'M9 5l7 7-7 7',
  more: 'M4 6.5h16M4 12h16M4 17.5h16',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.3 3.3 0 0 1 0 6M18 14.5a6 6 0 0 1 3.5 5.5',
  phone: 'M7 2.5h10v19H7zM11 18.5h2',
  rules: 'M4 7h10M18 7h2M4 17h4M12 17h8M14 4.5v5h4v-5zM8 14.5v5h4v-5z',
  field:
    'M12 21v-9M12 12c0-4 3-6.5 8-6.5 0 4.5-3 6.5-8 6.5zM12 16c0-3.5-2.5-5.5-7.5-5.5 0 3.8 2.8 5.5 7.5 5.5z',
  valve: 'M4 9l8 5-8 5zM20 9l-8 5 8 5zM12 14V6M8 5h8',
  drop: 'M12 3.5c3.6 4.4 6 7.4 6 10.5a6 6 0 0 1-12 0c0-3.1 2.4-6.1 6-10.5z',
  air: 'M3 9h10a3 3 0 1 0-3-3M3 13h15a3 3 0 1 1-3 3M3 17h7',
  list: 'M8 6.5h12M8 12h12M8 17.5h12M4 6.5h.01M4 12h.01M4 17.5h.01',
  tool: 'M14.5 6.5a4.5 4.5 0 0 1 5.6-3l-2.8 2.8 2.4 2.4 2.8-2.8a4.5 4.5 0 0 1-6 5.5L8 19.8a2 2 0 0 1-3-3z',
} as const;

export function PlainIcon(props: { name: keyof typeof PLAIN_SHAPES }): JSX.Element {
  return (
    <Icon>
      <path d={PLAIN_SHAPES[props.name]} />
    </Icon>
  );
}

/** A battery as full as it is; its level is said in words beside it. */
export function BatteryIcon(props: { low: boolean }): JSX.Element {
  return (
    <Icon>
      <path d="M3 8h15v8H3zM21 11v2" />
      <path d={props.low ? 'M6 11v2' : 'M6 11v2M9.5 11v2M13 11v2'} />
    </Icon>
  );
}

/** A sluice gate over water. */
export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 64 64" fill="none" stroke-linecap="round" aria-hidden="true">
      <path d="M18 12v24M46 12v24M18 21h28" stroke="currentColor" stroke-width="5.5" />
      <path
        d="M11 47c5-5.5 9.2-5.5 14 0s9 5.5 14 0 9-5.5 14 0"
        class="logo-water"
        stroke-width="5.5"
      />
    </svg>
  );
}
