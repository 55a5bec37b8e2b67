import { AppError } from '../base/errors.ts';
import type { Actuator } from '../contracts/actuator.ts';
import { reliabilityOf } from '../contracts/actuator.ts';
import type { ActuatorView, CommandHand } from '../contracts/command.ts';
import type { Confirmations } from './confirmations.ts';
import { actionOf, type Floor, isStarting, kindOf, situationOf } from './floor.ts';
import { startRefusals } from './interlocks.ts';
import { isRunning } from './leases.ts';
import { takeOrder } from './orders.ts';
import { actuatorFaults } from './plant.ts';
import { endFault } from './positions.ts';
import { risksOf } from './risks.ts';
import type { Sitting } from './sitting.ts';

/** Throws ACTUATOR_INVALID, and CONFIRMATION_NEEDED for what makes it less safe. */
export function saveActuator(
  floor: Floor,
  sitting: Sitting,
  change: { actuator: Omit<Actuator, 'version'>; hand: CommandHand; confirmations: Confirmations },
): Actuator {
  const { hand, confirmations } = change;
  const place = floor.registry.source(change.actuator.device);
  const actuator = place
    ? { ...change.actuator, coop: place.coop, site: place.site }
    : change.actuator;
  const { kinds, registry: devices } = floor;
  const actuators = new Map(sitting.actuators().map((one) => [one.device, one]));
  const [fault] = actuatorFaults(actuator, { kinds, devices, actuators });
  if (fault !== undefined) {
    const { field, why, hint } = fault;
    throw new AppError('ACTUATOR_INVALID', `${field}: ${why}`, { field, hint });
  }
  const { device, coop } = actuator;
  const before = sitting.actuator(device);
  const risks = risksOf(before, actuator);
  if (risks.length > 0) {
    confirmations.require(hand, ['actuator', before?.version ?? 0, actuator], risks.join(' '));
  }
  const { version: _, ...plain } = { ...actuator, version: 0 };
  const saved: Actuator = { ...plain, version: (before?.version ?? 0) + 1 };
  sitting.putActuator(device, saved);
  sitting.audit({
    ...{ coop, who: hand.by, what: 'actuator.changed', subject: device, why: null },
    ...{ before: before ?? null, after: saved },
  });
  return saved;
}

/** What runs or waits is stopped first: nobody could stop it afterwards. */
export function removeActuator(
  floor: Floor,
  sitting: Sitting,
  { device, hand }: { device: string; hand: CommandHand },
): boolean {
  const before = sitting.actuator(device);
  if (before === undefined) return false;
  const kind = kindOf(floor, device);
  const action = kind && actionOf(kind, 'off');
  const lives = sitting.commandsOf(device).some((one) => isStarting(one) || isRunning(one));
  if (lives && action !== undefined) {
    takeOrder(floor, sitting, {
      request: {
        ...{ id: sitting.newId(), device, action, why: 'it is taken out of use' },
        source: { type: 'person', name: hand.by, id: null },
      },
    });
  }
  sitting.putActuator(device, null);
  const { coop } = before;
  const what = 'actuator.removed';
  sitting.audit({ coop, who: hand.by, what, subject: device, why: null, before, after: null });
  return true;
}

/** False when there is no such part; without a fault nothing changes. */
export function clearFault(
  sitting: Sitting,
  { device, why, hand }: { device: string; why: string; hand: CommandHand },
): boolean {
  const actuator = sitting.actuator(device);
  if (actuator === undefined) return false;
  const state = sitting.state(device);
  const { fault } = state;
  if (fault === null) return true;
  const { remedy: _, ...rest } = state;
  sitting.putState(rest);
  endFault(sitting, { device, fault, by: hand.by, note: why });
  return true;
}

export function viewOf(floor: Floor, sitting: Sitting, actuator: Actuator): ActuatorView {
  const { device } = actuator;
  const {
    witness: _witness,
    remedy: _remedy,
    stopSequence: _stop,
    unheardUntil: _unheard,
    ...state
  } = sitting.state(device);
  const situation = situationOf(floor, sitting, { actuator, order: null });
  return {
    actuator,
    state,
    connected: floor.messenger.connected(device),
    reliability: reliabilityOf(state),
    blocked: startRefusals(actuator, situation).map(({ code, text }) => ({ code, text })),
  };
}
