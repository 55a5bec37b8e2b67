import type { Known, Situation } from '#src/commands/interlocks';
import { type PlantPart, plantOf } from '#src/commands/parts';
import type {
  Actuator,
  ActuatorState,
  Interlock,
  Position,
  Witness,
} from '#src/contracts/actuator';
import { INLET_UNKNOWN, type InletState } from '#src/water/source-salinity';

export const NOW = Date.UTC(2026, 10, 22, 5);
export const DAY = '2026-11-22';

export const FLOW_WITNESS: Witness = {
  device: null,
  metric: 'flow_rate',
  view: 'value',
  on: 'learned',
  off: { min: null, max: 0.2 },
  withinSeconds: 180,
};

export function actuatorOf(device: string, change: Partial<Actuator> = {}): Actuator {
  return {
    device,
    coop: 'c1',
    site: 'z1',
    role: 'irrigation-valve',
    enabled: true,
    failSafe: 'off',
    maxSeconds: 3600,
    witness: FLOW_WITNESS,
    supply: null,
    nominalFlow: 20,
    interlocks: [],
    version: 1,
    ...change,
  };
}

export function stateOf(device: string, change: Partial<ActuatorState> = {}): ActuatorState {
  return {
    device,
    sequence: 0,
    position: 'off',
    since: null,
    lease: null,
    lastOffAt: null,
    use: { day: DAY, seconds: 0, litres: 0 },
    goodRuns: [],
    verdicts: { effective: 0, contradicted: 0, unproven: 0, failed: 0 },
    fault: null,
    ...change,
  };
}

export function partOf(
  device: string,
  actuator: Partial<Actuator> = {},
  state: Partial<ActuatorState> & { starting?: PlantPart['starting'] } = {},
): PlantPart {
  const { starting = [], ...rest } = state;
  return { actuator: actuatorOf(device, actuator), state: stateOf(device, rest), starting };
}

/** A part that has been in a position for an hour. */
export function standing(
  device: string,
  position: Position,
  actuator: Partial<Actuator> = {},
): PlantPart {
  return partOf(device, actuator, { position, since: NOW - 3_600_000 });
}

export interface Facts {
  latest?: Record<string, Known>;
  heardAt?: number | null;
  rainMm?: number | null;
  gate?: InletState;
  intervalSeconds?: number;
}

/** What is known when a start of 600 s by `ann` is asked for, and nothing stands against it. */
export function situationOf(
  parts: readonly PlantPart[],
  change: Partial<Situation> & { facts?: Facts } = {},
): Situation {
  const { facts = {}, ...rest } = change;
  return {
    now: NOW,
    day: DAY,
    dayEndsAt: NOW + 12 * 3_600_000,
    plant: plantOf(parts),
    knowledge: {
      latest: (device, metric) => facts.latest?.[`${device} ${metric}`],
      intervalSeconds: () => facts.intervalSeconds ?? 600,
      heardAt: () => (facts.heardAt === undefined ? NOW - 1_000 : facts.heardAt),
      rainMm: () => facts.rainMm ?? null,
      gate: () => facts.gate ?? INLET_UNKNOWN,
    },
    stops: [],
    kindMaxSeconds: 14_400,
    use: { seconds: 0, litres: 0 },
    order: { owner: 'ann', maxSeconds: 600 },
    ...rest,
  };
}

type Unswitched<Each> = Each extends unknown ? Omit<Each, 'enabled'> : never;

export function enabled(interlock: Unswitched<Interlock>): Interlock {
  return { ...interlock, enabled: true };
}
