import { minutesOfDay } from '../base/local-clock.ts';
import type { Actuator } from '../contracts/actuator.ts';
import type { AerationPlan } from '../contracts/aeration.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Device, Site } from '../contracts/state.ts';
import { OXYGEN } from './pond-readings.ts';

/** One fault of a plan: the field, what is wrong, and what to do about it. */
export interface AerationFault {
  field: string;
  why: string;
  fix: string;
}

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
export function aerationFaults(plan: AerationPlan, world: AerationWorld): AerationFault[] {
  return [
    ...siteFaults(plan, world),
    ...sensorFaults(plan, world),
    ...plan.aerators.flatMap((_, place) => aeratorFaults(plan, place, world)),
    ...countFaults(plan),
    ...levelFaults(plan),
    ...baselineFaults(plan),
  ];
}

function siteFaults({ site, coop, mode }: AerationPlan, world: AerationWorld): AerationFault[] {
  const faults: AerationFault[] = [];
  const found = world.site(site);
  if (found === undefined || found.coop !== coop) {
    const why = `there is no site ${site} in ${coop}`;
    faults.push({ field: 'site', why, fix: 'Name a pond of the cooperative.' });
  } else if (found.kind !== 'pond') {
    const why = `${site} is a ${found.kind}`;
    faults.push({ field: 'site', why, fix: 'Aerators run in ponds: name a site of kind pond.' });
  }
  if (!MODES.includes(mode)) {
    faults.push({ field: 'mode', why: `there is no mode ${mode}`, fix: `Use ${orOf(MODES)}.` });
  }
  return faults;
}

function sensorFaults(
  { sensor, site, coop }: AerationPlan,
  { device, kinds }: AerationWorld,
): AerationFault[] {
  const fault = (why: string, fix: string): AerationFault[] => [{ field: 'sensor', why, fix }];
  const found = device(sensor);
  if (found === undefined || found.coop !== coop) {
    return fault(`there is no device ${sensor} in ${coop}`, 'Name a sensor of the cooperative.');
  }
  if (found.site !== site) {
    return fault(`${sensor} does not stand in ${site}`, 'Name the sensor of this pond.');
  }
  if (kinds.get(found.kind)?.metrics.some(({ name }) => name === OXYGEN) !== true) {
    return fault(`${sensor} does not measure oxygen`, `Name a sensor with ${OXYGEN}.`);
  }
  return [];
}

function aeratorFaults(plan: AerationPlan, place: number, world: AerationWorld): AerationFault[] {
  const id = plan.aerators[place] ?? '';
  const fault = (why: string, fix: string): AerationFault[] => [
    { field: `aerators.${place}`, why, fix },
  ];
  const actuator = world.actuator(id);
  if (actuator === undefined || actuator.coop !== plan.coop) {
    return fault(
      `${id} is no actuator in ${plan.coop}`,
      'Name a device of the cooperative that is set up as an aerator.',
    );
  }
  if (actuator.role !== 'aerator') {
    return fault(`${id} is a ${actuator.role}`, 'Name actuators of the role aerator.');
  }
  // One that fails off would leave the pond to itself whenever the link is down.
  if (actuator.failSafe !== 'on') {
    return fault(`${id} does not fail safe on`, 'Declare its fail-safe direction: on.');
  }
  if (plan.aerators.indexOf(id) !== place) {
    return fault(`${id} is named twice`, 'Name each aerator once.');
  }
  const other = world.plans.find(
    ({ site, aerators }) => site !== plan.site && aerators.includes(id),
  );
  if (other !== undefined) {
    return fault(`${id} belongs to the plan of ${other.site}`, 'Take it out of that plan first.');
  }
  return [];
}

function countFaults({ aerators }: AerationPlan): AerationFault[] {
  const count = aerators.length;
  if (count >= 1 && count <= AERATORS_MAX) return [];
  const why = `it has ${count} aerators`;
  return [{ field: 'aerators', why, fix: `Name 1 to ${AERATORS_MAX} aerators.` }];
}

function levelFaults({ startBelow, stopAbove, powerKw }: AerationPlan): AerationFault[] {
  const faults: AerationFault[] = [];
  const isLevel = (value: number): boolean => value > 0 && value <= OXYGEN_LIMIT_MAX_MG_L;
  const fix = `Give mg/L above 0, at most ${OXYGEN_LIMIT_MAX_MG_L}.`;
  if (!isLevel(startBelow)) {
    faults.push({ field: 'startBelow', why: `${startBelow} mg/L is no limit`, fix });
  }
  if (!isLevel(stopAbove)) {
    faults.push({ field: 'stopAbove', why: `${stopAbove} mg/L is no limit`, fix });
  } else if (!(stopAbove > startBelow)) {
    const why = `${stopAbove} mg/L is not above ${startBelow}, where it starts`;
    faults.push({ field: 'stopAbove', why, fix: 'Stop above the level at which it starts.' });
  }
  if (!(powerKw > 0 && powerKw <= POWER_MAX_KW)) {
    const why = `${powerKw} kW is no power`;
    const told = `Give the kW of all aerators together, at most ${POWER_MAX_KW}.`;
    faults.push({ field: 'powerKw', why, fix: told });
  }
  return faults;
}

function baselineFaults({ baseline }: AerationPlan): AerationFault[] {
  if (baseline === null) return [];
  const { from, to } = baseline;
  const wrong = Object.entries({ from, to }).filter(([, at]) => Number.isNaN(minutesOfDay(at)));
  const faults = wrong.map(([name, at]) => ({
    field: `baseline.${name}`,
    why: `${at} is no time of day`,
    fix: 'Give it as 21:30.',
  }));
  if (faults.length > 0 || from !== to) return faults;
  const why = `it begins and ends at ${from}`;
  return [{ field: 'baseline.to', why, fix: 'Give an end that differs from its beginning.' }];
}

function orOf(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
