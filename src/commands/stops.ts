import { AppError } from '../base/errors.ts';
import type { Actuator } from '../contracts/actuator.ts';
import type { CommandHand, EmergencyStop } from '../contracts/command.ts';
import { isTerminal } from '../contracts/command.ts';
import type { Confirmations } from './confirmations.ts';
import { actionOf, type Floor, kindOf, stopUnderWay } from './floor.ts';
import { stopOver } from './interlocks.ts';
import { takeOrder } from './orders.ts';
import type { Sitting } from './sitting.ts';

/** A device that is away closes when its lease ends; it is told to for as long as one may last. */
const STOP_NOT_AFTER_MS = 86_400_000;
const STOPPED = 'ACTUATOR_STOPPED';

/** Where an emergency stop is: `coop:<id>`, `site:<id>` or `device:<id>`. Throws COMMAND_INVALID. */
export function coopOf({ registry }: Floor, scope: string, actuators: Iterable<Actuator>): string {
  const [place = '', ...rest] = scope.split(':');
  const id = rest.join(':');
  const unknown = (): never => {
    throw new AppError('STOP_SCOPE_INVALID', `there is no place ${scope.slice(0, 100)} to stop`, {
      field: 'scope',
      hint: 'Name a cooperative, a site or a device: coop:<id>, site:<id> or device:<id>.',
    });
  };
  if (id === '') return unknown();
  if (place === 'site') return registry.site(id)?.coop ?? unknown();
  if (place === 'device') return registry.find(id)?.coop ?? unknown();
  if (place !== 'coop') return unknown();
  for (const { coop } of [...registry.all(), ...actuators]) if (coop === id) return id;
  // A cooperative without devices has nothing to stop, and may be stopped all the same.
  return id;
}

/**
 * Stops a place. Again: nothing is stopped twice, only what may run still and has no stop on its
 * way is told once more.
 */
export function stopAll(
  floor: Floor,
  sitting: Sitting,
  { scope, why, hand }: { scope: string; why: string | null; hand: CommandHand },
): EmergencyStop {
  const known = sitting.stop(scope);
  const coop = known?.coop ?? coopOf(floor, scope, sitting.actuators());
  const stop: EmergencyStop = known ?? { scope, coop, at: sitting.now, by: hand.by, why };
  if (known === undefined) {
    sitting.putStop(scope, stop);
    const subject = scope;
    sitting.audit({
      coop,
      who: hand.by,
      what: 'stop.set',
      subject,
      why,
      before: null,
      after: stop,
    });
  }
  for (const actuator of sitting.actuators()) {
    const place = floor.registry.source(actuator.device) ?? actuator;
    const here = { ...actuator, coop: place.coop, site: place.site };
    if (stopOver(here, [stop]) !== undefined) stopOne(floor, sitting, { actuator: here, stop });
  }
  return stop;
}

/** Throws CONFIRMATION_NEEDED. */
export function release(
  sitting: Sitting,
  {
    scope,
    hand,
    confirmations,
  }: { scope: string; hand: CommandHand; confirmations: Confirmations },
): boolean {
  const stop = sitting.stop(scope);
  if (stop === undefined) return false;
  const content = ['release', scope, stop.at];
  confirmations.require(hand, content, `Everything in ${scope} may start again.`);
  sitting.putStop(scope, null);
  const what = 'stop.released';
  const { coop, why } = stop;
  sitting.audit({ coop, who: hand.by, what, subject: scope, why, before: stop, after: null });
  return true;
}

function stopOne(
  floor: Floor,
  sitting: Sitting,
  { actuator, stop }: { actuator: Actuator; stop: EmergencyStop },
): void {
  const { device } = actuator;
  for (const command of sitting.commandsOf(device)) {
    const { to, state, startedAt } = command;
    if (to !== 'on' || isTerminal(state) || startedAt !== null || command.attempts > 0) continue;
    sitting.move(
      command,
      { state: 'refused', reason: STOPPED },
      `an emergency stop: ${stop.scope}`,
    );
  }
  const { position, lease } = sitting.state(device);
  const isStill = position === 'off' && lease === null;
  const mayStart = sitting
    .commandsOf(device)
    .some(({ to, state }) => to === 'on' && !isTerminal(state));
  if ((isStill && !mayStart) || isBeingStopped(floor, sitting, device)) return;
  const kind = kindOf(floor, device);
  const action = kind && actionOf(kind, 'off');
  if (action === undefined) return;
  takeOrder(floor, sitting, {
    request: {
      ...{ id: sitting.newId(), device, action, why: stop.why ?? stop.scope },
      notAfter: sitting.now + STOP_NOT_AFTER_MS,
      source: { type: 'emergency-stop', name: stop.by, id: null },
    },
  });
}

/** A stop on its way, after every start that is on its way or runs. */
function isBeingStopped(floor: Floor, sitting: Sitting, device: string): boolean {
  const newest = sitting.commandsOf(device).at(-1);
  return newest !== undefined && newest === stopUnderWay(floor, sitting, device);
}
