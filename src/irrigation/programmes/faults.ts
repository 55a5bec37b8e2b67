import { nearest } from '../../base/suggest.ts';
import type { Programme, ProgrammeDose } from '../../contracts/irrigation.ts';
import type { Registry } from '../../contracts/registry.ts';
import { DOSE_SECONDS_MAX, doseOf, secondsOfDepth } from './dose.ts';
import { planFaults } from './plan-faults.ts';
import { startFaults } from './start-faults.ts';
import type { Valve, World } from './world.ts';

/** What cannot be in a programme: where, why, and what to write instead. */
export interface ProgrammeFault {
  /** Path within the programme, such as `zones.0.dose.litres`. */
  field: string;
  why: string;
  hint: string;
}

/** What a programme is held against. */
export interface FaultWorld {
  /** The plant as it stands. */
  plant: World;
  devices: Pick<Registry, 'find' | 'all'>;
}

/** A field of 60 valves; more are two programmes. */
export const ZONES_MAX = 64;
const NAME_LENGTH_MAX = 200;
const MODES = ['auto', 'propose', 'manual'];
const DAY_MINUTES = 1_440;
/** A flood; drip gives a few millimetres. */
const DEPTH_MM_MAX = 200;
const LITRES_MAX = 1e7;

/** All faults of a programme, the first to mend first; none when it can be. */
export function programmeFaults(programme: Programme, world: FaultWorld): ProgrammeFault[] {
  const faults = [
    ...wordFaults(programme),
    ...zoneFaults(programme, world),
    ...startFaults(programme.start, world.plant),
    ...doseFaults(programme, world.plant),
    ...conditionFaults(programme),
    ...cycleFaults(programme),
    ...budgetFaults(programme),
  ];
  // What all of it comes to is only asked of parts that can be.
  return faults.length > 0 ? faults : [...planFaults(programme, world.plant)];
}

function* wordFaults({ name, mode, order }: Programme): Iterable<ProgrammeFault> {
  if (name.trim() === '' || name.length > NAME_LENGTH_MAX) {
    yield fault('name', 'the name is empty or too long', `Use 1 to ${NAME_LENGTH_MAX} characters.`);
  }
  if (!MODES.includes(mode)) {
    yield fault('mode', `there is no mode ${mode}`, `Use ${MODES.join(', ')}.`);
  }
  if (order !== 'sequence' && order !== 'parallel') {
    yield fault('order', `there is no order ${String(order)}`, 'Use sequence or parallel.');
  }
}

function* zoneFaults(
  { zones, coop }: Programme,
  { plant, devices }: FaultWorld,
): Iterable<ProgrammeFault> {
  if (zones.length === 0 || zones.length > ZONES_MAX) {
    const hint = `Name 1 to ${ZONES_MAX} valves; more belong into another programme.`;
    yield fault('zones', `it has ${zones.length} zones`, hint);
  }
  const seen = new Set<string>();
  for (const [place, { device }] of zones.entries()) {
    const field = `zones.${place}.device`;
    const found = devices.find(device);
    const valve = plant.valves.get(device);
    if (seen.has(device)) {
      yield fault(field, `${device} is among the zones already`, 'Name each valve once.');
    } else if (found === undefined || found.coop !== coop) {
      // One of another cooperative is as unknown as one that does not exist.
      const meant = nearest(device, namesIn(coop, devices));
      const hint =
        meant === undefined ? 'Name a valve of this cooperative.' : `Did you mean ${meant}?`;
      yield fault(field, `there is no device ${device} in ${coop}`, hint);
    } else if (valve === undefined) {
      yield fault(
        field,
        `${device} is no actuator`,
        'Declare its actuator first, or name a valve.',
      );
    } else if (valve.role === 'aerator') {
      yield fault(field, `${device} is an aerator`, 'Aerators have a plan of their own.');
    }
    seen.add(device);
  }
}

function namesIn(coop: string, devices: Pick<Registry, 'all'>): string[] {
  return [...devices.all()].filter((one) => one.coop === coop).map(({ id }) => id);
}

function* doseFaults({ zones, dose }: Programme, plant: World): Iterable<ProgrammeFault> {
  if (zones.length === 0 || zones.some((zone) => zone.dose === undefined)) {
    yield* amountFaults(dose, 'dose');
  }
  for (const [place, zone] of zones.entries()) {
    const field = zone.dose === undefined ? 'dose' : `zones.${place}.dose`;
    const asked = zone.dose ?? dose;
    const own = zone.dose === undefined ? [] : [...amountFaults(zone.dose, field)];
    yield* own;
    const valve = plant.valves.get(zone.device);
    if (valve === undefined || own.length > 0 || [...amountFaults(asked, field)].length > 0)
      continue;
    yield* groundFaults(asked, field, { valve, plant });
  }
}

function* amountFaults(dose: ProgrammeDose, field: string): Iterable<ProgrammeFault> {
  const [name, amount, most] = amountOf(dose);
  if (typeof amount === 'number' && amount > 0 && amount <= most) return;
  yield fault(
    `${field}.${name}`,
    `the dose is ${String(amount)}`,
    `Use more than 0, at most ${most}.`,
  );
}

function amountOf(dose: ProgrammeDose): [name: string, amount: number, most: number] {
  switch (dose.type) {
    case 'minutes':
      return ['minutes', dose.minutes, DAY_MINUTES];
    case 'litres':
      return ['litres', dose.litres, LITRES_MAX];
    case 'millimetres':
      return ['millimetres', dose.millimetres, DEPTH_MM_MAX];
    case 'need':
      return ['mostMinutes', dose.mostMinutes, DAY_MINUTES];
  }
}

/** What a dose of this kind needs to know of its zone, and what its valve may do in a day. */
function* groundFaults(
  dose: ProgrammeDose,
  field: string,
  { valve, plant }: { valve: Valve; plant: World },
): Iterable<ProgrammeFault> {
  const { device, site, daily } = valve;
  const plot = site === null ? undefined : plant.plots.get(site);
  if (dose.type === 'millimetres' || dose.type === 'need') {
    if (plot === undefined) {
      const hint = 'Describe the plot of its site, or give the dose in minutes or litres.';
      yield fault(field, `${device} waters no plot that is described`, hint);
      return;
    }
    if (secondsOfDepth(1, plot) === null) {
      const hint = 'Give the dose in minutes, or water with less salt.';
      yield fault(field, `the water of ${plot.site} is too salty to leach with`, hint);
      return;
    }
  }
  if (dose.type === 'need') return;
  const { seconds, litres } = doseOf(dose, valve, { world: plant, day: '', factor: 1 });
  if (seconds === null) {
    const hint = 'Declare its nominal flow, describe its plot, or give the dose in minutes.';
    yield fault(field, `the flow of ${device} is not known`, hint);
    return;
  }
  if (seconds > DOSE_SECONDS_MAX) {
    yield fault(field, `${device} would be on for more than a day`, 'Give a smaller dose.');
  }
  if (daily.seconds !== null && seconds > daily.seconds) {
    const hint = `Give at most ${Math.floor(daily.seconds / 60)} min: its daily limit.`;
    yield fault(field, `the dose takes ${Math.ceil(seconds / 60)} min of ${device}`, hint);
  }
  if (daily.litres !== null && (litres === null || litres > daily.litres)) {
    const said = litres === null ? 'an unknown volume' : `${Math.round(litres)} L`;
    const hint = `Give at most ${daily.litres} L: its daily limit.`;
    yield fault(field, `the dose is ${said} through ${device}`, hint);
  }
}

function* conditionFaults({ conditions, dose, zones }: Programme): Iterable<ProgrammeFault> {
  const limits = { skipAfterRain: 500, skipBeforeRain: 500, skipAboveMoisture: 100 } as const;
  for (const name of Object.keys(limits) as Array<keyof typeof limits>) {
    const value = conditions[name];
    if (value === undefined || (value > 0 && value <= limits[name])) continue;
    const hint = `Use more than 0, at most ${limits[name]}.`;
    yield fault(`conditions.${name}`, `the limit is ${value}`, hint);
  }
  const { scaleByEt0 } = conditions;
  if (scaleByEt0 === undefined) return;
  const { reference, least, most } = scaleByEt0;
  if (!(reference >= 0.5 && reference <= 15)) {
    const hint = 'Use the ET0, 0.5 to 15 mm, at which the dose is right as it is.';
    yield fault('conditions.scaleByEt0.reference', `the reference is ${reference}`, hint);
  }
  if (!(least >= 0 && least <= most && most <= 3)) {
    const hint = 'Use shares such as 0.5 and 1.5, at most 3.';
    yield fault('conditions.scaleByEt0.least', `the shares are ${least} and ${most}`, hint);
  }
  if (zones.some((zone) => (zone.dose ?? dose).type === 'need')) {
    const hint = 'Leave it out: what the zone needs follows the weather already.';
    yield fault('conditions.scaleByEt0', 'a need would be scaled twice', hint);
  }
}

function* cycleFaults({ cycle, missed }: Programme): Iterable<ProgrammeFault> {
  if (cycle !== null) {
    const { runMinutes, soakMinutes } = cycle;
    if (!(runMinutes >= 1 && runMinutes <= DAY_MINUTES)) {
      yield fault('cycle.runMinutes', `runs last ${runMinutes} min`, 'Use 1 to 1440.');
    }
    if (!(soakMinutes >= 1 && soakMinutes <= DAY_MINUTES)) {
      yield fault('cycle.soakMinutes', `pauses last ${soakMinutes} min`, 'Use 1 to 1440.');
    }
  }
  if (missed.policy === 'skip') return;
  const { withinMinutes } = missed;
  if (missed.policy === 'once' && withinMinutes >= 1 && withinMinutes <= DAY_MINUTES) return;
  yield fault('missed', 'the policy cannot be', 'Use skip, or once with 1 to 1440 withinMinutes.');
}

function* budgetFaults({ budget }: Programme): Iterable<ProgrammeFault> {
  for (const name of ['litres', 'seconds'] as const) {
    const value = budget[name];
    if (value === null || value > 0) continue;
    yield fault(`budget.${name}`, `the budget is ${value}`, 'Use more than 0, or null for none.');
  }
}

function fault(field: string, why: string, hint: string): ProgrammeFault {
  return { field, why, hint };
}
