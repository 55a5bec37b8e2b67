import { expect, test } from 'vitest';
import { createMetrics } from '#src/base/metrics';
import { createProgrammes, type ProgrammesService } from '#src/irrigation/programmes/programmes';
import { HAND, MINUTE, SECOND, type Sent, Stand, valveOf } from '../commands/stand.ts';
import { programmeOf } from '../state/examples-water.ts';
import { quietLogger } from '../support/quiet.ts';
import { dripKinds, Weather } from './support/stand.ts';

/** Real programmes over the real desk; the devices answer as a controller does. */
class Field {
  readonly stand: Stand;
  programmes: ProgrammesService;
  grants = Number.POSITIVE_INFINITY;
  #answered = 0;
  readonly #closing: Array<{ at: number; device: string }> = [];

  constructor(stand: Stand) {
    this.stand = stand;
    this.programmes = this.make();
  }

  make(): ProgrammesService {
    const { state, clock, desk } = this.stand;
    const { balance, forecasts, readings } = new Weather();
    return createProgrammes({
      ...{ state, registry: state.registry, kinds: dripKinds, commands: desk, clock },
      ...{ balance, forecasts, readings, logger: quietLogger, metrics: createMetrics() },
      timeZone: 'Asia/Ho_Chi_Minh',
    });
  }

  async minute(): Promise<void> {
    await this.programmes.tick();
    await this.stand.desk.idle();
    for (let second = 0; second < 60; second += 5) {
      for (const sent of this.stand.wire.sent.slice(this.#answered)) await this.#answer(sent);
      this.#answered = this.stand.wire.sent.length;
      await this.#close();
      await this.stand.pass(5 * SECOND, 5 * SECOND);
    }
  }

  async #answer(sent: Sent): Promise<void> {
    if (sent.maxSeconds === undefined) {
      for (const one of this.#closing) {
        if (one.device === sent.device) one.at = Math.min(one.at, this.stand.clock.now());
      }
      await this.stand.ack(sent, 'done');
      return;
    }
    const grantedSeconds = Math.min(sent.maxSeconds, this.grants);
    await this.stand.ack(sent, 'accepted', { grantedSeconds });
    await this.stand.ack(sent, 'running', { grantedSeconds });
    this.#closing.push({
      at: this.stand.clock.now() + grantedSeconds * SECOND,
      device: sent.device,
    });
  }

  /** While it is open the meter turns; some seconds later it stands. */
  async #close(): Promise<void> {
    const now = this.stand.clock.now() - 2 * SECOND;
    for (const device of new Set(this.#closing.map((one) => one.device))) {
      const isOpen = this.#closing.some((one) => one.device === device && one.at > now);
      const values = { flow_rate: isOpen ? 20 : 0, valve_open: isOpen ? 1 : 0 };
      await this.stand.report(device, values);
    }
  }
}

test('a run goes through the desk, with a device that grants less and a restart', async () => {
  const stand = await Stand.open();
  const minute = (): number => Math.floor(stand.clock.now() / MINUTE) * MINUTE;
  stand.clock.advance(minute() + MINUTE - stand.clock.now());
  for (const id of ['v-1', 'v-2']) {
    await stand.device(id);
    await stand.desk.saveActuator({ ...valveOf(id), nominalFlow: 20 }, HAND);
    stand.wire.connect(id);
    await stand.report(id, { flow_rate: 0, valve_open: 0 });
  }
  const field = new Field(stand);
  field.grants = 300;
  const { version: _, ...programme } = programmeOf({
    coop: 'coop',
    zones: [{ device: 'v-1' }, { device: 'v-2' }],
    dose: { type: 'minutes', minutes: 8 },
  });
  await field.programmes.save(programme, 'Lan');
  // A valve that was heard closed just now rests first, as after a run.
  for (let count = 0; count < 2; count++) await field.minute();
  const begun = await field.programmes.runNow('p-1', 'Lan');
  expect(begun).toMatchObject({ state: 'running' });
  for (let count = 0; count < 9; count++) await field.minute();
  await stand.restart();
  field.programmes = field.make();
  for (let count = 0; count < 16; count++) await field.minute();
  const { items } = await field.programmes.runs('p-1', { limit: 9 });
  expect(items).toMatchObject([{ state: 'done', note: null }]);
  const pieces = items[0]?.pieces ?? [];
  expect(pieces.map(({ device, seconds }) => `${device} ${seconds}`)).toEqual([
    'v-1 300',
    'v-1 180',
    'v-2 300',
    'v-2 180',
  ]);
  for (const { command } of pieces) {
    expect(await stand.get(command ?? '')).toMatchObject({
      ...{ owner: 'programme:p-1', state: 'effective' },
      source: { type: 'programme', id: 'p-1' },
    });
  }
});

test('an emergency stop ends the run that meets it', async () => {
  const stand = await Stand.open();
  for (const id of ['v-1', 'v-2']) {
    await stand.device(id);
    await stand.desk.saveActuator(valveOf(id), HAND);
    stand.wire.connect(id);
    await stand.report(id, { flow_rate: 0 });
  }
  const field = new Field(stand);
  const zones = [{ device: 'v-1' }, { device: 'v-2' }];
  const { version: _, ...programme } = programmeOf({ coop: 'coop', zones });
  await field.programmes.save(programme, 'Lan');
  await field.programmes.runNow('p-1', 'Lan');
  await field.minute();
  await stand.desk.stop('coop:coop', 'vỡ ống', HAND);
  await field.minute();
  const { items } = await field.programmes.runs('p-1', { limit: 9 });
  expect(items).toMatchObject([{ state: 'stopped', note: 'ACTUATOR_STOPPED' }]);
});
