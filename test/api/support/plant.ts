import type { Command } from '#src/contracts/command';
import {
  actuatorOf,
  aerationPlanOf,
  balanceRowOf,
  commandOf,
  forecastOf,
  plotOf,
  programmeOf,
  runOf,
  stopOf,
} from '../../state/examples-water.ts';
import { type Bench, NOW } from './api.ts';

export const COMMAND_IDS = {
  mine: '01934f00-0000-7000-8000-000000000001',
  theirs: '01934f00-0000-7000-8000-000000000009',
};

/**
 * In each of the two cooperatives: two valves, one of them an actuator, with a command, a
 * programme with a run, and what is known of the water and the air of its site.
 */
export async function seedPlant({ state, access }: Bench): Promise<void> {
  for (const [coop, site, number, id] of [
    ['binh-minh', 'ao-1', '1', COMMAND_IDS.mine],
    ['phu-my', 'ao-9', '9', COMMAND_IDS.theirs],
  ] as const) {
    const facts = { name: null, intervalSeconds: null, tags: [], gateway: null, createdAt: NOW };
    for (const device of [`van-${number}`, `bom-${number}`]) {
      await state.devices.create(
        { id: device, coop, site, kind: 'insect-trap', ...facts },
        access.hashSecret(`${device}-`.padEnd(40, 'x')),
      );
    }
    const device = `van-${number}`;
    const placed = { device, coop, site };
    await state.actuators.save(actuatorOf({ ...placed, maxSeconds: 60, nominalFlow: null }));
    const notAfter = NOW + 60_000;
    await state.commands.save([
      commandOf({ ...placed, id, createdAt: NOW - 1_000, maxSeconds: 60, notAfter, ...done }),
    ]);
    const programme = `tuoi-${number}`;
    await state.programmes.save(programmeOf({ id: programme, coop, zones: [{ device }] }));
    const pieces = [{ device, from: NOW, seconds: 60, litres: null, command: id }];
    await state.programmes.saveRun(runOf({ programme, at: NOW - 60_000, pieces, state: 'done' }));
    await state.plots.save(plotOf({ site, coop }));
    await state.plots.saveRows(site, [balanceRowOf()]);
    await state.forecasts.save(forecastOf({ site, takenAt: NOW }));
    await state.aeration.save(
      aerationPlanOf({ site, coop, sensor: `dev-${number}`, aerators: [`bom-${number}`] }),
    );
    await state.actuators.saveStop(stopOf({ scope: `device:bom-${number}`, coop, at: NOW }));
    await state.audit.append([
      {
        ...{
          at: NOW,
          coop,
          who: `Seed ${number}`,
          what: 'stop.set',
          subject: `device:bom-${number}`,
        },
        ...{ why: '=vỡ ống, "nặng"', before: null, after: { stopped: true } },
      },
    ]);
  }
}

/** One more valve of the caller's cooperative, enabled. */
export async function seedValve({ state, access, commands }: Bench, id: string): Promise<void> {
  const placed = { coop: 'binh-minh', site: 'ao-1' };
  const facts = { name: null, intervalSeconds: null, tags: [], gateway: null, createdAt: NOW };
  await state.devices.create(
    { id, ...placed, kind: 'insect-trap', ...facts },
    access.hashSecret(`${id}-`.padEnd(40, 'x')),
  );
  const { version: _, ...valve } = actuatorOf({ device: id, ...placed, maxSeconds: 60 });
  await commands.saveActuator({ ...valve, interlocks: [] }, { by: 'seed' });
}

const done: Partial<Command> = { state: 'effective', startedAt: NOW - 900, endedAt: NOW - 500 };
