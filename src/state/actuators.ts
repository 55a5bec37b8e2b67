import { AppError } from '../base/errors.ts';
import type { Actuator, ActuatorState } from '../contracts/actuator.ts';
import type { ActuatorRepository, EmergencyStop } from '../contracts/command.ts';
import { lastOfEach, writeRows } from './bulk.ts';
import { emptyPage, everyRow, positionAfter, rowsWanted, toPage } from './paging.ts';
import type { Scope } from './scope.ts';

interface ActuatorRow {
  device: string;
  coop: string;
  site: string | null;
  body: string;
}

export function createActuators(scope: Scope): ActuatorRepository {
  return { ...actuators(scope), ...states(scope), ...stops(scope) };
}

type States = Pick<ActuatorRepository, 'states' | 'saveStates' | 'lastSequence'>;
type Stops = Pick<ActuatorRepository, 'stops' | 'saveStop' | 'removeStop'>;

function actuators(scope: Scope): Omit<ActuatorRepository, keyof States | keyof Stops> {
  const { db } = scope;
  // Where a part is, its device says: an emergency stop of a site must reach what was moved there.
  const standing = () =>
    db
      .selectFrom('actuators')
      .innerJoin('devices', 'devices.id', 'actuators.device')
      .select(['actuators.device', 'devices.coop', 'devices.site', 'actuators.body']);

  return {
    async list({ coops, site }, page) {
      if (coops?.length === 0) return emptyPage();
      const after = positionAfter(page, ['string']);
      let query = standing().orderBy('actuators.device').limit(rowsWanted(page));
      if (coops !== undefined) query = query.where('devices.coop', 'in', coops);
      if (site !== undefined) query = query.where('devices.site', '=', site);
      if (after !== undefined) query = query.where('actuators.device', '>', after[0]);
      const rows = await query.execute();
      return toPage(rows, page, { itemOf: toActuator, positionOf: ({ device }) => [device] });
    },

    async all() {
      const rows = await everyRow<ActuatorRow>((limit, last) =>
        standing()
          .where('actuators.device', '>', last?.device ?? '')
          .orderBy('actuators.device')
          .limit(limit)
          .execute(),
      );
      return rows.map(toActuator);
    },

    async get(device) {
      const row = await standing().where('actuators.device', '=', device).executeTakeFirst();
      return row && toActuator(row);
    },

    save(actuator) {
      const { device, coop: _coop, site: _site, ...rest } = actuator;
      const columns = { supply: actuator.supply, body: JSON.stringify(rest) };
      return scope.atomically(async ({ db }) => {
        const known = await db
          .selectFrom('devices')
          .select('id')
          .where('id', '=', device)
          .executeTakeFirst();
        if (known === undefined) {
          throw new AppError('DEVICE_NOT_FOUND', `there is no device ${device}`, {
            field: 'device',
          });
        }
        await db
          .insertInto('actuators')
          .values({ device, ...columns })
          .onConflict((conflict) => conflict.column('device').doUpdateSet(columns))
          .execute();
      });
    },

    remove(device) {
      return scope.atomically(async (inner) => {
        await assertFeedsNothing(inner, device);
        const removed = await inner.db
          .deleteFrom('actuators')
          .where('device', '=', device)
          .returning('device')
          .executeTakeFirst();
        return removed !== undefined;
      });
    },
  };
}

function states(scope: Scope): States {
  const { db } = scope;
  return {
    async states() {
      const rows = await everyRow<{ device: string; body: string }>((limit, last) =>
        db
          .selectFrom('actuator_states')
          // The join leaves out those of devices that are gone.
          .innerJoin('devices', 'devices.id', 'actuator_states.device')
          .select(['actuator_states.device', 'actuator_states.body'])
          .$narrowType<{ body: string }>()
          .where('actuator_states.body', 'is not', null)
          .where('actuator_states.device', '>', last?.device ?? '')
          .orderBy('actuator_states.device')
          .limit(limit)
          .execute(),
      );
      return rows.map(({ body }) => JSON.parse(body) as ActuatorState);
    },

    saveStates(saved) {
      return writeRows(scope, {
        name: 'actuator states',
        rows: lastOfEach(saved, ({ device }) => device).map((state) => ({
          device: state.device,
          sequence: state.sequence,
          body: JSON.stringify(state),
        })),
        build: (db, values) =>
          db
            .insertInto('actuator_states')
            .values(values)
            .onConflict((conflict) =>
              conflict.column('device').doUpdateSet((eb) => ({
                sequence: eb
                  .case()
                  .when('excluded.sequence', '>', eb.ref('actuator_states.sequence'))
                  .then(eb.ref('excluded.sequence'))
                  .else(eb.ref('actuator_states.sequence'))
                  .end(),
                body: eb.ref('excluded.body'),
              })),
            ),
      });
    },

    async lastSequence(device) {
      // The commands too: of a damaged file either table may be what could be read.
      let last = 0;
      for (const table of ['actuator_states', 'commands'] as const) {
        const row = await db
          .selectFrom(table)
          .select(({ fn }) => fn.max('sequence').as('last'))
          .where('device', '=', device)
          .executeTakeFirst();
        // Null while there is none, whatever the type says.
        last = Math.max(last, row?.last ?? 0);
      }
      return last;
    },
  };
}

function stops({ db }: Scope): Stops {
  return {
    async stops() {
      const rows = await everyRow<EmergencyStop>((limit, last) =>
        db
          .selectFrom('emergency_stops')
          .select(['scope', 'coop', 'stopped_at as at', 'stopped_by as by', 'why'])
          .where('scope', '>', last?.scope ?? '')
          .orderBy('scope')
          .limit(limit)
          .execute(),
      );
      return rows;
    },

    async saveStop({ scope, coop, at, by, why }) {
      const columns = { coop, stopped_at: at, stopped_by: by, why };
      await db
        .insertInto('emergency_stops')
        .values({ scope, ...columns })
        .onConflict((conflict) => conflict.column('scope').doUpdateSet(columns))
        .execute();
    },

    async removeStop(scope) {
      const removed = await db
        .deleteFrom('emergency_stops')
        .where('scope', '=', scope)
        .returning('scope')
        .executeTakeFirst();
      return removed !== undefined;
    },
  };
}

/** Throws ACTUATOR_IN_USE: without its supply a part that sticks open could not be closed. */
export async function assertFeedsNothing({ db }: Scope, device: string): Promise<void> {
  const fed = await db
    .selectFrom('actuators')
    .select('device')
    .where('supply', '=', device)
    .limit(1)
    .executeTakeFirst();
  if (fed === undefined) return;
  throw new AppError('ACTUATOR_IN_USE', `${device} still feeds actuator ${fed.device}`, {
    hint: 'Give what it feeds another supply first.',
  });
}

/** Forgets what was known of the part of an earlier device; its sequence alone stays. */
export async function forgetPart({ db }: Scope, device: string): Promise<void> {
  await db
    .updateTable('actuator_states')
    .set({ body: null })
    .where('device', '=', device)
    .execute();
}

function toActuator({ device, coop, site, body }: ActuatorRow): Actuator {
  const rest = JSON.parse(body) as Omit<Actuator, 'device' | 'coop' | 'site'>;
  return { device, coop, site, ...rest };
}
