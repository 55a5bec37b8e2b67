import { expect, test } from 'vitest';
import { HAND, MINUTE } from '../commands/stand.ts';
import { Field } from './support/field.ts';

const zones = [{ device: 'v-1' }, { device: 'v-2' }];

async function openField(): Promise<Field> {
  const field = await Field.open();
  for (const { device } of zones) await field.part(device);
  // A valve that was heard closed just now rests first, as after a run.
  await field.pass(2 * MINUTE);
  return field;
}

test('a run goes through the desk, with a device that grants less and a restart', async () => {
  const field = await openField();
  for (const { device } of zones) field.ways.set(device, { grants: 300 });
  await field.save({ zones, dose: { type: 'minutes', minutes: 8 } });
  const begun = await field.programmes.runNow('p-1', 'Lan');
  expect(begun).toMatchObject({ state: 'running' });
  await field.pass(9 * MINUTE);
  await field.restart();
  await field.pass(16 * MINUTE);
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
    expect(await field.stand.get(command ?? '')).toMatchObject({
      ...{ owner: 'programme:p-1', state: 'effective' },
      source: { type: 'programme', id: 'p-1' },
    });
  }
});

test('an emergency stop ends the run that meets it', async () => {
  const field = await openField();
  await field.save({ zones });
  await field.programmes.runNow('p-1', 'Lan');
  await field.pass(MINUTE);
  await field.stand.desk.emergencyStop('coop:coop', 'vỡ ống', HAND);
  await field.pass(MINUTE);
  expect(await field.run()).toMatchObject({ state: 'stopped', note: 'ACTUATOR_STOPPED' });
});
