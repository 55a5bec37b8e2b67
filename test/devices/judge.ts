import type { DeviceKind } from '#src/contracts/device-kind';
import { chooseRules } from '#src/rules/choice';
import { compileRule } from '#src/rules/compile';
import { evaluate, instantsOf } from '#src/rules/evaluate';
import type { Rule, Severity } from '../../src/contracts/rule.ts';
import type { RuleContext } from '../../src/rules/compiled.ts';
import type { Interval } from '../../src/rules/interval.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** Midnight in Vietnam, the beginning of 22 November 2026. */
export const MIDNIGHT = Date.UTC(2026, 10, 21, 17);

export interface Sample {
  time: number;
  value: number;
}
/** What was observed, by metric. */
export type Observed = Record<string, readonly Sample[]>;

/** The instant of a local hour of 22 November; 26.5 is half past two the next morning. */
export function hour(local: number): number {
  return MIDNIGHT + local * HOUR_MS;
}

/** A value held from one local hour to another, every so many minutes. */
export function steady(value: number, from: number, to: number, minutes = 5): Sample[] {
  const samples: Sample[] = [];
  for (let time = hour(from); time <= hour(to); time += minutes * MINUTE_MS) {
    samples.push({ time, value });
  }
  return samples;
}

export function contextOf(kind: DeviceKind): RuleContext {
  return { kind, timeZone: 'Asia/Ho_Chi_Minh', startedOn: null };
}

export function ruleNamed(kind: DeviceKind, id: string): Rule {
  const rule = kind.rules.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`${kind.name} has no rule ${id}`);
  return rule;
}

/** What a rule of the kind says about a device until an hour. */
export function judge(kind: DeviceKind, id: string, seen: Observed, until = 48): Interval[] {
  return evaluate(ruleNamed(kind, id), ({ metric }) => seen[metric] ?? [], {
    ...contextOf(kind),
    now: hour(until),
    createdAt: hour(0) - 1,
    intervalSeconds: kind.intervalSeconds,
  });
}

/** The severity with which a rule's last alert stands at the end, or null when none is open. */
export function standing(kind: DeviceKind, id: string, seen: Observed): Severity | null {
  const last = judge(kind, id, seen).at(-1);
  if (last === undefined || last.end !== null) return null;
  return last.severities.at(-1)?.severity ?? null;
}

/** The last reading of a rule: value and what is shown beside it; null where it is unknown. */
export function lastReading(
  kind: DeviceKind,
  id: string,
  seen: Observed,
): { value: number; beside?: Readonly<Record<string, number | string>> } | null {
  const compiled = compileRule(ruleNamed(kind, id), contextOf(kind));
  const run = compiled.start();
  const instants = instantsOf(compiled.inputs, ({ metric }) => seen[metric] ?? []);
  return instants.map((instant) => run.push(instant)).at(-1) ?? null;
}

/** Ids of the rules judged on a site of a species or crop. */
export function judgedOn(
  kind: DeviceKind,
  site: { species?: string; crop?: string },
): ReadonlySet<string> {
  const subject = {
    device: { id: 'd', coop: 'c', site: 's', tags: [] },
    site: { kind: kind.siteKind, species: site.species ?? null, crop: site.crop ?? null },
    siteKind: kind.siteKind,
  };
  return new Set(chooseRules(kind.rules, subject).map(({ id }) => id));
}
