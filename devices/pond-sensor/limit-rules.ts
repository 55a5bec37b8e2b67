import type {
  Band,
  Durations,
  Evidence,
  Rule,
  RuleSeason,
  Severity,
  Signal,
} from '../../src/contracts/rule.ts';
import type { Words } from '../../src/health/device-rules.ts';
import { bandsOf } from '../../src/water/classify.ts';
import {
  type Bands,
  LEGAL_LIMITS,
  type Limit,
  type LimitSource,
  type ShrimpSpecies,
} from '../../src/water/limits.ts';
import { CRITICAL_LEVEL, WARNING_LEVEL } from './derived.ts';

/** One side of a quantity of the water, as it becomes an alert. */
export interface Quantity {
  /** Of the alert; rules of other severities and species are named after it. */
  id: string;
  words: Words;
  /** Which of the water's limits, and which side of them. */
  limits: string;
  side: 'below' | 'above';
  /** What is looked at; the metric the limits are of without it. */
  signal?: Signal;
  /** What is looked at where a limit moves with salinity: 100 is the warning, 200 the critical. */
  level?: string;
  /** How far back past a limit the value must come, where the limits do not say. */
  hysteresis?: number;
  durations: Durations;
  /** Hold of the critical limit, when it is another. */
  criticalForSeconds?: number;
  when?: RuleSeason;
}

/** A level's alert ends this far below it, in percent. */
const LEVEL_HYSTERESIS = 5;

/** The names sites give the species; whiteleg shrimp is taken where none is given. */
export const MONODON = 'Penaeus monodon';
/** From the firm to the weak. */
const EVIDENCE: readonly Evidence[] = ['V', 'C', 'D', 'U'];

type Grade = 'warn' | 'critical';
const SEVERITY: Readonly<Record<Grade, Severity>> = { warn: 'warning', critical: 'critical' };

/** A limit with its grade; the mildest first. */
interface GradedLimit {
  grade: Grade;
  limit: Limit;
}

/** 3 + 0.3 as a person writes it. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/**
 * The rules of a quantity: one alert with its bands for whiteleg shrimp, which stands where no
 * species is known, and one for black tiger shrimp where its limits or their sources differ. What
 * nobody has verified stands apart and disabled, so that it neither warns nor hides what does.
 */
export function limitRules(quantity: Quantity): Rule[] {
  const vannamei = gradedLimits('vannamei', quantity);
  const monodon = gradedLimits('monodon', quantity);
  const rules = rulesOf(quantity, vannamei, null);
  if (JSON.stringify(vannamei) === JSON.stringify(monodon)) return rules;
  const known = monodon.length > 0 ? monodon : vannamei.map(carriedOver);
  return [...rules, ...rulesOf(quantity, known, MONODON)];
}

function gradedLimits(species: ShrimpSpecies, { limits, side }: Quantity): GradedLimit[] {
  const bands = bandsFor(species, limits);
  return (['warn', 'critical'] as const).flatMap((grade) => {
    const limit = bands[grade][side];
    return limit === undefined ? [] : [{ grade, limit }];
  });
}

function bandsFor(species: ShrimpSpecies, metric: string): Bands {
  const bands = bandsOf(species, metric);
  if (bands === undefined) throw new RangeError(`${species} has no limits of ${metric}`);
  return bands;
}

/** What another species has a limit for and this one has not: known of neither, so not verified. */
function carriedOver({ grade, limit }: GradedLimit): GradedLimit {
  const text = `${limit.source.text}; not known for black tiger shrimp`;
  return { grade, limit: { ...limit, source: { ...limit.source, text, evidence: 'U' } } };
}

/** Verified limits in one rule, unverified ones in another; the milder of the two has the id. */
function rulesOf(quantity: Quantity, limits: GradedLimit[], species: string | null): Rule[] {
  const isVerified = ({ limit }: GradedLimit): boolean => limit.source.evidence !== 'U';
  const groups = [limits.filter(isVerified), limits.filter((limit) => !isVerified(limit))];
  return groups
    .filter((group) => group.length > 0)
    .map((group) => ruleOf(quantity, group, { species, isApart: group[0] !== limits[0] }));
}

function ruleOf(
  quantity: Quantity,
  limits: GradedLimit[],
  { species, isApart }: { species: string | null; isApart: boolean },
): Rule {
  const [mildest, graver] = limits;
  if (mildest === undefined) throw new RangeError(`${quantity.id} has no limit`);
  const topic = isApart ? `${quantity.id}-critical` : quantity.id;
  const evidence = weakest(limits.map(({ limit }) => limit.source));
  return {
    id: species === null ? topic : `${topic}-monodon`,
    version: 1,
    enabled: evidence !== 'U',
    kind: 'pond-sensor',
    topic,
    severity: SEVERITY[mildest.grade],
    scope: species === null ? {} : { species },
    ...(quantity.when !== undefined && { when: quantity.when }),
    condition: {
      type: 'threshold',
      ...signalOf(quantity, mildest.limit),
      beyond: quantity.side,
      ...limitAndClear(quantity, mildest),
      ...quantity.durations,
      ...(mildest.grade === 'critical' && holdOf(quantity)),
      ...(graver !== undefined && { bands: [bandOf(quantity, graver)] }),
    },
    source: sourceOf(quantity, limits, evidence),
    title: quantity.words.title,
    advice: quantity.words.advice,
  };
}

function signalOf({ signal, limits, level }: Quantity, { value }: Limit): Signal {
  if (typeof value === 'number') return signal ?? { metric: limits };
  if (level === undefined) throw new RangeError(`${limits} moves with salinity and has no level`);
  return { metric: level };
}

function limitAndClear(
  { limits, side, hysteresis = bandsFor('vannamei', limits).hysteresis ?? 0 }: Quantity,
  { grade, limit: { value } }: GradedLimit,
): { limit: number; clear: number } {
  const isLevel = typeof value !== 'number';
  const limit = isLevel ? { warn: WARNING_LEVEL, critical: CRITICAL_LEVEL }[grade] : value;
  const back = isLevel ? LEVEL_HYSTERESIS : hysteresis;
  return { limit, clear: round(side === 'below' ? limit + back : limit - back) };
}

function bandOf(quantity: Quantity, limit: GradedLimit): Band {
  return {
    severity: SEVERITY[limit.grade],
    ...limitAndClear(quantity, limit),
    ...holdOf(quantity),
  };
}

function holdOf({ criticalForSeconds }: Quantity): { forSeconds?: number } {
  return criticalForSeconds === undefined ? {} : { forSeconds: criticalForSeconds };
}

function weakest(sources: readonly LimitSource[]): Evidence {
  const places = sources.map(({ evidence }) => EVIDENCE.indexOf(evidence));
  return EVIDENCE[Math.max(...places)] ?? 'U';
}

/** `warning below 4 mg/L: …` for each limit, with the place and stage it was found for. */
function sourceOf(
  { limits: metric, side }: Quantity,
  limits: readonly GradedLimit[],
  evidence: Evidence,
): Rule['source'] {
  const { unit } = bandsFor('vannamei', metric);
  const said = limits.map(({ grade, limit }) => {
    const { text, evidence: tag } = limit.source;
    return `${SEVERITY[grade]} ${side} ${amount(limit, unit)}: ${text} [${tag}]`;
  });
  const legal = LEGAL_LIMITS.find((one) => one.metric === metric)?.sides[side];
  if (legal !== undefined) said.push(`QCVN 02-19:2014 asks for ${amount(legal, unit)}`);
  const both = limits.map(({ limit }) => limit.source);
  return {
    text: said.join('; '),
    evidence,
    region: [...new Set(both.map(({ region }) => region))].join(', '),
    stage: [...new Set(both.map(({ stage }) => stage))].join(', '),
  };
}

function amount({ value }: Limit, unit: string): string {
  const symbol = UNITS[unit] ?? ` ${unit}`;
  if (typeof value === 'number') return `${value}${symbol}`;
  const points = value.map(([salinity, limit]) => `${limit} at salinity ${salinity}`);
  return `${points.join(', ')}${symbol}`;
}

/** UCUM codes as people read them. */
const UNITS: Readonly<Record<string, string>> = { '1': '', '[pH]': '', Cel: ' °C', K: ' °C' };
