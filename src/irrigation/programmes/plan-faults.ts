import { DAY_MS, MINUTE_MS } from '../../base/local-clock.ts';
import type { Programme } from '../../contracts/irrigation.ts';
import { DOSE_SECONDS_MAX, doseOf, flowOf } from './dose.ts';
import type { ProgrammeFault } from './faults.ts';
import { BEGIN_WITHIN_MS, PIECES_MAX, piecesWanted, RUN_MS_MAX, spanMs } from './plan.ts';
import { type Start, startsOf, windowMs } from './starts.ts';
import type { Valve, World } from './world.ts';

/** Days in which every weekday and the usual cron texts come twice. */
const DAYS_LOOKED_AT = 14;

/** What the parts of a programme, each right by itself, come to together. */
export function* planFaults(programme: Programme, plant: World): Iterable<ProgrammeFault> {
  const free = { ...plant, busy: [], valves: usable(plant.valves) };
  const starts = startsOf(programme.start, plant.clock, {
    from: plant.now,
    to: plant.now + DAYS_LOOKED_AT * DAY_MS,
  });
  yield* budgetFaults(programme, free, mostADay(starts, free));
  yield* supplyFaults(programme, free);
  if (piecesWanted(programme, free) > PIECES_MAX) {
    yield {
      field: programme.cycle === null ? 'zones' : 'cycle.runMinutes',
      why: `a run would be cut into more than ${PIECES_MAX} pieces`,
      hint: 'Use longer runs, fewer zones or a smaller dose.',
    };
    return;
  }
  yield* spanFaults(programme, spanMs(programme, free), starts);
}

/** A valve that cannot start today may tomorrow: the programme is right all the same. */
function usable(valves: ReadonlyMap<string, Valve>): Map<string, Valve> {
  const entries = [...valves].map(
    ([name, valve]) => [name, { ...valve, unusable: null, fault: null }] as const,
  );
  return new Map(entries);
}

function mostADay(starts: readonly Start[], { clock }: World): number {
  const counts = new Map<number, number>();
  for (const { at } of starts) {
    const day = clock.day(at);
    counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  return Math.max(1, ...counts.values());
}

/** The dose as it stands; what the weather adds is cut to the budget on its day. */
function* budgetFaults(
  { zones, dose, budget }: Programme,
  plant: World,
  times: number,
): Iterable<ProgrammeFault> {
  let seconds = 0;
  let litres: number | null = 0;
  for (const zone of zones) {
    const valve = plant.valves.get(zone.device);
    const asked = zone.dose ?? dose;
    if (valve === undefined) continue;
    const plot = valve.site === null ? undefined : plant.plots.get(valve.site);
    if (flowOf(valve, plot) === null) litres = null;
    if (asked.type === 'need') continue;
    const given = doseOf(asked, valve, { world: plant, day: '', factor: 1 });
    seconds += (given.seconds ?? 0) * times;
    if (litres !== null) litres += (given.litres ?? 0) * times;
  }
  if (budget.seconds !== null && seconds > budget.seconds) {
    yield {
      field: 'budget.seconds',
      why: `the doses of a day take ${Math.ceil(seconds)} s and the budget is ${budget.seconds} s`,
      hint: `Give smaller doses, or a budget of at least ${Math.ceil(seconds)} s.`,
    };
  }
  if (budget.litres !== null && litres === null) {
    yield {
      field: 'budget.litres',
      why: 'the flow of a zone is not known, so nobody can say what it uses',
      hint: 'Declare the nominal flow of each valve, or give the budget in seconds.',
    };
  } else if (budget.litres !== null && litres !== null && litres > budget.litres) {
    yield {
      field: 'budget.litres',
      why: `the doses of a day take ${Math.ceil(litres)} L and the budget is ${budget.litres} L`,
      hint: `Give smaller doses, or a budget of at least ${Math.ceil(litres)} L.`,
    };
  }
}

function* supplyFaults({ zones, order }: Programme, plant: World): Iterable<ProgrammeFault> {
  if (order !== 'parallel') return;
  const fed = new Map<string, Valve[]>();
  for (const { device } of zones) {
    const valve = plant.valves.get(device);
    for (const supply of valve?.supplies ?? []) {
      fed.set(supply, [...(fed.get(supply) ?? []), valve as Valve]);
    }
  }
  for (const [name, valves] of fed) {
    const supply = plant.valves.get(name);
    const count = valves.length;
    if (supply?.mostOpen != null && count > supply.mostOpen) {
      yield {
        field: 'order',
        why: `${count} zones at once are more than the ${supply.mostOpen} that ${name} may feed`,
        hint: 'Use sequence, or split the zones between programmes.',
      };
    }
    const flow = valves.reduce((sum, valve) => sum + (valve.flow ?? 0), 0);
    if (supply?.flow != null && flow > supply.flow) {
      yield {
        field: 'order',
        why: `the zones take ${Math.round(flow)} L/min and ${name} gives ${supply.flow} L/min`,
        hint: 'Use sequence, or split the zones between programmes.',
      };
    }
  }
}

function* spanFaults(
  { start }: Programme,
  span: number,
  starts: readonly Start[],
): Iterable<ProgrammeFault> {
  const minutes = Math.ceil((span + BEGIN_WITHIN_MS) / MINUTE_MS);
  if (start.type === 'window') {
    if (span + BEGIN_WITHIN_MS <= windowMs(start)) return;
    yield {
      field: 'start.to',
      why: `all zones take ${minutes} min with their pauses, more than the window has`,
      hint: `Open it for at least ${minutes} min, or give smaller doses.`,
    };
    return;
  }
  if (span > RUN_MS_MAX) {
    yield {
      field: 'dose',
      why: `all zones take ${minutes} min with their pauses, more than a day`,
      hint: `Give smaller doses, at most ${DOSE_SECONDS_MAX / 60} min in all.`,
    };
    return;
  }
  const gap = Math.min(...starts.slice(1).map(({ at }, place) => at - (starts[place]?.at ?? at)));
  if (span <= gap) return;
  yield {
    field: start.type === 'times' ? 'start.at' : 'start.expression',
    why: `a run takes ${minutes} min and the next start comes after ${Math.round(gap / MINUTE_MS)}`,
    hint: `Leave at least ${minutes} min between starts, or give smaller doses.`,
  };
}
