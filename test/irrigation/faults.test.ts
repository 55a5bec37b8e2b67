import { describe, expect, test } from 'vitest';
import type { Programme } from '#src/contracts/irrigation';
import type { Device } from '#src/contracts/state';
import { programmeFaults } from '#src/irrigation/programmes/faults';
import { deviceOf } from '../state/examples.ts';
import { plotOf, programmeOf } from '../state/examples-water.ts';
import { at, Stand } from './support/stand.ts';
import { valveOf, worldOf } from './support/world.ts';

const FOUR = ['v-1', 'v-2', 'v-3', 'v-4'].map((device) => ({ device }));
const DEVICES = new Map<string, Device>(
  ['v-1', 'v-2', 'v-3', 'v-4', 'pump', 'probe', 'fan', 'their-valve'].map((id) => [
    id,
    deviceOf({ id, coop: id.startsWith('their') ? 'phu-my' : 'an-binh' }),
  ]),
);
const devices = { find: (id: string) => DEVICES.get(id), all: () => DEVICES.values() };

function faults(change: Partial<Programme>, world = worldOf()): string[] {
  const programme = programmeOf({ zones: [{ device: 'v-1' }], ...change });
  const found = programmeFaults(programme, { plant: world, devices });
  for (const { why, hint } of found) {
    expect(why).not.toBe('');
    expect(hint).toMatch(/[.?]$/);
  }
  return found.map(({ field }) => field);
}

describe('a programme', () => {
  test('that can be has no fault', () => {
    expect(faults({ zones: FOUR, cycle: { runMinutes: 10, soakMinutes: 20 } })).toEqual([]);
    expect(faults({ start: { type: 'cron', expression: '0 5 29 2 *' } })).toEqual([]);
    expect(faults({ start: { type: 'window', from: '22:00', to: '04:00' } })).toEqual([]);
  });

  test.each<[string, Partial<Programme>, string[]]>([
    ['without a name', { name: ' ' }, ['name']],
    ['without zones', { zones: [] }, ['zones']],
    ['with an unknown device', { zones: [{ device: 'v-9' }] }, ['zones.0.device']],
    ["with another cooperative's", { zones: [{ device: 'their-valve' }] }, ['zones.0.device']],
    ['with a device that moves nothing', { zones: [{ device: 'probe' }] }, ['zones.0.device']],
    ['with a zone twice', { zones: [...FOUR, { device: 'v-2' }] }, ['zones.4.device']],
    ['without times', { start: { type: 'times', at: [] } }, ['start.at']],
    [
      'with a time that no clock shows',
      { start: { type: 'times', at: ['24:00'] } },
      ['start.at.0'],
    ],
    ['with no day', { start: { type: 'times', at: ['05:00'], days: [] } }, ['start.days']],
    [
      'with an empty window',
      { start: { type: 'window', from: '05:00', to: '05:00' } },
      ['start.from'],
    ],
    ['with no cron text', { start: { type: 'cron', expression: 'daily' } }, ['start.expression']],
    ['on 30 February', { start: { type: 'cron', expression: '0 5 30 2 *' } }, ['start.expression']],
    ['each second', { start: { type: 'cron', expression: '* * * * * *' } }, ['start.expression']],
    [
      'on a fifth of February that is a sixth Monday',
      { start: { type: 'cron', expression: '0 5 1 2 1#2' } },
      ['start.expression'],
    ],
    ['with no dose', { dose: { type: 'minutes', minutes: 0 } }, ['dose.minutes']],
    ['with a dose of no number', { dose: { type: 'litres', litres: Number.NaN } }, ['dose.litres']],
    ['with millimetres and no plot', { dose: { type: 'millimetres', millimetres: 4 } }, ['dose']],
    ['by need and without a plot', { dose: { type: 'need', mostMinutes: 60 } }, ['dose']],
    [
      'with a wet limit',
      { conditions: { skipAboveMoisture: 120 } },
      ['conditions.skipAboveMoisture'],
    ],
    ['with no pause', { cycle: { runMinutes: 10, soakMinutes: 0 } }, ['cycle.soakMinutes']],
    ['with no patience', { missed: { policy: 'once', withinMinutes: 0 } }, ['missed']],
    ['with nothing to spend', { budget: { seconds: 0, litres: null } }, ['budget.seconds']],
  ])('%s is refused', (_, change, fields) => {
    const world = worldOf({ valves: [valveOf('their-valve', { coop: 'phu-my' })] });
    expect(faults(change, world)).toEqual(fields);
  });

  test('tells all its faults at once', () => {
    expect(
      faults({
        name: '',
        zones: [{ device: 'v-9' }, { device: 'v-1', dose: { type: 'minutes', minutes: -1 } }],
        start: { type: 'times', at: ['7'] },
      }),
    ).toEqual(['name', 'zones.0.device', 'start.at.0', 'zones.1.dose.minutes']);
  });

  test('whose doses of a day exceed its budget names it', () => {
    const twice = { zones: FOUR, start: { type: 'times', at: ['05:00', '18:00'] } } as const;
    expect(faults({ ...twice, budget: { seconds: 9_600, litres: 3_200 } })).toEqual([]);
    expect(faults({ ...twice, budget: { seconds: 9_599, litres: null } })).toEqual([
      'budget.seconds',
    ]);
    expect(faults({ ...twice, budget: { seconds: null, litres: 3_199 } })).toEqual([
      'budget.litres',
    ]);
    const unknown = worldOf({ valves: [valveOf('v-1', { flow: null })] });
    expect(faults({ budget: { seconds: null, litres: 9_999 } }, unknown)).toEqual([
      'budget.litres',
    ]);
  });

  test('whose dose is beyond what a valve may do in a day', () => {
    const limited = (daily: { seconds: number | null; litres: number | null }) =>
      worldOf({ valves: [valveOf('v-1', { daily })] });
    expect(faults({}, limited({ seconds: 1_199, litres: null }))).toEqual(['dose']);
    expect(faults({}, limited({ seconds: null, litres: 399 }))).toEqual(['dose']);
    expect(faults({}, limited({ seconds: 1_200, litres: 400 }))).toEqual([]);
  });

  test('whose window is shorter than its doses', () => {
    const start = { type: 'window', from: '04:00', to: '05:23' } as const;
    expect(faults({ zones: FOUR, start })).toEqual(['start.to']);
    expect(faults({ zones: FOUR, start: { ...start, to: '05:24' } })).toEqual([]);
  });

  test('whose starts come before its run is over', () => {
    const start = { type: 'times', at: ['05:00', '06:02'] } as const;
    expect(faults({ zones: FOUR, start })).toEqual(['start.at']);
    expect(faults({ zones: FOUR.slice(0, 3), start })).toEqual([]);
  });

  test('whose zones at once are more than their supply feeds', () => {
    const pump = (change: object) =>
      worldOf({ valves: [valveOf('pump', { role: 'pump', supplies: [], flow: null, ...change })] });
    expect(faults({ zones: FOUR, order: 'parallel' }, pump({ mostOpen: 3 }))).toEqual(['order']);
    expect(faults({ zones: FOUR, order: 'parallel' }, pump({ flow: 79 }))).toEqual(['order']);
    expect(faults({ zones: FOUR, order: 'parallel' }, pump({ mostOpen: 4, flow: 80 }))).toEqual([]);
    expect(faults({ zones: FOUR }, pump({ mostOpen: 1 }))).toEqual([]);
  });

  test('whose need is scaled twice, or an aerator among its zones', () => {
    const plots = new Map([['plot', plotOf({ site: 'plot' })]]);
    const scaleByEt0 = { reference: 4, least: 0.5, most: 1.5 };
    const dose = { type: 'need', mostMinutes: 60 } as const;
    expect(faults({ dose, conditions: { scaleByEt0 } }, worldOf({ plots }))).toEqual([
      'conditions.scaleByEt0',
    ]);
    const fan = worldOf({ valves: [valveOf('fan', { role: 'aerator' })] });
    expect(faults({ zones: [{ device: 'fan' }] }, fan)).toEqual(['zones.0.device']);
  });

  test('cut into too many pieces', () => {
    expect(
      faults({
        dose: { type: 'minutes', minutes: 1_000 },
        cycle: { runMinutes: 1, soakMinutes: 1 },
      }),
    ).toEqual(['cycle.runMinutes']);
  });

  test('refused is written down with the field, the fix and who asked', async () => {
    const stand = await Stand.open();
    const refused = stand.save({ budget: { seconds: 60, litres: null } });
    await expect(refused).rejects.toMatchObject({
      code: 'PROGRAMME_INVALID',
      field: 'budget.seconds',
      hint: expect.stringContaining('1200'),
    });
    expect(await stand.programmes.get('p-1')).toBeUndefined();
    const { items } = await stand.state.audit.list({}, { limit: 10 });
    expect(items).toMatchObject([
      { what: 'programme.refused', who: 'Lan', subject: 'p-1', after: { field: 'budget.seconds' } },
    ]);
    await stand.save();
    const moved = stand.save({ coop: 'phu-my' });
    await expect(moved).rejects.toMatchObject({ code: 'PROGRAMME_INVALID', field: 'coop' });
    const wrong = stand.programmes.preview(programmeOf({ zones: [] }), at('05:00'), 1);
    await expect(wrong).rejects.toMatchObject({ code: 'PROGRAMME_INVALID', field: 'zones' });
  });
});
