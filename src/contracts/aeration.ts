import type { Reason } from './irrigation.ts';
import type { CoopFilter, Page, Paged } from './state.ts';

/** How the aerators of a pond are run by its oxygen. */
export interface AerationPlan {
  /** The pond. */
  site: string;
  coop: string;
  mode: 'auto' | 'propose' | 'manual';
  /** The device that measures dissolved oxygen. */
  sensor: string;
  aerators: readonly string[];
  /** Starts when oxygen, now or as projected for dawn, is below, mg/L. */
  startBelow: number;
  /** Ends once it was above for 30 minutes and dawn has passed; above `startBelow`. */
  stopAbove: number;
  /** Of all aerators together, kW: for what was saved or spent. */
  powerKw: number;
  /** Local times between which they run anyway, as before; what savings are counted against. */
  baseline: { from: string; to: string } | null;
}

/** What the plan says now. */
export interface AerationDecision {
  site: string;
  at: number;
  /** `keep`: nobody knows (stale, faulty): what runs goes on. */
  decision: 'start' | 'stop' | 'keep' | 'none';
  oxygen: number | null;
  /** As projected for dawn, mg/L; null with its reason among `reasons`. */
  projected: number | null;
  reasons: readonly Reason[];
  /** kWh since local midnight: run, by the baseline, and the difference (negative: spent more). */
  energy: { day: string; spent: number; baseline: number | null; saved: number | null };
}

export interface AerationRepository {
  list(filter: CoopFilter, page: Page): Promise<Paged<AerationPlan>>;
  all(): Promise<AerationPlan[]>;
  get(site: string): Promise<AerationPlan | undefined>;
  /** Inserts or replaces by site. Throws SITE_NOT_FOUND (also for a site of another coop). */
  save(plan: AerationPlan): Promise<void>;
  remove(site: string): Promise<boolean>;
}

/** Throws AERATION_INVALID. */
export interface Aeration {
  save(plan: AerationPlan, by: string): Promise<AerationPlan>;
  remove(site: string, by: string): Promise<boolean>;
  get(site: string): Promise<AerationPlan | undefined>;
  list(filter: CoopFilter, page: Page): Promise<Paged<AerationPlan>>;
  decision(site: string): Promise<AerationDecision | undefined>;
  /** Starts what is proposed. Throws AERATION_NOT_PROPOSED. */
  accept(site: string, by: string): Promise<AerationDecision>;
}
