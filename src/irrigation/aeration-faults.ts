import { minutesOfDay } from '../base/local-clock.ts';
import type { Actuator } from '../contracts/actuator.ts';
import type { AerationPlan } from '../contracts/aeration.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Device, Site } from '../contracts/state.ts';
import { AERATION_WORDS as WORDS } from './aeration-words.ts';
import { type DeclaredFault, declaredFault, type FaultWords } from './declared-faults.ts';
import { OXYGEN } from './pond-readings.ts';

/** What a plan is checked against. */
export interface AerationWorld {
  site(id: string): Site | undefined;
  device(id: string): Device | undefined;
  kinds: KindRegistry;
  actuator(device: string): Actuator | undefined;
  /** The other plans. */
  plans: readonly AerationPlan[];
}

/** A pond of a hectare has twelve paddle wheels. */
const AERATORS_MAX = 32;
/** Water in balance with air holds 14.6 mg/L at most, at 0 °C. */
const OXYGEN_LIMIT_MAX_MG_L = 15;
const POWER_MAX_KW = 1_000;
const MODES = ['auto', 'propose', 'manual'];

/** Everything that is wrong with a plan; empty when it may be saved. */
export function aerationFaults(plan: AerationPlan, world: AerationWorld): DeclaredFault[] {
  return [
    ...siteFaults(plan, world),
    ...sensorFaults(plan, world),
    ...plan.aerators.flatMap((_, place) => aeratorFaults(plan, place, world)),
    ...countFaults(plan),
    ...levelFaults(plan),
    ...baselineFaults(plan),
  ];
}

function siteFaults({ site, coop, mode }: AerationPlan, world: AerationWorld): DeclaredFault[] {
  const faults: DeclaredFault[] = [];
  const found = world.site(site);
  if (found === undefined || found.coop !== coop) {
    faults.push(declaredFault('site', WORDS.noSite, { site, coop }));
  } else if (found.kind !== 'pond') {
    faults.push(declaredFault('site', WORDS.noPond, { site, kind: found.kind }));
  }
  if (!MODES.includes(mode)) {
    faults.push(declaredFault('mode', WORDS.noMode, { mode, modes: MODES.join(', ') }));
  }
  return faults;
}

function sensorFaults(
  { sensor, site, coop }: AerationPlan,
  { device, kinds }: AerationWorld,
): DeclaredFault[] {
  const fault = (words: FaultWords): DeclaredFault[] => [
    declaredFault('sensor', words, { device: sensor, site, coop, metric: OXYGEN }),
  ];
  const found = device(sensor);
  if (found === undefined || found.coop !== coop) return fault(WORDS.noSensor);
  if (found.site !== site) return fault(WORDS.sensorElsewhere);
  const metrics = kinds.get(found.kind)?.metrics ?? [];
  return metrics.some(({ name }) => name === OXYGEN) ? [] : fault(WORDS.noOxygen);
}

function aeratorFaults(plan: AerationPlan, place: number, world: AerationWorld): DeclaredFault[] {
  const { coop } = plan;
  const device = plan.aerators[place] ?? '';
  const fault = (words: FaultWords, gaps: Record<string, string> = {}): DeclaredFault[] => [
    declaredFault(`aerators.${place}`, words, { device, coop, ...gaps }),
  ];
  const actuator = world.actuator(device);
  if (actuator === undefined || actuator.coop !== coop) return fault(WORDS.noActuator);
  const { role, failSafe } = actuator;
  if (role !== 'aerator') return fault(WORDS.noAerator, { role });
  // One that fails off would leave the pond to itself whenever the link is down.
  if (failSafe !== 'on') return fault(WORDS.failsOff);
  if (plan.aerators.indexOf(device) !== place) return fault(WORDS.twice);
  const other = world.plans.find(
    ({ site, aerators }) => site !== plan.site && aerators.includes(device),
  );
  return other === undefined ? [] : fault(WORDS.ofAnother, { site: other.site });
}

function countFaults({ aerators }: AerationPlan): DeclaredFault[] {
  const count = aerators.length;
  if (count >= 1 && count <= AERATORS_MAX) return [];
  return [declaredFault('aerators', WORDS.count, { count, most: AERATORS_MAX })];
}

function levelFaults({ startBelow, stopAbove, powerKw }: AerationPlan): DeclaredFault[] {
  const faults: DeclaredFault[] = [];
  const isLevel = (value: number): boolean => value > 0 && value <= OXYGEN_LIMIT_MAX_MG_L;
  const most = OXYGEN_LIMIT_MAX_MG_L;
  if (!isLevel(startBelow)) {
    faults.push(declaredFault('startBelow', WORDS.noLevel, { level: startBelow, most }));
  }
  if (!isLevel(stopAbove)) {
    faults.push(declaredFault('stopAbove', WORDS.noLevel, { level: stopAbove, most }));
  } else if (!(stopAbove > startBelow)) {
    const gaps = { stop: stopAbove, start: startBelow };
    faults.push(declaredFault('stopAbove', WORDS.notAbove, gaps));
  }
  if (!(powerKw > 0 && powerKw <= POWER_MAX_KW)) {
    const gaps = { power: powerKw, most: POWER_MAX_KW };
    faults.push(declaredFault('powerKw', WORDS.noPower, gaps));
  }
  return faults;
}

function baselineFaults({ baseline }: AerationPlan): DeclaredFault[] {
  if (baseline === null) return [];
  const { from, to } = baseline;
  const wrong = Object.entries({ from, to }).filter(([, at]) => Number.isNaN(minutesOfDay(at)));
  const faults = wrong.map(([name, time]) =>
    declaredFault(`baseline.${name}`, WORDS.noTime, { time }),
  );
  if (faults.length > 0 || from !== to) return faults;
  return [declaredFault('baseline.to', WORDS.noSpan, { from })];
}
