import { expect, onTestFinished } from 'vitest';
import { createMetrics } from '#src/base/metrics';
import type { Correction, HistoryBlock, HistoryQuery } from '#src/contracts/history';
import type { SeriesBatch, SeriesStore } from '#src/contracts/series';
import type { State } from '#src/contracts/state';
import { createBucketing } from '#src/series/bucketing';
import { createCorrections } from '#src/series/history/corrections';
import { createHistory } from '#src/series/history/history';
import { Recompute } from '#src/series/history/recompute';
import { RollupLedger } from '#src/series/history/rollup-ledger';
import { createSeriesWriter } from '#src/series/writer';
import { createState } from '#src/state/state';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';
import {
  collect,
  DAY,
  expectClose,
  KINDS,
  MINUTE,
  type Report,
  toObservation,
} from './fixtures.ts';
import { naiveAggregate } from './reference.ts';

/** Time stands still but for what a test lets pass. */
export class HandClock {
  time: number;
  elapsed = 1_000_000;

  constructor(time: number) {
    this.time = time;
  }

  now = (): number => this.time;
  monotonic = (): number => this.elapsed;

  pass(ms: number): void {
    this.time += ms;
    this.elapsed += ms;
  }
}

/** A state of its own; with a store its ledger is about that, whatever others keep there. */
export async function openState(store?: SeriesStore): Promise<State> {
  const file = `${temporaryFolder()}/state.db`;
  const clock = { now: () => 0, monotonic: () => 0 };
  const state = createState({ file, clock, logger: quietLogger });
  await state.start(new AbortController().signal);
  onTestFinished(() => state.stop());
  const identity = store?.status().identity;
  if (identity != null) await state.settings.set('rollups-identity', identity);
  return state;
}

/** A store some of whose methods do something else first. */
export function around(store: SeriesStore, change: Partial<SeriesStore>): SeriesStore {
  return new Proxy(store, {
    get(target, name) {
      const found = Reflect.get(change, name) ?? Reflect.get(target, name);
      return typeof found === 'function' && !(name in change) ? found.bind(target) : found;
    },
  });
}

/** The frames of one journal, shared by all scenes of a store. */
export interface Offsets {
  next: number;
}

export interface SceneOptions {
  store: SeriesStore;
  state: State;
  offsets: Offsets;
  timeZone: string;
  clock: HandClock;
}

/** One program's life with history over a store; `open` again on the same state is a restart. */
export async function openScene(options: SceneOptions) {
  const { store, state, offsets, timeZone, clock } = options;
  const metrics = createMetrics();
  const rollups = new RollupLedger({ state, timeZone, clock, metrics });
  const shared = { state, store, rollups, kinds: KINDS, clock, metrics, logger: quietLogger };
  const corrections = createCorrections(shared);
  const recompute = new Recompute({ ...shared, corrections });
  const history = createHistory({ ...shared, corrections: corrections.applied });
  const writer = createSeriesWriter(store, rollups.marker());
  await rollups.start();
  await corrections.start();
  /** What the pump does with one batch. */
  const accept = async (batch: SeriesBatch): Promise<void> => {
    const nothing = { rejections: [], claims: [], statuses: [], acks: [] };
    await writer.accept({ ...batch, ...nothing });
  };
  return {
    rollups,
    corrections,
    recompute,
    history,
    metrics,
    accept,
    async write(...reports: Report[]) {
      const from = offsets.next;
      const observations = reports.map((report, place) => toObservation(report, from + place));
      offsets.next = from + reports.length;
      await accept({ from, next: offsets.next, observations });
    },
    /** Lets days become quiet, then computes what is due. */
    async settle() {
      clock.pass(2 * MINUTE);
      return recompute.round();
    },
    async ask(query: HistoryQuery): Promise<HistoryBlock[]> {
      return collectHistory(history.query(query));
    },
  };
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** All blocks, those of one series joined. */
export async function collectHistory(blocks: AsyncIterable<HistoryBlock>): Promise<HistoryBlock[]> {
  const joined: HistoryBlock[] = [];
  const raws: number[][] = [];
  const plain = async function* () {
    for await (const block of blocks) yield block;
  };
  let key = '';
  const watched = (async function* () {
    for await (const block of plain()) {
      const own = JSON.stringify([block.device, block.site, block.coop, block.metric]);
      if (own !== key) raws.push([]);
      key = own;
      raws.at(-1)?.push(...(block.raw ?? []));
      yield block as never;
    }
  })();
  for (const [place, series] of (await collect(watched)).entries()) {
    const raw = raws[place] ?? [];
    joined.push(raw.length > 0 ? { ...series, raw: Float64Array.from(raw) } : series);
  }
  return joined;
}

interface Point {
  device: string;
  site: string | null;
  metric: string;
  time: number;
  raw: number;
}

/** What points and corrections come to, the plain way. */
export class PlainHistory {
  readonly #points = new Map<string, Point>();
  corrections = new Map<string, Correction>();

  write(...reports: Report[]): void {
    for (const { device, at, values, site = 'site' } of reports) {
      for (const [metric, raw] of Object.entries(values)) {
        const key = JSON.stringify([device, metric, at]);
        this.#points.set(key, { device, site, metric, time: at, raw });
      }
    }
  }

  /** The corrected value, NaN when it is invalid. */
  corrected({ device, metric, time, raw }: Point): { value: number; flag: string | null } {
    const active = [...this.corrections.values()]
      .filter((one) => one.device === device && one.metric === metric)
      .filter(({ from, to }) => time >= from && (to === null || time < to))
      .sort((left, right) => left.from - right.from || left.at - right.at);
    const works = active.map(({ work }) => work);
    const flags = works.flatMap((work) => (work.type === 'flag' ? [work.flag] : []));
    const value = works.flatMap((work) => (work.type === 'value' ? [work.value] : [])).at(-1);
    const calibration = works.flatMap((work) => (work.type === 'calibration' ? [work] : [])).at(-1);
    const flag = flags.includes('invalid') ? 'invalid' : (flags[0] ?? null);
    if (flag === 'invalid') return { value: Number.NaN, flag };
    const { gain = 1, offset = 0 } = calibration ?? {};
    return { value: value ?? gain * raw + offset, flag };
  }

  /** Series by name, their points in order of time. */
  series({ metrics, filter, from, to }: HistoryQuery): Map<string, Point[]> {
    const found = new Map<string, Point[]>();
    const inRange = [...this.#points.values()].filter(
      ({ device, metric, time }) =>
        metrics.includes(metric) &&
        (filter.devices?.includes(device) ?? true) &&
        time >= from &&
        time < to,
    );
    for (const point of inRange.sort((left, right) => left.time - right.time)) {
      const key = JSON.stringify([point.device, point.site, point.metric]);
      found.set(key, [...(found.get(key) ?? []), point]);
    }
    return found;
  }

  /** Fails unless the blocks are what this history answers. */
  expectEqual(blocks: readonly HistoryBlock[], query: HistoryQuery, what: string): void {
    const expected = new Map(
      [...this.series(query)]
        .map(([key, points]) => [key, this.#rows(points, query)] as const)
        .filter(([, rows]) => rows.length > 0),
    );
    const names = blocks.map(({ device, site, metric }) => JSON.stringify([device, site, metric]));
    expect([...names].sort(), what).toEqual([...expected.keys()].sort());
    blocks.forEach((block, place) => {
      const rows = expected.get(names[place] ?? '') ?? [];
      const times = rows.map(([time]) => time);
      expect([...block.times], `${what} ${names[place]}`).toEqual(times);
      rows.forEach(([time, ...values], row) => {
        values.forEach((value, column) => {
          const name = `${what} ${names[place]} ${new Date(time ?? 0).toISOString()} #${column}`;
          const got = block.columns[column] ?? block.raw;
          expectClose(got?.[row], value, name);
        });
      });
    });
  }

  #rows(points: readonly Point[], query: HistoryQuery): number[][] {
    const { values, aggregate, order, limit } = query;
    const known = points.map((point) => {
      const value = values === 'raw' ? point.raw : this.corrected(point).value;
      return { time: point.time, value, raw: point.raw };
    });
    const valid =
      values === 'corrected' ? known.filter(({ value }) => !Number.isNaN(value)) : known;
    let rows: number[][];
    if (aggregate === undefined) {
      rows = valid.map(({ time, value, raw }) =>
        values === 'both' ? [time, value, raw] : [time, value],
      );
    } else {
      const { every, timeZone, functions } = aggregate;
      const wide = { from: query.from - 800 * DAY, to: query.to + DAY };
      const bucketOf =
        every === null ? () => query.from : createBucketing({ every, timeZone, ...wide });
      const buckets = new Map<number, number[]>();
      for (const { time, value } of valid) {
        const start = bucketOf(time);
        buckets.set(start, [...(buckets.get(start) ?? []), value]);
      }
      rows = [...buckets]
        .sort(([left], [right]) => left - right)
        .map(([start, some]) => [start, ...functions.map((name) => naiveAggregate(name, some))]);
    }
    if (order === 'descending') rows.reverse();
    return rows.slice(0, limit);
  }
}
