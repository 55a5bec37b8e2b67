import { describe, expect, test } from 'vitest';
import { at, clockOf, codesOf, Stand } from './support/stand.ts';

const TWO = [{ device: 'v-1' }, { device: 'v-2' }];

async function audit(stand: Stand): Promise<string[]> {
  const { items } = await stand.state.audit.list({}, { limit: 100 });
  return items.map(({ what, who }) => `${what} ${who}`).reverse();
}

describe('a proposal', () => {
  test('waters when somebody accepts it, from then on', async () => {
    const stand = await Stand.open();
    await stand.save({ mode: 'propose', zones: TWO });
    await stand.until(at('06:00'));
    expect(await stand.runs()).toMatchObject([{ decision: 'propose', state: 'proposed' }]);
    expect(stand.starts()).toEqual([]);
    const run = await stand.programmes.accept('p-1', at('05:30'), 'Tư');
    expect(run).toMatchObject({ decision: 'run', state: 'running' });
    expect(run.reasons.at(-1)).toEqual({ code: 'accepted', values: { by: 'Tư' } });
    await stand.until(at('07:00'));
    expect(stand.starts()).toEqual(['v-1 06:00 1200', 'v-2 06:21 1200']);
    expect(await audit(stand)).toEqual(['programme.saved Lan', 'programme.accepted Tư']);
    const again = stand.programmes.accept('p-1', at('05:30'), 'Tư');
    await expect(again).rejects.toMatchObject({ code: 'PROGRAMME_NOT_PROPOSED', field: 'at' });
  });

  test('expires after twelve hours, or with its window', async () => {
    const stand = await Stand.open();
    await stand.save({ mode: 'propose' });
    await stand.save({
      ...{ id: 'p-2', mode: 'propose', zones: [{ device: 'v-2' }] },
      start: { type: 'window', from: '05:20', to: '06:00' },
    });
    await stand.until(at('05:59'));
    expect(await stand.runs('p-2')).toMatchObject([{ state: 'proposed' }]);
    await stand.until(at('06:01'));
    expect(await stand.runs('p-2')).toMatchObject([{ state: 'stopped', note: 'expired' }]);
    expect(await stand.runs()).toMatchObject([{ state: 'proposed' }]);
    stand.sleepUntil(at('17:29'));
    await stand.until(at('17:31'));
    expect(await stand.runs()).toMatchObject([{ state: 'stopped', note: 'expired' }]);
    const late = stand.programmes.accept('p-1', at('05:30'), 'Tư');
    await expect(late).rejects.toMatchObject({ code: 'PROGRAMME_NOT_PROPOSED' });
  });

  test('gives way to a newer one', async () => {
    const stand = await Stand.open();
    await stand.save({ mode: 'propose', start: { type: 'times', at: ['05:30', '06:00'] } });
    await stand.until(at('06:02'));
    expect(await stand.runs()).toMatchObject([
      { state: 'stopped', note: 'overtaken' },
      { state: 'proposed', at: at('06:00') },
    ]);
  });

  test('by hand alone is only planned', async () => {
    const stand = await Stand.open();
    await stand.save({ mode: 'manual' });
    await stand.until(at('06:00'));
    const [run] = await stand.runs();
    expect(run).toMatchObject({ decision: 'skip', state: 'planned' });
    expect(run?.pieces).toHaveLength(1);
    expect(codesOf(run)).toEqual(['manual-mode']);
    expect(stand.starts()).toEqual([]);
  });
});

describe('a run by hand', () => {
  test('begins now, whatever its times and the weather', async () => {
    const stand = await Stand.open();
    await stand.save({ mode: 'manual', conditions: { skipAboveMoisture: 10 }, zones: TWO });
    stand.sleepUntil(at('13:07') + 20_000);
    const run = await stand.programmes.runNow('p-1', 'Tư');
    expect(run).toMatchObject({ decision: 'run', state: 'running', at: stand.clock.wall });
    await stand.until(at('14:00'));
    expect(stand.starts()).toEqual(['v-1 13:07 1200', 'v-2 13:28 1200']);
    expect((await audit(stand)).at(-1)).toBe('programme.run Tư');
  });

  test('is refused beside another of its own', async () => {
    const stand = await Stand.open();
    await stand.save();
    await stand.until(at('05:35'));
    const second = stand.programmes.runNow('p-1', 'Tư');
    await expect(second).rejects.toMatchObject({ code: 'PROGRAMME_RUNNING' });
    const none = stand.programmes.runNow('p-9', 'Tư');
    await expect(none).rejects.toMatchObject({ code: 'PROGRAMME_NOT_FOUND' });
  });
});

describe('stopping', () => {
  test('a run ends what is on and drops what waits', async () => {
    const stand = await Stand.open();
    await stand.save({ zones: TWO });
    await stand.until(at('05:35'));
    expect(await stand.programmes.stopRun('p-1', 'Tư')).toBe(true);
    expect(await stand.programmes.stopRun('p-1', 'Tư')).toBe(false);
    await stand.until(at('07:00'));
    expect(stand.starts()).toEqual(['v-1 05:30 300']);
    expect(stand.desk.stops()).toMatchObject([
      { device: 'v-1', action: 'close', source: { type: 'person', name: 'Tư' } },
    ]);
    expect(await stand.runs()).toMatchObject([{ state: 'stopped', note: 'stopped by Tư' }]);
    expect(await audit(stand)).toEqual(['programme.saved Lan', 'programme.stopped Tư']);
  });

  test('a programme by switching it off or removing it ends its run', async () => {
    const stand = await Stand.open();
    await stand.save();
    await stand.save({ id: 'p-2', zones: [{ device: 'v-2' }] });
    await stand.until(at('05:35'));
    await stand.save({ enabled: false });
    expect(await stand.programmes.remove('p-2', 'Tư')).toBe(true);
    expect(await stand.programmes.remove('p-2', 'Tư')).toBe(false);
    expect(stand.desk.stops().map(({ device }) => device)).toEqual(['v-1', 'v-2']);
    await stand.until(at('07:00'));
    expect(await stand.runs()).toMatchObject([{ state: 'stopped', note: 'disabled' }]);
  });
});

describe('the preview', () => {
  test('is what then happens', async () => {
    const stand = await Stand.open();
    stand.weather.need = () => ({ netMm: 4, grossMm: 4.4, seconds: 2_000 });
    const programme = await stand.save({
      zones: TWO,
      start: { type: 'times', at: ['05:30', '06:50'], days: [0, 1] },
    });
    const preview = await stand.programmes.preview(programme, at('05:00'), 2);
    expect(preview.map(({ at: start }) => clockOf(start))).toEqual([
      '05:30',
      '06:50',
      '05:30',
      '06:50',
    ]);
    await stand.until(at('07:40'));
    stand.sleepUntil(at('05:29', 1));
    await stand.until(at('07:40', 1));
    const said = preview.flatMap(({ pieces }) =>
      pieces.map(({ device, from, seconds }) => `${device} ${clockOf(from)} ${seconds}`),
    );
    expect(stand.starts()).toEqual(said);
  });

  test('says of each day why, with the forecast in it', async () => {
    const stand = await Stand.open();
    const dry = { temperatureMin: 24, temperatureMax: 33, humidityMin: 60, humidityMax: 95 };
    const day = { ...dry, wind: 2, radiation: 20, rain: 0, rainProbability: 10, et0: 6 };
    stand.weather.days = [
      { ...day, day: '2026-11-22' },
      { ...day, day: '2026-11-23', rain: 30, rainProbability: 90 },
      { ...day, day: '2026-11-24' },
      { ...day, day: '2026-11-25', rain: Number.NaN },
    ];
    const conditions = {
      skipBeforeRain: 5,
      scaleByEt0: { reference: 4, least: 0.5, most: 1.2 },
    };
    const programme = await stand.save({ conditions });
    const runs = await stand.programmes.preview(programme, at('00:00'), 4);
    expect(runs.map((run) => [run.decision, ...codesOf(run)])).toEqual([
      // 30 mm come on the second day; 5.5 h of it lie within 24 h of the first start.
      ['skip', 'rain-coming', 'scaled'],
      ['skip', 'rain-coming', 'scaled'],
      ['run', 'forecast-unknown', 'scaled'],
      ['run', 'forecast-unknown', 'scaled'],
    ]);
    expect(runs[2]?.pieces[0]?.seconds).toBe(1_440);
  });

  test('reaches a fortnight, and goes on when nobody answers', async () => {
    const stand = await Stand.open();
    const programme = await stand.save({ conditions: { skipAfterRain: 5, skipBeforeRain: 5 } });
    stand.weather.isBroken = true;
    const runs = await stand.programmes.preview(programme, at('00:00'), 60);
    expect(runs).toHaveLength(14);
    expect(codesOf(runs[0])).toEqual(['rain-unknown', 'forecast-unknown']);
  });

  test('counts what was used today', async () => {
    const stand = await Stand.open();
    const programme = await stand.save({
      start: { type: 'times', at: ['05:30', '18:00'] },
      budget: { seconds: 2_400, litres: null },
    });
    await stand.until(at('06:00'));
    await stand.programmes.runNow('p-1', 'Tư');
    await stand.until(at('07:00'));
    const [next, after] = await stand.programmes.preview(programme, stand.clock.wall, 1);
    expect(next).toMatchObject({ decision: 'skip', at: at('18:00') });
    expect(codesOf(next)).toEqual(['cut-by-budget']);
    expect(after).toMatchObject({ decision: 'run', at: at('05:30', 1) });
  });
});
