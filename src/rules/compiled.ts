import type { DeviceKind } from '../contracts/device-kind.ts';
import type { Rule, Severity } from '../contracts/rule.ts';

/** One series a rule reads: an observed metric of the device itself (null) or of another. */
export interface RuleInput {
  metric: string;
  device: string | null;
}

/** What was observed at one instant, by input; undefined for an input without a sample there. */
export interface Instant {
  time: number;
  values: readonly (number | undefined)[];
  /** A person doubts one of them: what is read here cannot end an alert. */
  isSuspect?: boolean;
}

/** What a rule says at an instant. A level that is neither is between its limit and its clear. */
export interface Reading {
  time: number;
  /** The value compared first, for evidence. */
  value: number;
  levels: readonly { beyond: boolean; cleared: boolean }[];
  beside?: Readonly<Record<string, number | string>>;
}

/** One severity of a rule with its durations; the mildest first. */
export interface RuleLevel {
  severity: Severity;
  /** 1: above is worse; -1: below is worse. */
  sign: 1 | -1;
  limit: number;
  forMs: number;
  clearMs: number;
}

/** What besides the observations decides what a rule says about a device. */
export interface RuleContext {
  kind: DeviceKind;
  /** Where local days, hours and seasons are. */
  timeZone: string;
  /** Local day of stocking or sowing of the device's site, or null. */
  startedOn: string | null;
}

/**
 * A threshold or combined rule in the form the machine reads. Its reading at an instant is a
 * function of the samples of its inputs in `(time - reachMs, time]` and of nothing else, so what is
 * kept of it can always be made again from that stretch of history.
 */
export interface CompiledRule {
  rule: Rule;
  unit: string | null;
  inputs: readonly RuleInput[];
  /** 0: the reading depends on its instant alone, and nothing is remembered. */
  reachMs: number;
  gapMs: number;
  levels: readonly RuleLevel[];
  /** The run of a device; one for all devices where nothing is remembered between two instants. */
  start(): RuleRun;
}

export interface RuleRun {
  /**
   * Takes the next instant in strictly ascending time, of all inputs together; null when the rule
   * is UNKNOWN there. A lone `spike` speaks of the instant before, at the time of this one.
   */
  push(instant: Instant): Reading | null;
}
