import type { Localized } from './localized.ts';

/** What a controlled part is for. A master valve, an inlet or a pump may supply others. */
export const ACTUATOR_ROLES = [
  'irrigation-valve',
  'master-valve',
  'inlet',
  'pump',
  'aerator',
] as const;
export type ActuatorRole = (typeof ACTUATOR_ROLES)[number];

/** `on`: a valve open, a motor running. `off`: closed, standing. */
export type Position = 'on' | 'off';

/** What a kind of device knows of the part it controls; one device controls one part. */
export interface ActuatorKind {
  /** The role it has until the plant says otherwise. */
  role: ActuatorRole;
  /** Actions of the kind's `commands`: the one that starts carries `maxSeconds`. */
  on: string;
  off: string;
  /** Metric (0 or 1) in which the device itself reports the position; null when it has none. */
  position: string | null;
  /** What proves the effect until the plant says otherwise; null: nothing does. */
  witness: Witness | null;
}

/**
 * The independent sensor that shows whether a command had its effect. Its limits are in the
 * metric's own unit and belong to the band.
 */
export interface Witness {
  /** The device that measures it; null: the actuator's own. */
  device: string | null;
  metric: string;
  /** `value`: the value itself. `slope`: its change in an hour, over at least ten minutes. */
  view: 'value' | 'slope';
  /** What it shows while the part is on; `learned`: from its good runs, so far `least` apart. */
  on: Band | 'learned';
  /** What it shows while the part is off. */
  off: Band;
  /** From the change until it must show: filling a line, draining it, spinning up. 1 to 7200. */
  withinSeconds: number;
}

/** Null: no limit on that side; at least one side has one. */
export interface Band {
  min: number | null;
  max: number | null;
}

/**
 * One interlock of a plant: data, checked when it is saved and asked before each start. Those with
 * a sensor fail closed: an unknown or old value refuses, except `rain`, which has nothing to protect.
 */
export type Interlock = { enabled: boolean } & (
  | { type: 'minimum-off'; seconds: number }
  | { type: 'daily-seconds'; most: number }
  /** Volume by the flow witness, L. */
  | { type: 'daily-litres'; most: number }
  /** A pump's own: percent below which it stops, with 5 % to start again. */
  | { type: 'tank-level'; device: string; metric: string; lowPercent: number }
  /** Closes above, opens below 0.9 of it for 30 min; two samples decide. */
  | { type: 'source-salinity'; device: string; metric: string; most: number }
  /** Sum of a rain metric over 24 h, mm. */
  | { type: 'rain'; device: string; metric: string; mostMm: number }
  /** No report of the device itself for more than so many of its intervals. */
  | { type: 'stale'; intervals: number }
  /** Of a supply: how many of those it feeds may be on at once. */
  | { type: 'most-open'; count: number }
  /** Of a supply that must not push against closed valves. */
  | { type: 'needs-open' }
);
export type InterlockType = Interlock['type'];

/** A device's part as the plant uses it. Without a row a device takes no command. */
export interface Actuator {
  device: string;
  coop: string;
  site: string | null;
  role: ActuatorRole;
  /** Only with a fail-safe direction. A stop passes even when it is not enabled. */
  enabled: boolean;
  /**
   * Where it must be when nobody knows: valves, inlets and pumps `off`, aerators `on`. Null until
   * somebody declares it.
   */
  failSafe: Position | null;
  /** Longest lease, s; at most what the kind allows. */
  maxSeconds: number;
  witness: Witness | null;
  /** The actuator that feeds it: closed when this one does not close. Never itself, no circle. */
  supply: string | null;
  /** Declared flow while on, L/min; null: learned. */
  nominalFlow: number | null;
  interlocks: readonly Interlock[];
  /** Grows with each change. */
  version: number;
}

/** What happened to an actuator so far; kept with the commands, in the same transactions. */
export interface ActuatorState {
  device: string;
  /** Of the newest command. */
  sequence: number;
  /** By the newest evidence, and since when (ms). */
  position: Position | 'unknown';
  since: number | null;
  lease: Lease | null;
  /** Receive time of the last proven or reported end; for minimum off times. */
  lastOffAt: number | null;
  /** Seconds on and litres since local midnight of `day` (`2026-11-22`). */
  use: { day: string; seconds: number; litres: number };
  /** Mean flow, L/min, of the newest good runs, oldest first; at most 20. */
  goodRuns: readonly number[];
  /** Commands by verdict, ever: what the reliability score is made of. */
  verdicts: { effective: number; contradicted: number; unproven: number; failed: number };
  /** A fault that stands: nothing starts until somebody clears it, and a stop always passes. */
  fault: ActuatorFault | null;
  /** Sequence of the newest stop that was done; absent: none was. */
  stopSequence?: number;
  /** A start that nobody answered and its witness did not tell of may run until then, ms. */
  unheardUntil?: number;
  /** What its witness is still to show, as the desk wrote it; opaque outside `src/commands`. */
  witness?: unknown;
  /** What is being done about something that went wrong; opaque outside `src/commands`. */
  remedy?: unknown;
}

/** The time a device was granted. It ends by itself at `until` at the latest. */
export interface Lease {
  command: string;
  /** Receive time of the word that it runs. */
  from: number;
  /** When the device must have ended it by itself, ms. */
  until: number;
  grantedSeconds: number;
  /** Whose run it is: a second owner is refused. */
  owner: string;
}

export interface ActuatorFault {
  /** `leak`, `blockage`, `burst`, `low-pressure`, `high-pressure`, `stuck-valve`, `dead-meter`, … */
  code: string;
  at: number;
  command: string | null;
  text: Localized;
}

/** Share of verdicts that were effective, 0 to 1; null below 5 of them. */
export function reliabilityOf({ verdicts }: Pick<ActuatorState, 'verdicts'>): number | null {
  const { effective, contradicted, unproven, failed } = verdicts;
  const all = effective + contradicted + unproven + failed;
  return all < 5 ? null : effective / all;
}
