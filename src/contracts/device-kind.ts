import { AppError } from '../base/errors.ts';
import type { ActuatorKind } from './actuator.ts';
import { CLOCK_FAULT } from './clock-fault.ts';
import type { DerivedMetric } from './derived.ts';
import { derivedFaults } from './derived-faults.ts';
import type { Localized } from './localized.ts';
import type { Rule } from './rule.ts';
import { ruleFaults } from './rule-faults.ts';
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
  /** What is computed from them, for rules and people. */
  derived?: readonly DerivedMetric[];
  /** Its values are counts that people made in the field: its rules may advise to treat. */
  fieldCounts?: true;
  /** Rules every site gets until it changes them. */
  rules: readonly Rule[];
  commands?: readonly CommandSpec[];
  /** What those commands move; needed where there are any. */
  actuator?: ActuatorKind;
  simulator: DeviceSimulator;
}

const NAME = /^[a-z][a-z0-9-]{0,62}$/;
const METRIC_NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
/** More digits than this no sensor tells apart, and a double no longer shows. */
const DECIMALS_MAX = 6;

/** Checks a kind's own consistency and freezes it. Throws KIND_INVALID naming the fault. */
export function defineDeviceKind(kind: DeviceKind): DeviceKind {
  const fail = (what: string): never => {
    throw new AppError('KIND_INVALID', `device kind ${kind.name}: ${what}`);
  };
  if (!NAME.test(kind.name)) fail('its name is not kebab-case');
  if (!(kind.intervalSeconds > 0)) fail('its interval is not above 0');
  if (kind.metrics.length === 0) fail('it has no metric');
  const names = new Set<string>();
  const takeName = (what: string, name: string): void => {
    if (name === CLOCK_FAULT.name) fail(`${what} ${name} has a name that every kind has`);
    if (names.has(name)) fail(`${what} ${name} is defined twice`);
    names.add(name);
  };
  for (const metric of kind.metrics) {
    const fault = metricFault(metric);
    if (fault !== null) fail(`metric ${metric.name} ${fault}`);
    takeName('metric', metric.name);
  }
  for (const derived of kind.derived ?? []) {
    const fault = rangeFault(derived);
    if (fault !== null) fail(`derived metric ${derived.name} ${fault}`);
    takeName('derived metric', derived.name);
    for (const { field, why } of derivedFaults(derived, kind)) {
      fail(`derived metric ${derived.name}, ${field}: ${why}`);
    }
  }
  const rules = new Set<string>();
  for (const rule of kind.rules) {
    if (rule.kind !== kind.name) fail(`rule ${rule.id} is for kind ${rule.kind}`);
    if (rules.has(rule.id)) fail(`rule ${rule.id} is defined twice`);
    for (const { field, why } of ruleFaults(rule, kind)) fail(`rule ${rule.id}, ${field}: ${why}`);
    rules.add(rule.id);
  }
  const actions = new Set(kind.commands?.map((command) => command.action));
  if (actions.size !== (kind.commands?.length ?? 0)) fail('a command is defined twice');
  const fault = actuatorFault(kind);
  if (fault !== null) fail(`its actuator ${fault}`);
  return Object.freeze({ ...kind, metrics: Object.freeze([...kind.metrics]) });
}

/** What is wrong with what the commands move. */
function actuatorFault({ commands, actuator, metrics }: DeviceKind): string | null {
  if (actuator === undefined) return commands === undefined ? null : 'is not declared';
  const find = (action: string): CommandSpec | undefined =>
    commands?.find((command) => command.action === action);
  if (find(actuator.on)?.maxSeconds === undefined) return 'starts by no command with an end';
  const off = find(actuator.off);
  if (off === undefined || off.maxSeconds !== undefined) return 'ends by no command';
  const { position, witness } = actuator;
  const shapeOf = (name: string): MetricShape | undefined =>
    metrics.find((metric) => metric.name === name)?.shape;
  if (position !== null && shapeOf(position) !== 'state') return 'has a position that is no state';
  if (witness !== null && witness.device === null && shapeOf(witness.metric) === undefined) {
    return 'has a witness that is no metric';
  }
  return null;
}

/** What is wrong with the name, range or digits of a metric, observed or derived. */
function rangeFault({ name, min, max, decimals }: Metric | DerivedMetric): string | null {
  if (!METRIC_NAME.test(name)) return 'has a name that is no field name';
  if (!(min < max)) return 'has an empty range';
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > DECIMALS_MAX) {
    return `has ${decimals} decimals`;
  }
  return null;
}

function metricFault(metric: Metric): string | null {
  const { min, max, safe } = metric;
  const fault = rangeFault(metric);
  if (fault !== null) return fault;
  if (metric.shape === 'state' && (min !== 0 || max !== 1)) return 'is a state that is not 0 or 1';
  if (!((safe?.min ?? min) >= min && (safe?.max ?? max) <= max)) {
    return 'has a safe range outside the physical one';
  }
  if ((safe?.min ?? min) >= (safe?.max ?? max)) return 'has an empty safe range';
  return null;
}

/** The kinds of this installation by name. */
export type KindRegistry = ReadonlyMap<string, DeviceKind>;
