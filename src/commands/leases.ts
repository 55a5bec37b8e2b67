import { DAY_MS, dayName } from '../base/local-clock.ts';
import type { ActuatorState, Lease } from '../contracts/actuator.ts';
import type { Command } from '../contracts/command.ts';
import { RUNS_TO_LEARN } from '../water/hydraulic-faults.ts';
import { type Floor, flowMeterOf, keyOf } from './floor.ts';
import { useOf } from './interlocks.ts';
import { moveTo } from './positions.ts';
import type { Sitting } from './sitting.ts';
import { meanOfRun } from './watch.ts';

/** A device said that it runs: from here on its time is granted. Replaces the lease before it. */
export function beginLease(
  floor: Floor,
  sitting: Sitting,
  { command, from, grantedSeconds }: { command: Command; from: number; grantedSeconds: number },
): Command {
  const { device, owner, id } = command;
  for (const earlier of sitting.commandsOf(device)) {
    if (earlier.id !== id && isRunning(earlier))
      endRun(floor, sitting, { command: earlier, at: from });
  }
  const until = from + grantedSeconds * 1000;
  const lease: Lease = { command: id, from, until, grantedSeconds, owner };
  moveTo(floor, sitting, { device, position: 'on', at: from });
  sitting.putState({ ...sitting.state(device), lease });
  return sitting.amend(command, { startedAt: from, grantedSeconds });
}

/** A start whose time is not over. */
export function isRunning({ to, startedAt, endedAt }: Command): boolean {
  return to === 'on' && startedAt !== null && endedAt === null;
}

/** The time of a start is over, by whatever ended it; its use is booked. */
export function endRun(
  floor: Floor,
  sitting: Sitting,
  { command, at }: { command: Command; at: number },
): Command {
  const { device, id } = command;
  const state = sitting.state(device);
  if (state.lease?.command === id) {
    const used = withUse(floor, state, { from: state.lease.from, to: at, now: sitting.now });
    sitting.putState({ ...used, lease: null, goodRuns: learned(floor, sitting, command) });
  }
  return sitting.amend(command, { endedAt: at });
}

/** Books seconds of a run to the local day of `now`: what was before midnight is yesterday's. */
function withUse(
  { localClock }: Floor,
  state: ActuatorState,
  { from, to, now }: { from: number; to: number; now: number },
): ActuatorState {
  const number = localClock.day(now);
  const began = localClock.instant(number * DAY_MS);
  const day = dayName(number);
  const { seconds, litres } = useOf(state, day);
  const more = Math.max(0, to - Math.max(from, began)) / 1000;
  return { ...state, use: { day, seconds: seconds + more, litres } };
}

/** A run that was proven good teaches what flow is usual. */
function learned(floor: Floor, sitting: Sitting, { device, state }: Command): readonly number[] {
  const { goodRuns } = sitting.state(device);
  const actuator = sitting.actuator(device);
  const meter = actuator === undefined ? null : flowMeterOf(floor, actuator);
  const memory = meter === null ? undefined : sitting.meter(keyOf(meter));
  if (memory === undefined || state !== 'effective') return goodRuns;
  const mean = meanOfRun(memory, device);
  return mean === null ? goodRuns : [...goodRuns, mean].slice(-RUNS_TO_LEARN.most);
}
