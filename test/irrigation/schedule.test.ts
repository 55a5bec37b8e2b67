import { describe, expect, test } from 'vitest';
import type { ProgrammeRun } from '#src/contracts/irrigation';
import { pieceId } from '#src/irrigation/programmes/piece-id';
import { at, codesOf, DAY, HOUR, MINUTE, Stand } from './support/stand.ts';

const TWO = [{ device: 'v-1' }, { device: 'v-2' }];

function decisions(runs: readonly ProgrammeRun[]): string[] {
  return runs.map(({ decision, state }) => `${decision} ${state}`);
}

describe('a programme that waters by itself', () => {
  test('orders its zones one after the other, as its own', async () => {
    const stand = await Stand.open();
    await stand.save({ zones: TWO });
    await stand.until(at('06:30'));
    expect(stand.starts()).toEqual(['v-1 05:30 1200', 'v-2 05:51 1200']);
    expect(stand.desk.starts()[0]).toMatchObject({
      ...{ action: 'open', maxSeconds: 1_200, owner: 'programme:p-1' },
      notAfter: at('05:31'),
      source: { type: 'programme', name: 'Tưới sáng', id: 'p-1' },
    });
    expect(stand.desk.starts()[0]?.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const [run] = await stand.runs();
    expect(run).toMatchObject({ decision: 'run', state: 'done', at: at('05:30'), note: null });
    expect(run?.pieces.every(({ command }) => command !== null)).toBe(true);
    expect(await stand.state.programmes.decided('p-1')).toBe(at('05:30'));
  });

  test('does nothing at times before it was saved, switched on or moved there', async () => {
    const stand = await Stand.open();
    stand.sleepUntil(at('05:31'));
    const missed = { policy: 'once', withinMinutes: 600 } as const;
    await stand.save({ missed });
    await stand.until(at('05:50'));
    await stand.save({ missed, start: { type: 'times', at: ['05:45'] } });
    await stand.until(at('06:00'));
    await stand.save({ missed, enabled: false });
    stand.sleepUntil(at('05:50', 1));
    await stand.until(at('06:00', 1));
    await stand.save({ missed });
    await stand.until(at('06:30', 1));
    expect(stand.starts()).toEqual([]);
    expect(await stand.runs()).toEqual([]);
  });

  test('waits in a window for the last moment, with the weather of that moment', async () => {
    const stand = await Stand.open();
    await stand.save({
      start: { type: 'window', from: '20:00', to: '04:30' },
      dose: { type: 'minutes', minutes: 30 },
      conditions: { skipAboveMoisture: 30 },
    });
    stand.sleepUntil(at('03:50', 1));
    await stand.until(at('03:58', 1));
    expect(await stand.runs()).toEqual([]);
    await stand.until(at('04:35', 1));
    expect(stand.starts()).toEqual(['v-1 03:59 1800']);
    expect(await stand.runs()).toMatchObject([{ at: at('20:00'), state: 'done' }]);
  });

  test('lets what two want of one supply follow each other', async () => {
    const stand = await Stand.open();
    await stand.valve('pump', {
      role: 'pump',
      interlocks: [{ type: 'most-open', count: 1, enabled: true }],
    });
    await stand.save({ id: 'p-1', zones: [{ device: 'v-1' }] });
    await stand.save({ id: 'p-2', zones: [{ device: 'v-2' }] });
    await stand.until(at('06:30'));
    expect(stand.starts()).toEqual(['v-1 05:30 1200', 'v-2 05:51 1200']);
  });

  test('keeps away from what a person has on', async () => {
    const stand = await Stand.open();
    await stand.save();
    const lease = { command: 'c', from: at('05:00'), until: at('05:40'), grantedSeconds: 2_400 };
    await stand.state.actuators.saveStates([
      {
        ...{ device: 'v-1', sequence: 1, position: 'on', since: at('05:00'), fault: null },
        ...{ lease: { ...lease, owner: 'Lan' }, lastOffAt: null, goodRuns: [] },
        use: { day: '2026-11-22', seconds: 0, litres: 0 },
        verdicts: { effective: 0, contradicted: 0, unproven: 0, failed: 0 },
      },
    ]);
    await stand.until(at('05:39'));
    expect(stand.starts()).toEqual([]);
  });
});

test('a piece has one name for ever', () => {
  const name = {
    programme: 'p-1',
    at: at('05:30'),
    place: 0,
    device: 'v-1',
    what: 'start',
  } as const;
  expect(pieceId(name)).toBe(pieceId({ ...name }));
  expect(pieceId(name).slice(0, 13).replace('-', '')).toBe(
    at('05:30').toString(16).padStart(12, '0'),
  );
  const others = [{ programme: 'p-2' }, { at: at('05:31') }, { place: 1 }, { device: 'v-2' }];
  const ids = [{}, ...others, { what: 'stop' as const }].map((part) =>
    pieceId({ ...name, ...part }),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

describe('what was missed', () => {
  test('is skipped, each start with its own row', async () => {
    const stand = await Stand.open();
    await stand.save();
    stand.sleepUntil(at('06:00', 2));
    await stand.until(at('06:10', 2));
    expect(decisions(await stand.runs())).toEqual(['missed done', 'missed done', 'missed done']);
    expect(stand.starts()).toEqual([]);
  });

  test('is made up for once, however long nothing ran', async () => {
    const stand = await Stand.open();
    await stand.save({ missed: { policy: 'once', withinMinutes: 120 } });
    stand.sleepUntil(at('07:00', 3));
    await stand.until(at('07:30', 3));
    expect(decisions(await stand.runs())).toEqual([
      'missed done',
      'missed done',
      'missed done',
      'run done',
    ]);
    expect(stand.starts()).toEqual(['v-1 07:00 1200']);
    expect(codesOf((await stand.runs()).at(-1))).toEqual(['caught-up']);
  });

  test('is left when it is older than the policy wants', async () => {
    const stand = await Stand.open();
    await stand.save({ missed: { policy: 'once', withinMinutes: 60 } });
    stand.sleepUntil(at('07:00'));
    await stand.until(at('07:10'));
    expect(decisions(await stand.runs())).toEqual(['missed done']);
  });

  test('by several programmes never bursts on one supply', async () => {
    const stand = await Stand.open();
    for (const [place, device] of ['v-1', 'v-2', 'v-3'].entries()) {
      const missed = { policy: 'once', withinMinutes: 300 } as const;
      await stand.save({ id: `p-${place}`, zones: [{ device }], missed });
    }
    stand.sleepUntil(at('07:00'));
    await stand.until(at('08:10'));
    expect(stand.starts()).toEqual(['v-1 07:00 1200', 'v-2 07:21 1200', 'v-3 07:42 1200']);
  });
});

describe('a clock that is moved', () => {
  test('forward neither bursts nor runs twice', async () => {
    const stand = await Stand.open();
    const hourly = ['05:10', '06:10', '07:10', '08:10'];
    const missed = { policy: 'once', withinMinutes: 120 } as const;
    await stand.save({ start: { type: 'times', at: hourly }, missed });
    await stand.until(at('05:50'));
    stand.clock.jump(2 * HOUR - 10 * MINUTE);
    await stand.until(at('08:40'));
    expect(decisions(await stand.runs())).toEqual([
      'run done',
      'missed done',
      'run done',
      'run done',
    ]);
    expect(stand.starts()).toEqual(['v-1 05:10 1200', 'v-1 07:40 1200', 'v-1 08:10 1200']);
  });

  test('back repeats nothing', async () => {
    const stand = await Stand.open();
    await stand.save({ start: { type: 'times', at: ['05:30', '06:30'] } });
    await stand.until(at('06:00'));
    stand.clock.jump(-HOUR);
    await stand.until(at('07:00'));
    expect(stand.starts()).toEqual(['v-1 05:30 1200', 'v-1 06:30 1200']);
  });

  test('in mid-run lets the run go on in its own time', async () => {
    for (const hours of [2, -2]) {
      const stand = await Stand.open();
      await stand.save({ zones: TWO });
      await stand.until(at('05:40'));
      stand.clock.jump(hours * HOUR);
      await stand.until(stand.clock.wall + 40 * MINUTE);
      const leases = stand.desk.leases();
      expect(leases.map(({ device }) => device)).toEqual(['v-1', 'v-2']);
      const [first, second] = leases;
      const gap = (second?.fromMonotonic ?? 0) - (first?.toMonotonic ?? 0);
      expect(gap).toBeGreaterThanOrEqual(0);
      expect(gap).toBeLessThanOrEqual(2 * MINUTE);
    }
  });

  test('back hides nothing that is on from what somebody starts then', async () => {
    const stand = await Stand.open();
    const most = { type: 'most-open', count: 1, enabled: true } as const;
    await stand.valve('pump', { role: 'pump', interlocks: [most] });
    await stand.save();
    const dose = { type: 'minutes', minutes: 5 } as const;
    await stand.save({ id: 'p-2', mode: 'manual', zones: [{ device: 'v-2' }], dose });
    await stand.until(at('05:35'));
    stand.clock.jump(-20 * MINUTE);
    await stand.programmes.runNow('p-2', 'Tư');
    expect(stand.desk.starts().map(({ device }) => device)).toEqual(['v-1']);
    await stand.until(stand.clock.wall + 25 * MINUTE);
    expect(stand.desk.starts().map(({ device }) => device)).toEqual(['v-1', 'v-2']);
  });

  test('back from years ahead does not keep a programme waiting for them', async () => {
    const stand = await Stand.open();
    await stand.save();
    await stand.state.programmes.saveDecided('p-1', at('05:30') + 3_000 * DAY);
    await stand.until(at('06:00'));
    expect(stand.starts()).toEqual(['v-1 05:30 1200']);
  });
});

describe('a program that dies', () => {
  test('before a decision is kept decides it again, after it does not', async () => {
    const stand = await Stand.open();
    await stand.save();
    await stand.until(at('05:29'));
    stand.failAfter = 1;
    stand.clock.advance(MINUTE);
    await stand.programmes.tick();
    expect(await stand.runs()).toEqual([]);
    stand.failAfter = Number.POSITIVE_INFINITY;
    stand.restart();
    await stand.until(at('06:00'));
    stand.restart();
    await stand.until(at('06:00'));
    expect(stand.starts()).toEqual(['v-1 05:30 1200']);
  });

  test.each(['diesAfter', 'diesBefore'] as const)('%s an order gives it once', async (when) => {
    const stand = await Stand.open();
    await stand.save({ zones: TWO });
    await stand.until(at('05:29'));
    stand.desk[when] = 1;
    stand.clock.advance(MINUTE);
    await stand.programmes.tick();
    stand.restart();
    await stand.until(at('07:00'));
    expect(stand.desk.leases().map(({ device }) => device)).toEqual(['v-1', 'v-2']);
    expect(new Set(stand.desk.starts().map(({ id }) => id)).size).toBe(2);
    expect(await stand.runs()).toMatchObject([{ state: 'done' }]);
  });

  test('in mid-run goes on with what is left, nothing twice', async () => {
    const stand = await Stand.open();
    await stand.save({ zones: [...TWO, { device: 'v-3' }] });
    await stand.until(at('05:40'));
    stand.clock.advance(45 * MINUTE);
    stand.restart();
    await stand.until(at('07:10'));
    expect(stand.starts()).toEqual(['v-1 05:30 1200', 'v-2 06:25 1200', 'v-3 06:46 1200']);
  });

  test('for too long drops what is left', async () => {
    const stand = await Stand.open();
    await stand.save({ zones: TWO });
    await stand.until(at('05:40'));
    stand.clock.advance(5 * HOUR);
    stand.restart();
    await stand.until(at('11:00'));
    expect(stand.starts()).toEqual(['v-1 05:30 1200']);
    expect(await stand.runs()).toMatchObject([
      { state: 'stopped', note: 'interrupted for too long' },
    ]);
  });
});

describe('what devices do', () => {
  test('a shorter grant is seen, and the rest of the dose given in further pieces', async () => {
    const stand = await Stand.open();
    await stand.save({ zones: TWO });
    stand.desk.manners.set('v-1', { grants: 500 });
    await stand.until(at('07:00'));
    expect(stand.starts()).toEqual([
      'v-1 05:30 500',
      'v-1 05:39 500',
      'v-1 05:48 200',
      'v-2 05:52 1200',
    ]);
    const [run] = await stand.runs();
    expect(run).toMatchObject({ state: 'done' });
    expect(run?.reasons[0]).toEqual({
      code: 'shorter-grant',
      values: { device: 'v-1', piece: 0, asked: 1_200, granted: 500 },
    });
  });

  test('the rest ends with the window', async () => {
    const stand = await Stand.open();
    const start = { type: 'window', from: '04:00', to: '04:30' } as const;
    await stand.save({ start, dose: { type: 'minutes', minutes: 20 } });
    stand.desk.manners.set('v-1', { grants: 290 });
    stand.sleepUntil(at('04:00', 1));
    await stand.until(at('04:40', 1));
    const leases = stand.desk.leases();
    expect(Math.max(...leases.map(({ to }) => to))).toBeLessThanOrEqual(at('04:30', 1));
    expect(codesOf((await stand.runs())[0])).toContain('cut-by-window');
  });

  test.each([
    ['a refusal of its own', { refuses: 'INTERLOCK_MINIMUM_OFF' }, 'INTERLOCK_MINIMUM_OFF'],
    ['a device that is away', { isOffline: true }, 'expired'],
    ['a start without effect', { contradicts: true }, 'contradicted'],
  ])('%s costs that zone, not the next ones', async (_, manner, why) => {
    const stand = await Stand.open();
    await stand.save({ zones: TWO, cycle: { runMinutes: 10, soakMinutes: 5 } });
    stand.desk.manners.set('v-1', manner);
    await stand.until(at('06:40'));
    const ordered = stand.desk.starts().map(({ device }) => device);
    expect(ordered).toEqual(['v-1', 'v-2', 'v-2']);
    const [run] = await stand.runs();
    expect(run).toMatchObject({ state: 'done', note: null });
    expect(run?.reasons[0]).toEqual({
      code: 'piece-failed',
      values: { device: 'v-1', piece: 0, why },
    });
  });

  test.each(['ACTUATOR_STOPPED', 'INTERLOCK_TANK_LEVEL', 'INTERLOCK_SOURCE_SALINITY'])(
    '%s stops the run with a note',
    async (code) => {
      const stand = await Stand.open();
      await stand.save({ zones: TWO });
      stand.desk.manners.set('v-1', { refuses: code });
      await stand.until(at('06:00'));
      expect(stand.desk.starts().map(({ device }) => device)).toEqual(['v-1']);
      expect(await stand.runs()).toMatchObject([{ state: 'stopped', note: code }]);
    },
  );

  test('what is refused after it was taken stops the run as well', async () => {
    const stand = await Stand.open();
    await stand.save({ zones: TWO });
    stand.desk.manners.set('v-1', { turnsDown: 'INTERLOCK_TANK_LEVEL' });
    await stand.until(at('06:00'));
    expect(stand.desk.starts().map(({ device }) => device)).toEqual(['v-1']);
    expect(await stand.runs()).toMatchObject([{ state: 'stopped', note: 'INTERLOCK_TANK_LEVEL' }]);
  });

  test('a fault of the supply stops what is on and drops what waits', async () => {
    const stand = await Stand.open();
    await stand.save({ zones: TWO });
    await stand.until(at('05:35'));
    await stand.state.actuators.saveStates([
      {
        ...{ device: 'pump', sequence: 1, position: 'off', since: 1, lease: null, goodRuns: [] },
        ...{ lastOffAt: null, use: { day: '', seconds: 0, litres: 0 } },
        verdicts: { effective: 0, contradicted: 0, unproven: 0, failed: 0 },
        fault: { code: 'burst', at: 1, command: null, text: { vi: '', en: '', fr: '' } },
      },
    ]);
    await stand.until(at('06:00'));
    expect(stand.starts()).toEqual(['v-1 05:30 300']);
    expect(await stand.runs()).toMatchObject([{ state: 'stopped', note: 'burst at pump' }]);
  });
});
