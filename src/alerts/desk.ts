import { type Clock, repeat } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import type { Service } from '../base/service.ts';
import type { Alert, AlertDesk, AlertMessenger } from '../contracts/alert.ts';
import type { LivePublisher } from '../contracts/live.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Repositories, State } from '../contracts/state.ts';
import { beginWork, look, moveWith } from './look.ts';
import { settleChanges } from './settle.ts';
import { Sitting } from './sitting.ts';

export interface AlertDeskOptions {
  state: State;
  registry: Registry;
  live: LivePublisher;
  clock: Clock;
  logger: Logger;
  /** Who calls people; without one nobody is called. */
  messenger?: AlertMessenger;
}

/** Decides whether alerts call people, and looks again when a time is over. */
export interface AlertDeskService extends AlertDesk, Service {
  /** Ends shelves, damping and maintenance whose time has come; `start` calls it every second. */
  tick(): Promise<void>;
}

const TICK_MS = 1_000;
/** Alerts looked at in one tick; each is a transaction of about a millisecond. */
const LOOKS_PER_TICK = 100;
/** The wall clock moved this far from the one that cannot jump: times that were set move along. */
const CLOCK_JUMP_MS = 60_000;

export function createAlertDesk(options: AlertDeskOptions): AlertDeskService {
  const { state, registry, live, clock, logger, messenger } = options;
  const quiet = repeatGuard(clock);
  let ends = (): void => undefined;
  let running: Promise<void> = Promise.resolve();
  /** Wall time minus monotonic time, as the times in the state were set by. */
  let offset = clock.now() - clock.monotonic();

  async function tell(tx: Repositories, sitting: Sitting): Promise<void> {
    const news = sitting.news();
    if (news.length > 0) await messenger?.enqueue(tx, news);
  }

  function publish(alerts: readonly Alert[]): void {
    for (const alert of alerts) live.publish({ type: 'alert', coop: alert.coop, data: alert });
  }

  /** One change of the desk's own: all of it commits, then it is published. */
  async function sit(work: (sitting: Sitting, tx: Repositories) => Promise<void>): Promise<void> {
    const changed = await state.transaction(async (tx) => {
      const sitting = new Sitting(tx, { registry, now: clock.now() });
      await work(sitting, tx);
      await tx.alerts.save(sitting.changed());
      await tell(tx, sitting);
      return sitting.changed();
    });
    publish(changed);
  }

  async function noticeJump(): Promise<void> {
    const seen = clock.now() - clock.monotonic();
    const byMs = Math.round(seen - offset);
    if (Math.abs(byMs) > CLOCK_JUMP_MS) {
      const moved = await state.transaction(async (tx) => {
        await tx.maintenance.move(clock.now() - byMs, byMs);
        return moveWith(tx, byMs);
      });
      logger.warn({ byMs, alerts: moved.length }, 'the clock jumped, what alerts wait for moved');
      publish(moved);
    }
    offset = seen;
  }

  async function tickOnce(): Promise<void> {
    await noticeJump();
    const now = clock.now();
    for (const window of await state.maintenance.beginning(now)) {
      await sit((sitting, tx) => beginWork(sitting, tx, window));
    }
    for (const id of await state.desk.due(now, LOOKS_PER_TICK)) {
      await sit((sitting, tx) => look(sitting, tx, id));
    }
  }

  const desk: AlertDeskService = {
    name: 'alert desk',

    async settle(tx, changes) {
      const sitting = new Sitting(tx, { registry, now: clock.now() });
      const alerts = await settleChanges(sitting, tx, changes);
      await tell(tx, sitting);
      return alerts;
    },

    async start() {
      offset = clock.now() - clock.monotonic();
      ends = repeat(TICK_MS, () =>
        desk
          .tick()
          .catch((error: unknown) =>
            quiet('desk', (suppressed) =>
              logger.warn(
                { error: describeError(error), suppressed },
                'alerts could not be seen to',
              ),
            ),
          ),
      );
    },

    async stop() {
      ends();
      await running.catch(() => undefined);
    },

    tick() {
      running = running.catch(() => undefined).then(tickOnce);
      return running;
    },
  };
  return desk;
}
