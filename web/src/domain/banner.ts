import type { Alert } from './farm.ts';
import type { SiteState, SiteSummary } from './site-state.ts';

/** Is anything wrong, where, what now? */
export interface Banner {
  tone: 'good' | 'waiting' | 'attention' | 'silent' | 'danger' | 'offline';
  /** The worst place, when one needs a look. */
  site: SiteSummary | null;
  /** The alert that says what to do there. */
  alert: Alert | null;
  /** Other places that need a look. */
  more: number;
}

const NEEDS_A_LOOK: ReadonlySet<SiteState> = new Set(['danger', 'silent', 'attention']);

/** `sites` come worst first. Nothing is called good while the server cannot be heard. */
export function chooseBanner(sites: readonly SiteSummary[], reachable: boolean): Banner {
  const troubled = sites.filter((site) => NEEDS_A_LOOK.has(site.state));
  const worst = troubled[0] ?? null;
  const found = {
    site: worst,
    alert: worst?.alerts[0] ?? null,
    more: Math.max(troubled.length - 1, 0),
  };
  if (!reachable) return { tone: 'offline', ...found };
  if (worst !== null) return { tone: worst.state as Banner['tone'], ...found };
  const heard = sites.some((site) => site.state === 'good');
  return { tone: heard ? 'good' : 'waiting', ...found };
}
