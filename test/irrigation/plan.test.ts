import { describe, expect, test } from 'vitest';
import type { Programme, ProgrammeRun } from '#src/contracts/irrigation';
import { planProgramme } from '#src/irrigation/programmes/plan';
import type { SkyDay, World } from '#src/irrigation/programmes/world';
import { plotOf, programmeOf } from '../state/examples-water.ts';
import { at, clockOf, codesOf, DAY, HOUR, MIDNIGHT } from './support/stand.ts';
import { valveOf, worldOf } from './support/world.ts';

const FOUR = ['v-1', 'v-2', 'v-3', 'v-4'].map((device) => ({ device }));

function plan(change: Partial<Programme>, world: World = worldOf(), days = 1): ProgrammeRun[] {
  const programme = programmeOf({ zones: [{ device: 'v-1' }], ...change });
  return planProgramme(programme, world, { from: MIDNIGHT, to: MIDNIGHT + days * DAY });
}

function pieces(run: ProgrammeRun | undefined): string[] {
  return (run?.pieces ?? []).map(({ device, from, seconds }) => {
    return `${device} ${clockOf(from)} ${seconds}`;
  });
}

function sky(day: Partial<SkyDay>): World['sky'] {
  const whole = { et0: null, rain: 0, rainProbability: 0, ...day };
  return new Map([
    ['plot', new Map(['2026-11-22', '2026-11-23', '2026-11-24'].map((name) => [name, whole]))],
  ]);
}

describe('doses', () => {
  test('in minutes, litres and millimetres become seconds and litres', () => {
    const plots = new Map([['plot', plotOf({ site: 'plot' })]]);
    const world = worldOf({ plots });
    expect(plan({ dose: { type: 'minutes', minutes: 20 } })[0]?.pieces[0]).toMatchObject({
      ...{ from: at('05:30'), seconds: 1_200, litres: 400 },
    });
    expect(plan({ dose: { type: 'litres', litres: 400 } })[0]?.pieces[0]?.seconds).toBe(1_200);
    // 3 mm net, 0.9 efficient: 3.33 mm at 2 / (0.3 x 1) = 6.67 mm/h is half an hour.
    const depth = plan({ dose: { type: 'millimetres', millimetres: 3 } }, world);
    expect(depth[0]?.pieces[0]?.seconds).toBe(1_800);
  });

  test('of litres go by the drip lines where the valve was never measured', () => {
    const plots = new Map([['plot', plotOf({ site: 'plot' })]]);
    const unknown = { plots, valves: [valveOf('v-1', { flow: null })] };
    // 6.67 mm/h on 2,000 m2 is 222.2 L/min.
    const [run] = plan({ dose: { type: 'litres', litres: 2_222 } }, worldOf(unknown));
    expect(run?.pieces[0]?.seconds).toBe(600);
    const none = plan({ dose: { type: 'litres', litres: 5 } }, worldOf({ valves: unknown.valves }));
    expect(none[0]).toMatchObject({ decision: 'skip', pieces: [] });
    expect(codesOf(none[0])).toEqual(['flow-unknown']);
  });

  test('by need are what the balance asks for that day, up to their most', () => {
    const need = (seconds: number) => ({ netMm: 4.2, grossMm: 4.7, seconds });
    const needs = new Map([
      [
        'plot',
        new Map([
          ['2026-11-22', need(2_520)],
          ['2026-11-23', need(0)],
          ['2026-11-24', null],
          ['2026-11-25', need(9_000)],
        ]),
      ],
    ]);
    const dose = { type: 'need', mostMinutes: 120 } as const;
    const runs = plan({ dose }, worldOf({ needs }), 4);
    expect(runs.map((run) => [run.decision, ...pieces(run)])).toEqual([
      ['run', 'v-1 05:30 2520'],
      ['skip'],
      ['skip'],
      ['run', 'v-1 05:30 3600', 'v-1 06:31 3600'],
    ]);
    expect(runs.flatMap(codesOf)).toEqual([
      'need',
      'no-need',
      'need-unknown',
      'need',
      'need-capped',
    ]);
  });

  test('a zone may have its own', () => {
    const zones = [{ device: 'v-1' }, { device: 'v-2', dose: { type: 'minutes', minutes: 5 } }];
    const [run] = plan({ zones: zones as Programme['zones'] });
    expect(pieces(run)).toEqual(['v-1 05:30 1200', 'v-2 05:51 300']);
  });
});

describe('conditions', () => {
  const limits = { skipAfterRain: 5, skipBeforeRain: 5, skipAboveMoisture: 30 };

  test('skip after rain, before rain and on moist soil, with the numbers', () => {
    const fell = worldOf({
      rain: new Map([['plot', [{ from: MIDNIGHT - HOUR, to: MIDNIGHT, mm: 5 }]]]),
      sky: sky({}),
    });
    const [after] = plan({ conditions: { skipAfterRain: 5 } }, fell);
    expect(after).toMatchObject({ decision: 'skip', pieces: [] });
    expect(after?.reasons[0]).toEqual({
      code: 'rain-fell',
      values: { device: 'v-1', site: 'plot', mm: 5, limit: 5 },
    });
    const coming = worldOf({ sky: sky({ rain: 8, rainProbability: 60 }) });
    expect(codesOf(plan({ conditions: { skipBeforeRain: 5 } }, coming)[0])).toEqual([
      'rain-coming',
    ]);
    const moist = worldOf({ moisture: new Map([['plot', { at: at('04:00'), percent: 30.1 }]]) });
    expect(codesOf(plan({ conditions: { skipAboveMoisture: 30 } }, moist)[0])).toEqual([
      'soil-moist',
    ]);
  });

  test('just below their limits water', () => {
    const world = worldOf({
      rain: new Map([['plot', [{ from: MIDNIGHT - HOUR, to: MIDNIGHT, mm: 4.9 }]]]),
      moisture: new Map([['plot', { at: at('04:00'), percent: 30 }]]),
      sky: sky({ rain: 8, rainProbability: 59 }),
    });
    expect(plan({ conditions: limits }, world)[0]).toMatchObject({ decision: 'run' });
  });

  test('what nobody knows keeps nobody from watering, and is said', () => {
    const [run] = plan({ conditions: { ...limits, scaleByEt0: scale } });
    expect(run).toMatchObject({ decision: 'run' });
    expect(codesOf(run)).toEqual([
      'rain-unknown',
      'forecast-unknown',
      'moisture-unknown',
      'et0-unknown',
    ]);
    const old = worldOf({
      moisture: new Map([['plot', { at: at('05:30') - 7 * HOUR, percent: 90 }]]),
    });
    expect(codesOf(plan({ conditions: { skipAboveMoisture: 30 } }, old)[0])).toEqual([
      'moisture-unknown',
    ]);
  });

  test('rain that fell before now counts for a start only as far as it lies in its 24 h', () => {
    const world = worldOf({
      rain: new Map([['plot', [{ from: MIDNIGHT - HOUR, to: MIDNIGHT, mm: 20 }]]]),
      sky: sky({}),
    });
    const runs = plan({ conditions: { skipAfterRain: 5 } }, world, 2);
    expect(runs.map(({ decision }) => decision)).toEqual(['skip', 'run']);
  });

  const scale = { reference: 4, least: 0.5, most: 1.5 };
  test.each([
    [4, 1_200],
    [5, 1_500],
    [1, 600],
    [9, 1_800],
  ])('an ET0 of %d mm scales 20 min to %d s', (et0, seconds) => {
    const [run] = plan({ conditions: { scaleByEt0: scale } }, worldOf({ sky: sky({ et0 }) }));
    expect(run?.pieces[0]?.seconds).toBe(seconds);
    expect(codesOf(run)).toEqual(['scaled']);
  });

  test('leave out one zone and water the others', () => {
    const world = worldOf({
      valves: [valveOf('v-2', { site: 'other' })],
      moisture: new Map([['other', { at: at('04:00'), percent: 60 }]]),
    });
    const [run] = plan({ zones: FOUR, conditions: { skipAboveMoisture: 30 } }, world);
    expect(run?.pieces.map(({ device }) => device)).toEqual(['v-1', 'v-3', 'v-4']);
  });
});

describe('pieces', () => {
  test('longer than a lease follow each other', () => {
    const world = worldOf({ valves: [valveOf('v-1', { maxSeconds: 900 })] });
    const [run] = plan({ dose: { type: 'minutes', minutes: 40 } }, world);
    expect(pieces(run)).toEqual(['v-1 05:30 800', 'v-1 05:44 800', 'v-1 05:58 800']);
  });

  test('of one valve keep its minimum off time and the time its proof takes', () => {
    const world = worldOf({ valves: [valveOf('v-1', { maxSeconds: 600, restSeconds: 300 })] });
    expect(pieces(plan({}, world)[0])).toEqual(['v-1 05:30 600', 'v-1 05:46 600']);
  });

  test('soak in cycles while the other zones take their turns', () => {
    const [run] = plan({
      zones: FOUR.slice(0, 2),
      cycle: { runMinutes: 10, soakMinutes: 30 },
    });
    expect(pieces(run)).toEqual([
      'v-1 05:30 600',
      'v-2 05:41 600',
      'v-1 06:11 600',
      'v-2 06:22 600',
    ]);
  });

  test('at once are as many as the supply feeds', () => {
    const pump = valveOf('pump', { role: 'pump', supplies: [], flow: null, mostOpen: 2 });
    const [run] = plan({ zones: FOUR, order: 'parallel' }, worldOf({ valves: [pump] }));
    expect(pieces(run)).toEqual([
      'v-1 05:30 1200',
      'v-2 05:30 1200',
      'v-3 05:51 1200',
      'v-4 05:51 1200',
    ]);
  });

  test('at once are as many as the pump has water for', () => {
    const pump = valveOf('pump', { role: 'pump', supplies: [], flow: 65 });
    const [run] = plan({ zones: FOUR, order: 'parallel' }, worldOf({ valves: [pump] }));
    expect(pieces(run).map((piece) => piece.split(' ')[1])).toEqual([
      '05:30',
      '05:30',
      '05:30',
      '05:51',
    ]);
  });

  test('wait for what others have on, also of the same pump', () => {
    const pump = valveOf('pump', { role: 'pump', supplies: [], flow: null, mostOpen: 1 });
    const busy = [{ device: 'v-2', from: at('05:00'), to: at('05:41'), owner: 'Lan' }];
    expect(pieces(plan({}, worldOf({ valves: [pump], busy }))[0])).toEqual(['v-1 05:41 1200']);
    const same = [{ device: 'v-1', from: at('05:45'), to: at('06:00'), owner: 'Lan' }];
    expect(pieces(plan({}, worldOf({ busy: same }))[0])).toEqual(['v-1 06:00 1200']);
  });

  test('on one meter follow after the first has shown its end', () => {
    const valves = ['v-1', 'v-2'].map((device) => {
      return valveOf(device, { meter: 'head', restSeconds: 180 });
    });
    const [run] = plan({ zones: FOUR.slice(0, 2) }, worldOf({ valves }));
    expect(pieces(run)).toEqual(['v-1 05:30 1200', 'v-2 05:54 1200']);
  });

  test('of a valve that cannot start are left out, with the reason', () => {
    const valves = [valveOf('v-1', { unusable: 'ACTUATOR_DISABLED' })];
    const [run] = plan({ zones: FOUR.slice(0, 2) }, worldOf({ valves }));
    expect(pieces(run)).toEqual(['v-2 05:30 1200']);
    expect(run?.reasons[0]).toEqual({
      code: 'zone-unusable',
      values: { device: 'v-1', why: 'ACTUATOR_DISABLED' },
    });
  });
});

describe('windows', () => {
  const start = { type: 'window', from: '20:00', to: '04:30' } as const;

  test('are used as late as still ends within', () => {
    const [run] = plan({ start, zones: FOUR });
    // Four zones of 20 min, a minute between them, and one in which the last order may still begin.
    expect(run?.at).toBe(at('20:00'));
    expect(pieces(run)[0]).toBe('v-1 03:06 1200');
    expect(pieces(run).at(-1)).toBe('v-4 04:09 1200');
  });

  test('are used earlier when others are in the way', () => {
    const busy = [{ device: 'v-1', from: at('00:30', 1), to: at('06:00', 1), owner: 'Lan' }];
    expect(pieces(plan({ start }, worldOf({ busy }))[0])).toEqual(['v-1 20:00 1200']);
  });

  test('end in time: what does not fit is cut and told', () => {
    const busy = [{ device: 'v-1', from: at('20:00'), to: at('04:20', 1), owner: 'Lan' }];
    const [run] = plan({ start }, worldOf({ busy }));
    expect(pieces(run)).toEqual(['v-1 04:20 540']);
    expect(run?.reasons).toEqual([
      { code: 'cut-by-window', values: { device: 'v-1', seconds: 660 } },
    ]);
  });
});

describe('budgets', () => {
  test('of the programme cut the day, not the next one', () => {
    const runs = plan(
      {
        zones: FOUR,
        start: { type: 'times', at: ['05:30', '18:00'] },
        budget: { seconds: 6_000, litres: null },
      },
      worldOf(),
      2,
    );
    const sums = runs.map((run) => run.pieces.reduce((sum, { seconds }) => sum + seconds, 0));
    expect(sums).toEqual([4_800, 1_200, 4_800, 1_200]);
    expect(runs[1]?.reasons.at(-1)).toEqual({
      code: 'cut-by-budget',
      values: { device: 'v-4', seconds: 1_200, budget: 'programme-seconds' },
    });
  });

  test('of a valve count what it gave already, and litres by its flow', () => {
    const used = { day: '2026-11-22', seconds: 0, litres: 700 };
    const valves = [valveOf('v-1', { daily: { seconds: null, litres: 900 }, used })];
    const runs = plan({}, worldOf({ valves }), 2);
    expect(runs.map((run) => run.pieces[0]?.seconds)).toEqual([600, 1_200]);
  });

  test('of two days share what runs over midnight', () => {
    const [run] = plan({
      start: { type: 'times', at: ['23:50'] },
      dose: { type: 'minutes', minutes: 30 },
      budget: { seconds: 900, litres: null },
    });
    // 600 s before midnight and 900 s after it.
    expect(run?.pieces[0]?.seconds).toBe(1_500);
  });
});

describe('decisions', () => {
  test('follow the mode', () => {
    const decide = (mode: Programme['mode']) => plan({ mode })[0];
    expect(decide('auto')).toMatchObject({ decision: 'run', state: 'planned' });
    expect(decide('propose')).toMatchObject({ decision: 'propose', state: 'planned' });
    expect(decide('manual')).toMatchObject({ decision: 'skip', state: 'planned' });
    expect(pieces(decide('manual'))).toEqual(['v-1 05:30 1200']);
  });

  test('a start that falls into the run before is skipped', () => {
    const runs = plan({ start: { type: 'times', at: ['05:30', '05:40', '05:50'] } });
    expect(runs.map(({ decision }) => decision)).toEqual(['run', 'skip', 'run']);
    expect(codesOf(runs[1])).toEqual(['still-running']);
  });

  test('a thousand programmes of a fortnight are planned in two seconds', () => {
    const needs = new Map([['plot', new Map<string, null>()]]);
    const world = worldOf({ needs, sky: sky({ et0: 5, rain: 2, rainProbability: 70 }) });
    const begun = process.cpuUsage();
    for (let count = 0; count < 1_000; count++) {
      const start = { type: 'cron', expression: `${count % 60} ${count % 24} * * *` } as const;
      const conditions = { skipBeforeRain: 5, scaleByEt0: { reference: 4, least: 0.5, most: 1.5 } };
      const cycle = { runMinutes: 10, soakMinutes: 20 };
      expect(
        plan({ id: `p-${count}`, zones: FOUR, start, conditions, cycle }, world, 14).length,
      ).toBe(14);
    }
    // Of this process alone: other work may share the machine.
    const { user, system } = process.cpuUsage(begun);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });
});
