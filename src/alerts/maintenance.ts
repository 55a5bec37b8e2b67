import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Maintenance, MaintenanceActions } from '../contracts/alert.ts';
import type { State } from '../contracts/state.ts';
import { endWork } from './look.ts';

/** Who works longer than this on a place should switch its rules off. */
const LENGTH_MS_MAX = 30 * 86_400_000;
/** A year's calendar of work, and no slip of a finger in the year. */
const AHEAD_MS_MAX = 366 * 86_400_000;
/** Windows of one cooperative that are not over: they are read with every alert that calls. */
const WINDOWS_MAX = 100;
/** Windows stay so long, for who asks why nobody was called. */
const KEPT_MS = 90 * 86_400_000;

/** Plans the times at which people work on a place, and takes them back. */
export function createMaintenance({
  state,
  clock,
}: {
  state: State;
  clock: Clock;
}): MaintenanceActions {
  return {
    async plan(window) {
      const now = clock.now();
      check(window, now);
      const made: Maintenance = { id: randomUUID(), ...window };
      await state.transaction(async (tx) => {
        await tx.maintenance.expire(now - KEPT_MS);
        const filter = { coops: [window.coop], endsAfter: now };
        const { items } = await tx.maintenance.list(filter, { limit: WINDOWS_MAX });
        if (items.length >= WINDOWS_MAX) {
          throw new AppError('MAINTENANCE_FULL', `${WINDOWS_MAX} windows are planned already`, {
            hint: 'Take some of them back first.',
          });
        }
        await tx.maintenance.create(made);
      });
      return made;
    },

    cancel(id) {
      return state.transaction(async (tx) => {
        const window = await tx.maintenance.get(id);
        if (window === undefined) return false;
        await tx.maintenance.remove(id);
        await endWork(tx, window, clock.now());
        return true;
      });
    },
  };
}

function check({ from, until }: Pick<Maintenance, 'from' | 'until'>, now: number): void {
  const length = until - from;
  const isSound = length > 0 && length <= LENGTH_MS_MAX && until > now;
  if (isSound && from - now <= AHEAD_MS_MAX) return;
  throw new AppError('MAINTENANCE_INVALID', 'the window is over, too long or too far ahead', {
    field: 'until',
    hint: 'It ends in the future and after it began, lasts at most 30 days, and begins within a year.',
  });
}
