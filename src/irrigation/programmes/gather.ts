import { DAY_MS, dayName, type LocalClock, MINUTE_MS } from '../../base/local-clock.ts';
import type { Actuator, ActuatorState, Interlock } from '../../contracts/actuator.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type { Forecasts } from '../../contracts/forecast.ts';
import type { Plot, Programme, WaterBalance } from '../../contracts/irrigation.ts';
import type { Registry } from '../../contracts/registry.ts';
import type { State } from '../../contracts/state.ts';
import type { FieldReadings } from './readings.ts';
import {
  type Busy,
  type Need,
  type RainPiece,
  type SkyDay,
  STOPPED,
  type Valve,
  type World,
} from './world.ts';

export interface GatherOptions {
  state: Pick<State, 'actuators' | 'plots'>;
  registry: Pick<Registry, 'find'>;
  kinds: KindRegistry;
  balance: Pick<WaterBalance, 'needOn' | 'rows'>;
  forecasts: Pick<Forecasts, 'of'>;
  readings: FieldReadings;
  clock: LocalClock;
  /** Something could not be read; the plan goes on without it and says so. */
  onUnknown: (what: string, error: unknown) => void;
}

/** Good runs before their mean flow is believed. */
const GOOD_RUNS_MIN = 3;
/** Levels of supply above a valve: sub-main, main, pump, well, and as many again. */
const SUPPLIES_MAX = 8;
/** The longest minimum off time is a day. */
const REST_MS_MAX = DAY_MS;

/** Sites that are asked after at once; more only wait for each other in the stores. */
const SITES_AT_ONCE = 8;

/** A world that is being read. */
interface GatheredWorld extends World {
  sky: Map<string, ReadonlyMap<string, SkyDay>>;
  needs: Map<string, ReadonlyMap<string, Need | null>>;
  rain: Map<string, readonly RainPiece[]>;
  moisture: Map<string, { at: number; percent: number }>;
}

/** Reads what plans of these programmes depend on, for local days from today on. */
export async function gather(
  programmes: readonly Programme[],
  options: GatherOptions,
  { now, days }: { now: number; days: number },
): Promise<World> {
  const { clock } = options;
  const plant = await gatherPlant(programmes, options, now);
  const { valves, plots } = plant;
  const world: GatheredWorld = {
    ...plant,
    ...{ sky: new Map(), needs: new Map(), rain: new Map(), moisture: new Map() },
  };
  const today = clock.day(now);
  const names = Array.from({ length: days + 2 }, (_, ahead) => dayName(today + ahead));
  const wishes = [...wishesOf(programmes, valves)];
  // The stores answer several at once in less than half the time.
  for (let first = 0; first < wishes.length; first += SITES_AT_ONCE) {
    await Promise.all(
      wishes
        .slice(first, first + SITES_AT_ONCE)
        .map(([site, wish]) =>
          readSite(options, { site, wish, plot: plots.get(site), names }, world),
        ),
    );
  }
  return world;
}

/** One site's part of a world, as far as somebody asks for it. */
async function readSite(
  options: GatherOptions,
  {
    site,
    wish,
    plot,
    names,
  }: { site: string; wish: Wish; plot: Plot | undefined; names: readonly string[] },
  world: GatheredWorld,
): Promise<void> {
  const { now } = world;
  const known = <T>(what: string, read: () => Promise<T | null>): Promise<T | null> =>
    read().catch((error: unknown) => {
      options.onUnknown(what, error);
      return null;
    });
  if (wish.sky) {
    const sky = await known('forecast', () => readSky(options, site, plot, names[0] ?? ''));
    if (sky !== null) world.sky.set(site, sky);
  }
  if (wish.need) {
    const needs = new Map<string, Need | null>();
    for (const day of names) {
      needs.set(day, await known('need', () => options.balance.needOn(site, day)));
    }
    world.needs.set(site, needs);
  }
  const { rain: gauge, soilMoisture: probe } = plot?.sensors ?? {};
  const lastDay = { from: now - DAY_MS, to: now };
  if (wish.rain && typeof gauge === 'string') {
    const rain = await known('rain', () => options.readings.rain(gauge, lastDay));
    if (rain !== null) world.rain.set(site, rain);
  }
  if (wish.moisture && typeof probe === 'string') {
    const seen = await known('moisture', () => options.readings.moisture(probe, lastDay));
    if (seen !== null) world.moisture.set(site, seen);
  }
}

/** The plant alone: its parts, and the plots that these programmes water. */
export async function gatherPlant(
  programmes: readonly Programme[],
  options: GatherOptions,
  now: number,
): Promise<World> {
  const { valves, busy } = await readValves(options, now);
  const plots = new Map<string, Plot>();
  for (const site of wishesOf(programmes, valves).keys()) {
    const plot = await options.state.plots.get(site);
    if (plot !== undefined) plots.set(site, plot);
  }
  const unknown = new Map<string, never>();
  return {
    ...{ now, clock: options.clock, valves, busy, plots },
    ...{ sky: unknown, needs: unknown, rain: unknown, moisture: unknown },
  };
}

interface Wish {
  sky: boolean;
  need: boolean;
  rain: boolean;
  moisture: boolean;
}

/** Of each site only what some programme asks for. */
function wishesOf(
  programmes: readonly Programme[],
  valves: ReadonlyMap<string, Valve>,
): Map<string, Wish> {
  const wishes = new Map<string, Wish>();
  for (const { zones, dose, conditions } of programmes) {
    const { skipAfterRain, skipBeforeRain, skipAboveMoisture, scaleByEt0 } = conditions;
    for (const zone of zones) {
      const site = valves.get(zone.device)?.site ?? null;
      if (site === null) continue;
      const wish = wishes.get(site) ?? { sky: false, need: false, rain: false, moisture: false };
      wishes.set(site, wish);
      wish.rain ||= skipAfterRain !== undefined;
      wish.moisture ||= skipAboveMoisture !== undefined;
      wish.need ||= (zone.dose ?? dose).type === 'need';
      // Rain that fell before a start to come is partly still a forecast.
      wish.sky ||= wish.rain || skipBeforeRain !== undefined || scaleByEt0 !== undefined;
    }
  }
  return wishes;
}

async function readSky(
  { forecasts, balance }: GatherOptions,
  site: string,
  plot: Plot | undefined,
  today: string,
): Promise<Map<string, SkyDay> | null> {
  const forecast = await forecasts.of(site);
  const sky = new Map<string, SkyDay>();
  for (const { day, et0, rain, rainProbability } of forecast?.days ?? []) {
    sky.set(day, { et0: et0, rain: amount(rain), rainProbability: amount(rainProbability) });
  }
  // The balance made its own of the weather, by one method for all days.
  for (const { day, et0 } of plot === undefined ? [] : await balance.rows(site, today)) {
    const known = sky.get(day) ?? { et0: null, rain: null, rainProbability: null };
    sky.set(day, { ...known, et0: amount(et0) ?? known.et0 });
  }
  return sky.size === 0 ? null : sky;
}

/** A provider's number that can be one. */
function amount(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null;
}

async function readValves(
  { state, registry, kinds }: GatherOptions,
  now: number,
): Promise<{ valves: Map<string, Valve>; busy: Busy[] }> {
  const [actuators, states] = [await state.actuators.all(), await state.actuators.states()];
  const stopped = new Set((await state.actuators.stops()).map(({ scope }) => scope));
  const byDevice = new Map(actuators.map((actuator) => [actuator.device, actuator]));
  const stateOf = new Map(states.map((one) => [one.device, one]));
  const feeding = new Set(actuators.map(({ supply }) => supply));
  const valves = new Map<string, Valve>();
  for (const actuator of actuators) {
    const device = registry.find(actuator.device);
    const kind = device && kinds.get(device.kind);
    const on = kind?.commands?.find(({ action }) => action === kind.actuator?.on);
    const { coop, site } = device ?? actuator;
    const scopes = [`coop:${coop}`, `site:${site}`, `device:${actuator.device}`];
    const valve = valveOf(actuator, stateOf.get(actuator.device));
    valves.set(actuator.device, {
      ...{ ...valve, coop, site },
      unusable: scopes.some((scope) => stopped.has(scope)) ? STOPPED : valve.unusable,
      maxSeconds: Math.min(actuator.maxSeconds, on?.maxSeconds ?? actuator.maxSeconds),
      supplies: suppliesOf(actuator, byDevice),
      feeds: feeding.has(actuator.device),
    });
  }
  return { valves, busy: states.flatMap((one) => leasesOf(one, now)) };
}

type Bare = Omit<Valve, 'coop' | 'site' | 'maxSeconds' | 'supplies' | 'feeds'>;

function valveOf(actuator: Actuator, state: ActuatorState | undefined): Bare {
  const { device, role, enabled, failSafe, nominalFlow, interlocks, witness } = actuator;
  const active = interlocks.filter((interlock) => interlock.enabled);
  const find = <T extends Interlock['type']>(type: T) =>
    active.find((one): one is Extract<Interlock, { type: T }> => one.type === type);
  const runs = state?.goodRuns ?? [];
  const learned = runs.reduce((sum, flow) => sum + flow, 0) / runs.length;
  return {
    device,
    role,
    unusable: unusable(enabled, failSafe, state),
    fault: state?.fault?.code ?? null,
    restSeconds: Math.max(find('minimum-off')?.seconds ?? 0, witness?.withinSeconds ?? 0),
    flow: nominalFlow ?? (runs.length >= GOOD_RUNS_MIN ? learned : null),
    meter: witness === null || witness.device === device ? null : witness.device,
    needsOpen: find('needs-open') !== undefined,
    mostOpen: find('most-open')?.count ?? null,
    daily: {
      seconds: find('daily-seconds')?.most ?? null,
      litres: find('daily-litres')?.most ?? null,
    },
    used: state?.use ?? { day: '', seconds: 0, litres: 0 },
  };
}

function unusable(
  enabled: boolean,
  failSafe: Actuator['failSafe'],
  state: ActuatorState | undefined,
): string | null {
  if (!enabled) return 'ACTUATOR_DISABLED';
  if (failSafe === null) return 'ACTUATOR_NO_FAIL_SAFE';
  return state?.fault ? 'ACTUATOR_FAULTY' : null;
}

function suppliesOf(
  { supply }: Pick<Actuator, 'supply'>,
  byDevice: ReadonlyMap<string, Actuator>,
): string[] {
  const chain: string[] = [];
  for (let next = supply; next !== null && chain.length < SUPPLIES_MAX; ) {
    if (chain.includes(next)) break;
    chain.push(next);
    next = byDevice.get(next)?.supply ?? null;
  }
  return chain;
}

/** What is on now, whoever started it, and what has just ended: it needs its rest. */
function leasesOf({ device, lease, lastOffAt }: ActuatorState, now: number): Busy[] {
  const busy: Busy[] = [];
  // Only evidence ends it: a clock that was moved does not. What is on has rested.
  if (lease !== null) {
    const to = Math.max(lease.until, now + MINUTE_MS);
    busy.push({ device, from: Math.min(lease.from, now), to, owner: lease.owner });
  } else if (lastOffAt !== null && lastOffAt > now - REST_MS_MAX && lastOffAt <= now) {
    busy.push({ device, from: lastOffAt, to: lastOffAt, owner: '' });
  }
  return busy;
}
