import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '#src/base/errors';
import type { NewCorrection } from '#src/contracts/corrections';
import type { HistoryQuery, PointQuality } from '#src/contracts/history';
import type { DuckDbStore } from '#src/series/duckdb/store';
import { createStore } from './duckdb-store.ts';
import { DAY, HOUR, MONDAY, newDevice, POND, ZONE } from './fixtures.ts';
import { around, HandClock, openScene, openState } from './history-scene.ts';

describe('corrections', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'corrections-'));
  const store: DuckDbStore = createStore({ dir });
  const offsets = { next: 0 };
  beforeAll(() => store.start(new AbortController().signal));
  afterAll(async () => {
    await store.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Five hourly points from 10 to 14, and their rollups. */
  async function setUp() {
    const device = newDevice();
    const state = await openState(store);
    const clock = new HandClock(MONDAY + 30 * DAY);
    const open = () => openScene({ store, state, offsets, timeZone: ZONE, clock });
    const scene = await open();
    const reports = [0, 1, 2, 3, 4].map((hour) => ({
      device,
      at: MONDAY + hour * HOUR,
      values: { oxygen: 10 + hour },
    }));
    await scene.write(...reports);
    await scene.settle();
    const correction = (change: Partial<NewCorrection>): NewCorrection => ({
      device,
      metric: 'oxygen',
      from: MONDAY + HOUR,
      to: MONDAY + 3 * HOUR,
      work: { type: 'calibration', gain: 2, offset: 0.5 },
      note: '  đầu dò mới ',
      ...change,
    });
    const query: HistoryQuery = {
      kind: POND.name,
      metrics: ['oxygen'],
      filter: { devices: [device] },
      from: MONDAY,
      to: MONDAY + DAY,
      values: 'corrected',
      order: 'ascending',
    };
    const points = async (change: Partial<HistoryQuery> = {}) => {
      const [block] = await scene.ask({ ...query, ...change });
      return {
        values: [...(block?.columns[0] ?? [])],
        raw: [...(block?.raw ?? [])],
        quality: block?.quality as PointQuality[] | undefined,
      };
    };
    return { device, state, clock, scene, open, correction, query, points };
  }

  it('mends, marks and leaves out; the raw value stays', async () => {
    const { scene, correction, points } = await setUp();
    const { corrections } = scene;
    await corrections.create(correction({}), 'mai');
    expect((await points()).values).toEqual([10, 22.5, 24.5, 13, 14]);
    expect((await points({ values: 'raw' })).values).toEqual([10, 11, 12, 13, 14]);
    const at = (hour: number) => ({ from: MONDAY + hour * HOUR, to: MONDAY + hour * HOUR + 1 });
    await corrections.create(
      correction({ ...at(2), work: { type: 'flag', flag: 'invalid' } }),
      'mai',
    );
    await corrections.create(
      correction({ ...at(3), work: { type: 'flag', flag: 'suspect' } }),
      'mai',
    );
    await corrections.create(correction({ ...at(4), work: { type: 'value', value: 7 } }), 'mai');
    expect(await points()).toEqual({
      values: [10, 22.5, 13, 7],
      raw: [],
      quality: ['good', 'good', 'suspect', 'good'],
    });
    expect(await points({ values: 'both' })).toEqual({
      values: [10, 22.5, Number.NaN, 13, 7],
      raw: [10, 11, 12, 13, 14],
      quality: ['good', 'good', 'invalid', 'suspect', 'good'],
    });
    // As many as were asked for, whatever is left out on the way.
    expect((await points({ limit: 3 })).values).toEqual([10, 22.5, 13]);
    expect((await points({ limit: 3, order: 'descending' })).values).toEqual([7, 13, 22.5]);
    const thin = await points({ points: 4, from: MONDAY, to: MONDAY + 5 * HOUR });
    expect(thin.values).toEqual([10, 22.5, 13, 7]);
  });

  it('keeps every version, and who said what and when', async () => {
    const { scene, correction, points, clock, open, device } = await setUp();
    const { corrections } = scene;
    const first = await corrections.create(correction({}), 'mai');
    expect(first).toMatchObject({ version: 1, by: 'mai', at: clock.time, note: 'đầu dò mới' });
    clock.pass(5);
    const work = { type: 'calibration', gain: -1, offset: 0 } as const;
    const second = await corrections.replace(first.id, correction({ work, to: null }), 'bao');
    expect(second).toMatchObject({ id: first.id, version: 2, by: 'bao', at: clock.time });
    expect((await points()).values).toEqual([10, -11, -12, -13, -14]);
    expect(await corrections.list({ devices: [device] })).toEqual([second]);
    expect(await corrections.remove(first.id, 'mai')).toBe(true);
    expect(await corrections.remove(first.id, 'mai')).toBe(false);
    expect(await corrections.replace(first.id, correction({}), 'mai')).toBeUndefined();
    expect(await corrections.remove('nobody', 'mai')).toBe(false);
    const versions = await corrections.versions(first.id);
    expect(versions.map(({ version, removed, by }) => [version, removed, by])).toEqual([
      [1, false, 'mai'],
      [2, false, 'bao'],
      [3, true, 'mai'],
    ]);
    expect((await points()).values).toEqual([10, 11, 12, 13, 14]);
    const again = await open();
    expect(await again.corrections.list({ devices: [device] })).toEqual([]);
  });

  it('marks the days with points, those of the version before too', async () => {
    const { scene, correction, device } = await setUp();
    await scene.write({ device, at: MONDAY + 9 * DAY, values: { oxygen: 1, ph: 7 } });
    await scene.settle();
    const { rollups, corrections } = scene;
    const dirty = () => [...rollups.stale()].map(({ span }) => (span.from - MONDAY) / DAY);
    expect(dirty()).toEqual([]);
    const made = await corrections.create(correction({ to: null }), 'mai');
    expect(dirty()).toEqual([0, 9]);
    await scene.settle();
    await corrections.replace(made.id, correction({ from: MONDAY + 8 * DAY, to: null }), 'mai');
    expect(dirty()).toEqual([0, 9]);
    await scene.settle();
    await corrections.create(correction({ metric: 'ph', to: null }), 'mai');
    expect(dirty()).toEqual([9]);
    await scene.settle();
    await corrections.remove(made.id, 'mai');
    expect(dirty()).toEqual([9]);
  });

  it('marks every day it may touch when the store cannot tell', async () => {
    const { state, clock, correction } = await setUp();
    const down = around(store, {
      query: () => {
        throw new Error('down');
      },
    });
    const scene = await openScene({ store: down, state, offsets, timeZone: ZONE, clock });
    await scene.corrections.create(correction({ to: MONDAY + 3 * DAY }), 'mai');
    expect(scene.rollups.size).toBe(3);
  });

  it('sees the days that get their first points while it is recorded', async () => {
    const { state, clock, correction, device, query } = await setUp();
    let arrive = (): void => undefined;
    let open = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const passed = new Promise<void>((resolve) => {
      open = resolve;
    });
    const save: typeof state.corrections.save = async (one) => {
      arrive();
      await passed;
      await state.corrections.save(one);
    };
    const slow = { ...state, corrections: { ...state.corrections, save } };
    const scene = await openScene({ store, state: slow, offsets, timeZone: ZONE, clock });
    const making = scene.corrections.create(correction({ to: null }), 'mai');
    await reached;
    await scene.write({ device, at: MONDAY + 9 * DAY, values: { oxygen: 1 } });
    await scene.settle();
    await scene.settle();
    open();
    await making;
    for (let round = 0; round < 2; round++) {
      const aggregate = { every: null, functions: ['sum'] as const, timeZone: ZONE };
      const day = { from: MONDAY + 9 * DAY, to: MONDAY + 10 * DAY };
      const [block] = await scene.ask({ ...query, ...day, aggregate });
      expect(block?.columns[0]).toEqual(Float64Array.of(2.5));
      await scene.settle();
    }
    expect(scene.rollups.size).toBe(0);
  });

  it('learns from the state what became of a change that was not confirmed', async () => {
    for (const isKept of [true, false]) {
      const { state, clock, correction, query } = await setUp();
      let fails = true;
      const save: typeof state.corrections.save = async (one) => {
        if (isKept) await state.corrections.save(one);
        fails = true;
        throw new Error('cut off');
      };
      const current: typeof state.corrections.current = async (filter) => {
        if (fails) throw new Error('cut off');
        return state.corrections.current(filter);
      };
      fails = false;
      const doubtful = { ...state, corrections: { ...state.corrections, save, current } };
      const scene = await openScene({ store, state: doubtful, offsets, timeZone: ZONE, clock });
      await expect(scene.corrections.create(correction({}), 'mai')).rejects.toThrow('cut off');
      // Until the state says what is, the day is not taken for computed.
      await expect(scene.settle()).rejects.toThrow('cut off');
      expect(scene.rollups.size).toBe(1);
      fails = false;
      await scene.settle();
      await scene.settle();
      expect(scene.rollups.size).toBe(0);
      const [block] = await scene.ask(query);
      expect(block?.columns[0]?.[1]).toBe(isKept ? 22.5 : 11);
    }
  });

  it('refuses what cannot be, naming the field', async () => {
    const { scene, correction } = await setUp();
    const fieldOf = async (change: object) => {
      const made = scene.corrections.create(correction(change), 'mai');
      return made.then(
        () => 'none',
        ({ code, field }: AppError) => (code === 'CORRECTION_INVALID' ? field : code),
      );
    };
    const calibration = (gain: number, offset: number) => ({
      work: { type: 'calibration', gain, offset },
    });
    expect(await fieldOf({ device: '' })).toBe('device');
    expect(await fieldOf({ metric: 'oxygene' })).toBe('metric');
    expect(await fieldOf({ from: Number.NaN })).toBe('from');
    expect(await fieldOf({ to: MONDAY + HOUR })).toBe('to');
    expect(await fieldOf({ to: Number.POSITIVE_INFINITY })).toBe('to');
    expect(await fieldOf(calibration(0, 1))).toBe('work.gain');
    expect(await fieldOf(calibration(Number.POSITIVE_INFINITY, 1))).toBe('work.gain');
    expect(await fieldOf(calibration(1, Number.NaN))).toBe('work.offset');
    expect(await fieldOf({ work: { type: 'flag', flag: 'bad' } })).toBe('work.flag');
    expect(await fieldOf({ work: { type: 'value', value: Number.NaN } })).toBe('work.value');
    expect(await fieldOf({ work: { type: 'spell' } })).toBe('work.type');
    expect(await fieldOf({ note: 'x'.repeat(1_001) })).toBe('note');
    expect(scene.rollups.size).toBe(0);
  });

  it('refuses queries that cannot be', async () => {
    const { scene, query } = await setUp();
    const every = { count: 1, unit: 'day' } as const;
    const aggregate = { every, functions: ['mean'] as const, timeZone: ZONE };
    const fieldOf = (change: object) =>
      scene.ask({ ...query, ...change }).then(
        () => 'none',
        ({ field }: AppError) => field,
      );
    expect(await fieldOf({ values: 'both', aggregate })).toBe('values');
    expect(await fieldOf({ values: 'mended' })).toBe('values');
    expect(await fieldOf({ aggregate: { ...aggregate, fill: 'zero' } })).toBe('fill');
    expect(await fieldOf({ aggregate: { ...aggregate, timeZone: 'Asia/Saigong' } })).toBe(
      'timeZone',
    );
    expect(await fieldOf({ points: 3 })).toBe('points');
    expect(await fieldOf({ points: 10, order: 'descending' })).toBe('points');
    expect(await fieldOf({ points: 10, aggregate })).toBe('points');
    expect(await fieldOf({ metrics: ['oxygene'], aggregate })).toBe('metric');
  });
});
