import type { Alert, EvidenceSample, SeverityStep } from './alert.ts';
import type { Localized } from './localized.ts';
import type { Rule, RuleVersion } from './rule.ts';

/** A rule as people see it: what it says, where it comes from, and what it reads. */
export interface RuleInForce {
  rule: Rule;
  /** `kind`: shipped with a device kind; `saved`: written here, perhaps in place of one. */
  origin: 'kind' | 'saved';
  /** Devices it is judged for now, by cooperative; empty for one that matches none. */
  devices: ReadonlyMap<string, number>;
}

/** The rules of this instance, to read and to change. */
export interface RuleDesk {
  list(): RuleInForce[];
  get(id: string): RuleInForce | undefined;
  /**
   * Throws RULE_INVALID with field and hint for a rule that cannot be: by itself, in place of the
   * one it would replace, or because it may not read another device that it names.
   */
  check(rule: Rule): void;
  /**
   * Saves the next version. Throws RULE_INVALID as `check` does; RULE_CONFLICT when `version` is
   * given and is not that of the rule in force, 0 when there is none; RULES_FULL.
   */
  save(rule: Omit<Rule, 'version'> & { version?: number }, by: string): Promise<RuleInForce>;
  /** Takes a saved rule back; false when there was none. */
  remove(id: string, by: string): Promise<boolean>;
  /** Newest first. */
  versions(id: string): Promise<RuleVersion[]>;
}

export interface DryRunRequest {
  rule: Rule;
  /** Devices it would be judged for, narrowed to these. */
  devices?: readonly string[];
  /** Devices of these cooperatives alone. */
  coops?: readonly string[];
  from: number;
  to: number;
}

/** One interval the rule would have found. */
export interface DryInterval {
  device: string;
  onset: number;
  end: number | null;
  severities: SeverityStep[];
  worst: number | null;
  samples: EvidenceSample[];
}

export interface DryRunFigures {
  /** Those that lasted at some time in the range. */
  alerts: number;
  /** Times it would have called somebody in the range: alerts that begin or get graver. */
  notifications: number;
  /** Those between 22:00 and 05:00 local time. */
  wakings: number;
  /** Wakings of the worst night, and the mean over the nights of the range. */
  worstNight: number;
  perNight: number;
  /** Seconds of event time under alert within the range. */
  seconds: number;
}

export interface DryRunAnswer {
  /** The range that was replayed: it ends now at the latest. */
  from: number;
  to: number;
  devices: number;
  /** Samples read in the range, each once. */
  samples: number;
  /** The first by onset; one that began before the range has its onset there. */
  intervals: DryInterval[];
  /** Further ones, that are counted in the figures and not listed. */
  more: number;
  figures: DryRunFigures;
  /** The same of the rule now in force under this id, when there is one. */
  current: DryRunFigures | null;
  /** What else should be known: no device matches, no data in the range. */
  remarks: Localized[];
}

/** How much a rule calls, and how often for nothing. */
export interface RuleNoise {
  rule: string;
  alerts: number;
  notifications: number;
  acknowledged: number;
  /** Over by themselves before anybody answered. */
  unanswered: number;
  wakings: number;
  /** Half of its alerts lasted less than this. */
  medianSeconds: number | null;
  flapping: number;
}

export interface RuleTrials {
  /**
   * Replays a rule over history, and the one in force beside it; nothing is kept. Throws
   * RULE_INVALID, RANGE_EMPTY, DRY_RUN_TOO_LARGE with what fits, DRY_RUN_BUSY, QUERY_CANCELLED, and
   * what reading history throws.
   */
  dryRun(request: DryRunRequest, signal?: AbortSignal): Promise<DryRunAnswer>;
  /** By rule, the noisiest first. Throws NOISE_TOO_LARGE for more alerts than it counts. */
  noise(
    alerts: AsyncIterable<Alert> | Iterable<Alert>,
    range: { from: number; to: number },
  ): Promise<RuleNoise[]>;
}
