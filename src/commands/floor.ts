import type { LocalClock } from '../base/local-clock.ts';
import { DAY_MS, dayName } from '../base/local-clock.ts';
import type { Actuator, Position } from '../contracts/actuator.ts';
import type { Command } from '../contracts/command.ts';
import { isTerminal } from '../contracts/command.ts';
import type { DeviceKind, KindRegistry } from '../contracts/device-kind.ts';
import type { DeviceMessenger } from '../contracts/messenger.ts';
import type { Registry } from '../contracts/registry.ts';
import type { State } from '../contracts/state.ts';
import { type Book, CLOCK_BACK_MS, type OpenCommand } from './book.ts';
import { type Situation, useOf } from './interlocks.ts';
import { type Meter, meterOf, type Plant } from './parts.ts';
import type { Senses } from './senses.ts';
import type { Sitting } from './sitting.ts';
import { demandOn, litresSince } from './watch.ts';

/** What all of this room stands on. */
export interface Floor {
  state: State;
  registry: Registry;
  kinds: KindRegistry;
  messenger: DeviceMessenger;
  localClock: LocalClock;
  book: Book;
  senses: Senses;
}

export function kindOf(floor: Floor, device: string): DeviceKind | undefined {
  const found = floor.registry.find(device);
  return found && floor.kinds.get(found.kind);
}

/** The action of a kind that leads somewhere. */
export function actionOf({ actuator }: DeviceKind, to: Position): string | undefined {
  return to === 'on' ? actuator?.on : actuator?.off;
}

/** The plant as a sitting sees it. */
export function plantAt(floor: Floor, sitting: Sitting): Plant {
  return {
    get(device) {
      const actuator = sitting.actuator(device);
      if (actuator === undefined) return undefined;
      const starting = sitting
        .commandsOf(device)
        .filter(isStarting)
        .map(({ id, owner, attempts }) => ({ command: id, owner, isWaiting: attempts === 0 }));
      return { actuator, state: sitting.state(device), starting };
    },
    fedBy: (supply) => floor.book.plant.fedBy(supply),
    shownBy: (meter) => floor.book.plant.shownBy(meter),
  };
}

/** A start on its way: neither over nor said to run. */
export function isStarting({ to, state, startedAt }: Command): boolean {
  return to === 'on' && startedAt === null && !isTerminal(state);
}

/** A stop on its way. */
export function isStopping({ to, state, startedAt }: Command): boolean {
  return to === 'off' && startedAt === null && !isTerminal(state);
}

/** Whether any clock still lets a device begin it. */
export function mayBegin(
  { now, monotonic }: Pick<Sitting, 'now' | 'monotonic'>,
  { command, beginsUntil }: OpenCommand,
): boolean {
  const { notAfter, createdAt, to } = command;
  // Written by a clock that was ahead of this one: how long ago nobody knows. A stop is never late.
  const isFromTomorrow = to === 'on' && createdAt > now + CLOCK_BACK_MS;
  return monotonic < beginsUntil && now < notAfter && !isFromTomorrow;
}

/** The newest stop of a part that it may still hear; one whose time is over does nothing more. */
export function stopUnderWay(
  { book }: Floor,
  sitting: Sitting,
  device: string,
): Command | undefined {
  return sitting.commandsOf(device).findLast((command) => {
    const entry = book.find(command.id);
    return isStopping(command) && (entry === undefined || mayBegin(sitting, entry));
  });
}

/** What a start of this part is judged by now. */
export function situationOf(
  floor: Floor,
  sitting: Sitting,
  { actuator, order }: { actuator: Actuator; order: Situation['order'] },
): Situation {
  const { localClock, senses } = floor;
  const { device } = actuator;
  const { now } = sitting;
  const number = localClock.day(now);
  const day = dayName(number);
  const kind = kindOf(floor, device);
  const on = kind?.commands?.find(({ action }) => action === kind.actuator?.on);
  return {
    now,
    day,
    dayEndsAt: localClock.instant((number + 1) * DAY_MS),
    plant: plantAt(floor, sitting),
    knowledge: senses.knowledge(now),
    stops: sitting.stops(),
    kindMaxSeconds: on?.maxSeconds ?? 0,
    use: useNow(floor, sitting, { actuator, day }),
    order,
  };
}

/** Use of a local day up to now: what is booked, and what runs. */
function useNow(
  floor: Floor,
  sitting: Sitting,
  { actuator, day }: { actuator: Actuator; day: string },
): { seconds: number; litres: number } {
  const { localClock } = floor;
  const { now } = sitting;
  const state = sitting.state(actuator.device);
  const booked = useOf(state, day);
  if (state.lease === null) return booked;
  const dayBegan = localClock.instant(localClock.day(now) * DAY_MS);
  const from = Math.max(state.lease.from, dayBegan);
  const seconds = booked.seconds + Math.max(0, now - from) / 1000;
  const meter = flowMeterOf(floor, actuator);
  const memory = meter === null ? undefined : sitting.meter(keyOf(meter));
  if (meter === null || memory === undefined) return { seconds, litres: booked.litres };
  const demand = demandOn(plantAt(floor, sitting), meter);
  const more = litresSince(memory, now, demand).get(actuator.device) ?? 0;
  return { seconds, litres: booked.litres + more };
}

/** Where the water of a part is counted, in L/min; null: its witness is something else. */
export function flowMeterOf(floor: Floor, actuator: Actuator): Meter | null {
  const meter = meterOf(actuator);
  const kind = meter && kindOf(floor, meter.device);
  const metric = kind?.metrics.find(({ name }) => name === meter?.metric);
  return metric?.unit === 'L/min' ? meter : null;
}

export function keyOf({ device, metric }: Meter): string {
  return `${device} ${metric}`;
}
