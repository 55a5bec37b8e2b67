import type { CoopFilter, Page, Paged } from './state.ts';

/** One treatment with a pesticide, as somebody wrote it down. */
export interface Spray {
  id: string;
  coop: string;
  site: string;
  /** When it was done (ms). */
  at: number;
  product: string;
  /** Active ingredient, kg/ha; null when it is not known. */
  activeKgHa: number | null;
  /** Whole cost in VND a hectare; null when it is not known. */
  costPerHa: number | null;
  /** The alert that advised it, or null. */
  alert: string | null;
  note: string | null;
  who: string;
  recordedAt: number;
}

/** How many sprays were usual: declared by people, never computed from our own advice. */
export interface SprayBaseline {
  site: string;
  coop: string;
  /** Season it stands for, by its first and last local day, both belong. */
  from: string;
  to: string;
  sprays: number;
  /** VND a hectare and spray. */
  costPerHa: number;
  /** Active ingredient, kg a hectare and spray; null when it is not known. */
  activeKgHa: number | null;
  /** Own last season, paired neighbour, district mean. */
  source: string;
  /** Fields it was taken from. */
  fields: number;
  who: string;
  recordedAt: number;
}

export interface SprayLedgerLine {
  site: string;
  from: string;
  to: string;
  /** Alerts of rules that advise treatment, raised in the season. */
  advised: number;
  done: number;
  baseline: SprayBaseline | null;
  /** Baseline minus done; negative when more was sprayed. Null without a baseline. */
  avoided: number | null;
  /** VND a hectare, negative as it is; null without a baseline. */
  savedPerHa: number | null;
  /** Percent of the baseline, null for a baseline of none. */
  savedPercent: number | null;
  /** Active ingredient sprayed, kg/ha; null when one of the sprays does not say. */
  activeKgHa: number | null;
  /** kg/ha against the baseline, negative as it is; null when the baseline does not say. */
  savedActiveKgHa: number | null;
}

export interface SprayRepository {
  /** Newest first; done in [from, to). */
  list(
    filter: CoopFilter & { site?: string; from?: number; to?: number },
    page: Page,
  ): Promise<Paged<Spray>>;
  get(id: string): Promise<Spray | undefined>;
  /** Inserts or replaces by id. */
  save(spray: Spray): Promise<void>;
  remove(id: string): Promise<boolean>;
  /** By site and first day. */
  baselines(filter: CoopFilter & { site?: string }): Promise<SprayBaseline[]>;
  /** One for each site and first day: another takes its place. */
  saveBaseline(baseline: SprayBaseline): Promise<void>;
}

/** What a person measured or counted, of one device at one instant. */
export interface HandReport {
  device: string;
  observedAt: number;
  /** By metric, each within its range. Never empty. */
  values: Readonly<Record<string, number>>;
  /** The person or token. */
  who: string;
  note: string | null;
}

/** Takes what people say in place of a device. */
export interface HandReports {
  /** Latest time that is believed. */
  latestTime(): number;
  /**
   * Resolves when it is on disk; the same report twice equals once. Throws errors of the journal,
   * and DEVICE_NOT_FOUND.
   */
  record(report: HandReport): Promise<void>;
}
