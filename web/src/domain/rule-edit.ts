import type { Band, Rule, RuleCondition } from '../api/work-types.ts';
import { readNumber } from './number-input.ts';

const MINUTE_SECONDS = 60;

/** The numbers of one level, as they are typed. */
export interface LevelText {
  limit: string;
  clear: string;
}

/** What a person may change of a rule; the rest of it stays. Times in minutes. */
export interface RuleText {
  enabled: boolean;
  /** The rule's own level first, then its bands; none for a condition without one limit. */
  levels: readonly LevelText[];
  forMinutes: string | null;
  clearMinutes: string | null;
  /** Of silence; null when the rule is about something else, or takes the device's own interval. */
  silentMinutes: string | null;
}

function minutes(seconds: number, say: (value: number) => string): string {
  return say(seconds / MINUTE_SECONDS);
}

export function textOf(
  { enabled, condition }: Pick<Rule, 'enabled' | 'condition'>,
  say: (value: number) => string,
): RuleText {
  const level = ({ limit, clear }: Pick<Band, 'limit' | 'clear'>): LevelText => {
    return { limit: say(limit), clear: say(clear) };
  };
  if (condition.type === 'absence') {
    const { afterSeconds } = condition;
    const silentMinutes = afterSeconds === null ? null : minutes(afterSeconds, say);
    return { enabled, levels: [], forMinutes: null, clearMinutes: null, silentMinutes };
  }
  const levels =
    condition.type === 'threshold' ? [condition, ...(condition.bands ?? [])].map(level) : [];
  return {
    enabled,
    levels,
    forMinutes: minutes(condition.forSeconds, say),
    clearMinutes: minutes(condition.clearSeconds, say),
    silentMinutes: null,
  };
}

/** Thrown for a number that is none; the page says which. */
export class NotNumber extends Error {
  readonly typed: string;

  constructor(typed: string) {
    super(typed);
    this.name = 'NotNumber';
    this.typed = typed;
  }
}

function number(text: string): number {
  const value = readNumber(text);
  if (value === null || Number.isNaN(value)) throw new NotNumber(text);
  return value;
}

function secondsOf(text: string | null, before: number): number {
  return text === null ? before : Math.round(number(text) * MINUTE_SECONDS);
}

function changed(condition: RuleCondition, text: RuleText): RuleCondition {
  if (condition.type === 'absence') {
    const { afterSeconds } = condition;
    return afterSeconds === null
      ? condition
      : { ...condition, afterSeconds: secondsOf(text.silentMinutes, afterSeconds) };
  }
  const forSeconds = secondsOf(text.forMinutes, condition.forSeconds);
  const clearSeconds = secondsOf(text.clearMinutes, condition.clearSeconds);
  if (condition.type !== 'threshold') return { ...condition, forSeconds, clearSeconds };
  const [own, ...others] = text.levels.map(({ limit, clear }) => {
    return { limit: number(limit), clear: number(clear) };
  });
  const bands = condition.bands?.map((band, index) => ({ ...band, ...others[index] }));
  return { ...condition, ...own, forSeconds, clearSeconds, ...(bands && { bands }) };
}

/** A cooperative, or one site of it. */
export interface Place {
  coop?: string;
  site?: string;
}

/** Id of the rule that stands in for another at a place; never cut, for two might then be one. */
export function idAt(id: string, { coop, site }: Place): string {
  const place = site ?? coop;
  return place === undefined ? id : `${id}-${place}`;
}

/**
 * The rule as it would be saved: with the numbers typed, and for a place as a rule of its own of
 * the same topic, whose narrower scope wins there. Throws NotNumber.
 */
export function ruleOf<T extends Rule>(rule: T, text: RuleText, place: Place): Omit<T, 'version'> {
  const { version: _, ...rest } = rule;
  return {
    ...rest,
    id: idAt(rule.id, place),
    enabled: text.enabled,
    scope: { ...rule.scope, ...place },
    condition: changed(rule.condition, text),
  };
}
