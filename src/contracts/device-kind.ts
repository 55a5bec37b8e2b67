import { AppError } from '../base/errors.ts';
import type { Localized } from './localized.ts';
import type { Rule } from './rule.ts';
import type { DeviceSimulator } from './simulator.ts';

/**
 * `gauge`: a level at an instant. `count`: events in the interval since the last report. `total`:
 * a meter that only grows and restarts at 0. `state`: 0 or 1.
 */
export type MetricShape = 'gauge' | 'count' | 'total' | 'state';

/** A metric never changes its type or unit: a new meaning gets a new name. */
export interface Metric {
  /** `[A-Za-z][A-Za-z0-9_]{0,62}`, unique within the kind. */
  name: string;
  label: Localized;
  /** UCUM code, case sensitive, such as `mg/L`, `Cel`, `[pH]`. */
  unit: string;
  /** The physical range; a value outside is refused as a sensor failure. Both ends belong. */
  min: number;
  max: number;
  /** Digits after the decimal point that the sensor can tell apart. */
  decimals: number;
  shape: MetricShape;
  /** Range drawn as safe on the page when no rule says otherwise. */
  safe?: { min?: number; max?: number };
}

/** A command a kind of device accepts: its name, its text and whether it starts something. */
export interface CommandSpec {
  action: string;
  label: Localized;
  /** Longest lease in seconds for an action that starts something; absent for one that ends it. */
  maxSeconds?: number;
}

/** Everything special about a kind of device, found by reading `devices/<name>/kind.ts`. */
export interface DeviceKind {
  /** The folder's name. */
  name: string;
  title: Localized;
  /** What kind of site such a device stands on. */
  siteKind: 'pond' | 'field' | 'zone';
  /** Time between reports expected of a device that does not declare its own. */
  intervalSeconds: number;
  /** In the order people want to see them; the first is the headline on a card. */
  metrics: readonly Metric[];
  /** Rules every site gets until it changes them. */
  rules: readonly Rule[];
  commands?: readonly CommandSpec[];
  simulator: DeviceSimulator;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const METRIC_NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;

/** Checks a kind's own consistency and freezes it. Throws KIND_INVALID naming the fault. */
export function defineDeviceKind(kind: DeviceKind): DeviceKind {
  const fail = (what: string): never => {
    throw new AppError('KIND_INVALID', `device kind ${kind.name}: ${what}`);
  };
  if (!NAME.test(kind.name)) fail('its name is not kebab-case');
  if (kind.metrics.length === 0) fail('it has no metric');
  const names = new Set<string>();
  for (const metric of kind.metrics) {
    if (!METRIC_NAME.test(metric.name)) fail(`metric name ${metric.name}`);
    if (names.has(metric.name)) fail(`metric ${metric.name} is defined twice`);
    if (!(metric.min < metric.max)) fail(`metric ${metric.name} has an empty range`);
    names.add(metric.name);
  }
  for (const rule of kind.rules) {
    const metric = 'metric' in rule.condition ? rule.condition.metric : undefined;
    if (metric !== undefined && !names.has(metric)) fail(`rule ${rule.id} reads ${metric}`);
    if (rule.kind !== kind.name) fail(`rule ${rule.id} is for kind ${rule.kind}`);
  }
  return Object.freeze({ ...kind, metrics: Object.freeze([...kind.metrics]) });
}

/** The kinds of this installation by name. */
export type KindRegistry = ReadonlyMap<string, DeviceKind>;
