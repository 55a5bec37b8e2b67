import { describe, expect, test } from 'vitest';
import type { Page, Paged } from '#src/contracts/state';
import { settle } from './examples.ts';
import {
  aerationPlanOf,
  balanceRowOf,
  forecastOf,
  plotOf,
  programmeOf,
  runOf,
} from './examples-water.ts';
import type { StateStand } from './suite.ts';

/** Programmes, plots with their balance, forecasts and aeration. */
export function irrigationCases(stand: StateStand): void {
  describe('plots and aeration plans', () => siteCases(stand));
  describe('forecasts', () => forecastCases(stand));
  describe('programmes', () => programmeCases(stand));
}

async function ids<T>(
  list: (page: Page) => Promise<Paged<T>>,
  idOf: (item: T) => string | number,
): Promise<Array<string | number>> {
  const first = await list({ limit: 1 });
  if (first.next === null) return first.items.map(idOf);
  const rest = await list({ limit: 100, after: first.next });
  return [...first.items, ...rest.items].map(idOf);
}

function siteCases({ open, createPlace }: StateStand): void {
  test('are one for each site of their cooperative, and there after a restart', async () => {
    const place = createPlace();
    const state = await open(place);
    await settle(state);
    const plot = plotOf({ crop: 'tomato' });
    const plan = aerationPlanOf({ mode: 'propose', baseline: null });
    await state.plots.save(plotOf());
    await state.plots.save(plot);
    await state.plots.save(plotOf({ site: 'phu-my-site', coop: 'phu-my' }));
    await state.aeration.save(plan);
    const astray = { site: 'phu-my-site', coop: 'an-binh' };
    const refused = { code: 'SITE_NOT_FOUND', field: 'site' };
    await expect(state.plots.save(plotOf(astray))).rejects.toMatchObject(refused);
    await expect(state.aeration.save(aerationPlanOf(astray))).rejects.toMatchObject(refused);
    await state.stop();
    const again = await open(place);
    expect(await again.plots.get('an-binh-site')).toEqual(plot);
    expect(await again.aeration.get('an-binh-site')).toEqual(plan);
    expect(await again.aeration.all()).toEqual([plan]);
    const sites = (filter: { coops?: string[] }) =>
      ids(
        (page) => again.plots.list(filter, page),
        ({ site }) => site,
      );
    expect(await sites({})).toEqual(['an-binh-site', 'phu-my-site']);
    expect(await sites({ coops: ['phu-my'] })).toEqual(['phu-my-site']);
    expect(await sites({ coops: [] })).toEqual([]);
    expect((await again.aeration.list({ coops: ['phu-my'] }, { limit: 9 })).items).toEqual([]);
    expect(await again.aeration.remove('an-binh-site')).toBe(true);
    expect(await again.aeration.remove('an-binh-site')).toBe(false);
  });

  test('a balance has one row a day, in the order of days, kept over changes of the plot', async () => {
    const state = await open();
    await settle(state);
    await state.plots.save(plotOf());
    const days = ['2026-11-24', '2026-11-21', '2026-11-23', '2026-11-22'];
    const forecast = days.map((day) => balanceRowOf({ day, isForecast: true }));
    await state.plots.saveRows('an-binh-site', forecast);
    const measured = balanceRowOf({ day: '2026-11-22', rain: 8 });
    await state.plots.saveRows('an-binh-site', [balanceRowOf(), measured]);
    await state.plots.save(plotOf({ rootDepth: 0.8 }));
    const rows = await state.plots.rows('an-binh-site', '2026-11-22');
    expect(rows.map(({ day }) => day)).toEqual(['2026-11-22', '2026-11-23', '2026-11-24']);
    expect(rows[0]).toEqual(measured);
    const years = Array.from({ length: 600 }, (_, index) =>
      balanceRowOf({ day: new Date(index * 86_400_000).toISOString().slice(0, 10) }),
    );
    await state.plots.saveRows('an-binh-site', years);
    expect(await state.plots.rows('an-binh-site', '1970-01-01')).toHaveLength(604);
  });

  test('go with their site, and what is still under way for it is left out', async () => {
    const state = await open();
    await settle(state);
    await state.plots.save(plotOf());
    await state.plots.saveRows('an-binh-site', [balanceRowOf()]);
    await state.aeration.save(aerationPlanOf());
    await state.forecasts.save(forecastOf());
    await state.sites.remove('an-binh-site');
    await state.transaction(async (tx) => {
      await tx.plots.saveRows('an-binh-site', [balanceRowOf()]);
      await tx.forecasts.save(forecastOf());
    });
    await settleAgain(state);
    expect(await state.plots.get('an-binh-site')).toBeUndefined();
    expect(await state.aeration.all()).toEqual([]);
    expect(await state.forecasts.newest('an-binh-site')).toBeUndefined();
    await state.plots.save(plotOf());
    expect(await state.plots.rows('an-binh-site', '1970-01-01')).toEqual([]);
  });

  test('the rows of a plot go with the plot', async () => {
    const state = await open();
    await settle(state);
    await state.plots.save(plotOf());
    await state.plots.saveRows('an-binh-site', [balanceRowOf()]);
    expect(await state.plots.remove('an-binh-site')).toBe(true);
    expect(await state.plots.remove('an-binh-site')).toBe(false);
    await state.plots.save(plotOf());
    expect(await state.plots.rows('an-binh-site', '1970-01-01')).toEqual([]);
  });
}

async function settleAgain(state: Parameters<typeof settle>[0]): Promise<void> {
  await state.coops.remove('an-binh');
  await state.sites.remove('phu-my-site');
  await state.coops.remove('phu-my');
  await settle(state);
}

function forecastCases({ open }: StateStand): void {
  test('the newest is one, those since an instant are in their order, old ones go', async () => {
    const state = await open();
    await settle(state);
    expect(await state.forecasts.newest('an-binh-site')).toBeUndefined();
    for (const takenAt of [3_000, 1_000, 2_000]) {
      await state.forecasts.save(forecastOf({ takenAt, provider: 'open-meteo' }));
    }
    const again = forecastOf({ takenAt: 3_000, fellBack: 'open-meteo is down' });
    await state.forecasts.save(again);
    await state.forecasts.save(forecastOf({ site: 'phu-my-site', takenAt: 9_000 }));
    expect(await state.forecasts.newest('an-binh-site')).toEqual(again);
    const times = async (from: number) =>
      (await state.forecasts.since('an-binh-site', from)).map(({ takenAt }) => takenAt);
    expect(await times(2_000)).toEqual([2_000, 3_000]);
    await state.forecasts.expire(2_000);
    expect(await times(0)).toEqual([2_000, 3_000]);
    await state.transaction(async (tx) => {
      for (let takenAt = 5_000; takenAt < 5_600; takenAt++) {
        await tx.forecasts.save(forecastOf({ takenAt }));
      }
    });
    expect(await times(0)).toHaveLength(602);
  });
}

function programmeCases({ open, createPlace }: StateStand): void {
  test('are kept whole, listed by id, and what was decided stays beside them', async () => {
    const place = createPlace();
    const state = await open(place);
    await settle(state);
    await state.programmes.save(programmeOf());
    expect(await state.programmes.decided('p-1')).toBeNull();
    await state.programmes.saveDecided('p-1', 7_000);
    const second = programmeOf({ version: 2, enabled: false });
    await state.programmes.save(second);
    await state.programmes.save(programmeOf({ id: 'p-0', coop: 'phu-my' }));
    await state.stop();
    const again = await open(place);
    expect(await again.programmes.get('p-1')).toEqual(second);
    expect(await again.programmes.decided('p-1')).toBe(7_000);
    expect((await again.programmes.all()).map(({ id }) => id)).toEqual(['p-0', 'p-1']);
    const list = (filter: { coops?: string[] }) =>
      ids(
        (page) => again.programmes.list(filter, page),
        ({ id }) => id,
      );
    expect(await list({})).toEqual(['p-0', 'p-1']);
    expect(await list({ coops: ['an-binh'] })).toEqual(['p-1']);
    expect(await list({ coops: [] })).toEqual([]);
    const refused = (change: object) => expect(again.programmes.save(programmeOf(change))).rejects;
    await refused({ id: 'a b' }).toMatchObject({ code: 'ID_INVALID' });
    await refused({ coop: 'nowhere' }).toMatchObject({ code: 'COOP_NOT_FOUND', field: 'coop' });
  });

  test('runs are one for each start, newest first, and open until they are over', async () => {
    const state = await open();
    await settle(state);
    for (const id of ['p-1', 'p-2']) await state.programmes.save(programmeOf({ id }));
    const { programmes } = state;
    const states = ['planned', 'proposed', 'waiting', 'running', 'done', 'stopped'] as const;
    for (const [index, run] of states.entries()) {
      await programmes.saveRun(runOf({ at: index, state: run }));
    }
    await programmes.saveRun(runOf({ programme: 'p-2', at: 3, state: 'running' }));
    const opened = async () =>
      (await programmes.openRuns()).map(({ programme, at }) => `${programme} ${at}`);
    expect(await opened()).toEqual(['p-1 1', 'p-1 2', 'p-1 3', 'p-2 3']);
    await programmes.saveRun(runOf({ at: 3, state: 'done', note: 'xong' }));
    expect(await opened()).toEqual(['p-1 1', 'p-1 2', 'p-2 3']);
    const listed = await ids(
      (page) => programmes.runs('p-1', page),
      ({ at }) => at,
    );
    expect(listed).toEqual([5, 4, 3, 2, 1, 0]);
    expect((await programmes.runs('p-1', { limit: 9 })).items[2]?.note).toBe('xong');
    await programmes.expireRuns(4);
    expect((await programmes.runs('p-1', { limit: 9 })).items.map(({ at }) => at)).toEqual([
      5, 4, 2, 1,
    ]);
  });

  test('go with what they are saved in, their cooperative, and take their runs along', async () => {
    const state = await open();
    await settle(state);
    await state.programmes.save(programmeOf());
    await state.programmes.saveRun(runOf({ state: 'running' }));
    await state.programmes.saveDecided('p-1', 5);
    expect(await state.programmes.remove('p-1')).toBe(true);
    expect(await state.programmes.remove('p-1')).toBe(false);
    await state.transaction(async (tx) => {
      await tx.programmes.saveRun(runOf());
      await tx.programmes.saveDecided('p-1', 9);
    });
    await state.programmes.save(programmeOf());
    expect(await state.programmes.openRuns()).toEqual([]);
    expect((await state.programmes.runs('p-1', { limit: 9 })).items).toEqual([]);
    expect(await state.programmes.decided('p-1')).toBeNull();
    await state.sites.remove('an-binh-site');
    await state.coops.remove('an-binh');
    expect(await state.programmes.all()).toEqual([]);
  });
}
