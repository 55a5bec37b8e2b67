import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../src/base/clock.ts';
import { createLogger } from '../src/base/logger.ts';
import { createMetrics } from '../src/base/metrics.ts';
import { loadKinds } from '../src/ingest/kinds.ts';
import { createDuckDbStore } from '../src/series/duckdb/store.ts';
import { folderBytes, type InfluxTarget, startInfluxd } from './influxd.ts';
import { wait } from './mqtt-load.ts';
import {
  SERIES_METRICS,
  SERIES_STEP_MS,
  type SeriesExtent,
  seriesBatches,
  seriesDevice,
  seriesLines,
} from './series-data.ts';
import { proportionalBytes, residentBytes, type SluiceTarget, startSluice } from './server.ts';
import { median } from './statistics.ts';
import type { Figure, Provision } from './suites.ts';

const DEVICES = 50;
const DAY_MS = 86_400_000;
const ZONE_MS = 7 * 3_600_000;
const YEAR_MS = 365 * DAY_MS;
const REPETITIONS = 9;
const WARM_UP = 2;
/** An InfluxDB that takes seconds for an answer is asked less often. */
const SLOW_REPETITIONS = 3;
const EXPORT_VALUES = 10_000_000;
const REPORTS_PER_BATCH = 20_000;
const LINES_PER_BODY = 5_000;
const METRIC = 'dissolved_oxygen';
const agent = new Agent({ keepAlive: true });

/** What both are asked, and how many times as fast we mean to be. */
interface Question {
  what: string;
  route: string;
  statement: string;
  repetitions: number;
  goal: number;
}

/** The same year in both stores, asked the same: ours by the API, InfluxDB by its `/query`. */
export async function measureHistory(provision: Provision): Promise<Figure[]> {
  // A year of whole days, as people ask for it; midnight in Việt Nam is 17:00 UTC.
  const to = Math.floor((Date.now() + ZONE_MS) / DAY_MS) * DAY_MS - ZONE_MS;
  const extent: SeriesExtent = { devices: DEVICES, from: to - YEAR_MS, to };
  const questions = ask(extent);
  const own = await measureOwn(provision, extent, questions);
  const theirs = await measureInfluxd(extent, questions);
  const figures = questions.flatMap((question, place) =>
    compare(question, own.ms[place] ?? Number.NaN, theirs?.ms[place]),
  );
  const bytes = (target: { bytes: number }): string =>
    (target.bytes / valueCount(extent)).toFixed(2);
  const disk = theirs === undefined ? '' : `; InfluxDB 1.6 ${bytes(theirs)}`;
  const values = `${(valueCount(extent) / 1e6).toFixed(1)} M values`;
  figures.push({
    what: `Disk bytes a value (${values} of two decimals)`,
    value: bytes(own) + disk,
  });
  return [...figures, ...own.exported];
}

function ask({ from, to }: SeriesExtent): Question[] {
  const span = `from=${from}&to=${to}`;
  const daily = `metric=${METRIC}&${span}&every=1d&fn=mean`;
  const when = `time >= ${from}ms AND time < ${to}ms`;
  const year = `SELECT mean(${METRIC}) FROM "pond-sensor" WHERE ${when}`;
  const zone = `tz('Asia/Ho_Chi_Minh')`;
  return [
    {
      what: 'One device, one year, daily mean of a metric',
      route: `/api/v1/series?device=${seriesDevice(6)}&${daily}`,
      statement: `${year} AND device = '${seriesDevice(6)}' GROUP BY time(1d) ${zone}`,
      repetitions: REPETITIONS,
      goal: 5,
    },
    {
      what: `All ${DEVICES} devices, one year, daily mean of all metrics`,
      route: `/api/v1/series?coop=bench&${span}&every=1d&fn=mean`,
      statement: `SELECT mean(*) FROM "pond-sensor" WHERE ${when} GROUP BY time(1d), device ${zone}`,
      repetitions: SLOW_REPETITIONS,
      goal: 10,
    },
    {
      what: `Last values of all ${DEVICES} devices`,
      route: '/api/v1/latest?coop=bench',
      statement: 'SELECT last(*) FROM "pond-sensor" GROUP BY device',
      repetitions: SLOW_REPETITIONS,
      goal: 50,
    },
  ];
}

function compare(question: Question, ownMs: number, theirMs: number | undefined): Figure[] {
  const own = { what: `${question.what}, by the API`, value: `${ownMs.toFixed(1)} ms` };
  if (theirMs === undefined) return [own];
  const ratio = `${(theirMs / ownMs).toFixed(1)} × (InfluxDB 1.6 by /query: ${theirMs.toFixed(0)} ms)`;
  return [own, { what: 'As fast as InfluxDB', value: ratio, goal: `≥ ${question.goal} ×` }];
}

async function measureOwn(
  provision: Provision,
  extent: SeriesExtent,
  questions: readonly Question[],
): Promise<{ ms: number[]; bytes: number; exported: Figure[] }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
  try {
    const store = path.join(dir, 'series-duckdb');
    await fillStore(store, extent);
    const bytes = folderBytes(store);
    const server = await startSluice({}, dir);
    try {
      // The made-up devices are counted from 1, those that are registered from 0.
      await provision(server, DEVICES + 1);
      await rolledUp(server);
      const ms: number[] = [];
      for (const { route } of questions) {
        ms.push(await timed(REPETITIONS, async () => (await read(server, route)).ms));
      }
      return { ms, bytes, exported: await measureExport(server, extent) };
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function valueCount({ devices, from, to }: SeriesExtent): number {
  return ((to - from) / SERIES_STEP_MS) * devices * SERIES_METRICS.length;
}

/** Through the store itself, in the order reports arrive, before a server has ever seen it. */
async function fillStore(dir: string, extent: SeriesExtent): Promise<void> {
  const store = createDuckDbStore({
    dir,
    kinds: await loadKinds(),
    timeZone: 'Asia/Ho_Chi_Minh',
    clock: systemClock,
    logger: createLogger('warn'),
    metrics: createMetrics(),
  });
  await store.start(new AbortController().signal);
  for (const batch of seriesBatches(extent, REPORTS_PER_BATCH)) await store.write(batch);
  await store.stop();
}

/** Until every precomputed window of the year is there. */
async function rolledUp(server: SluiceTarget): Promise<void> {
  const dirty = (): Promise<number> => server.metric('sluice_rollup_dirty_days');
  while ((await dirty()) === 0) await wait(100);
  while ((await dirty()) > 0) await wait(500);
}

async function measureInfluxd(
  extent: SeriesExtent,
  questions: readonly Question[],
): Promise<{ ms: number[]; bytes: number } | undefined> {
  const influx: InfluxTarget | undefined = await startInfluxd();
  if (influx === undefined) return undefined;
  try {
    for (const lines of seriesLines(extent, LINES_PER_BODY)) await influx.write(lines);
    // Its compaction goes on behind the last write.
    await wait(20_000);
    const ms: number[] = [];
    for (const { statement, repetitions } of questions) {
      ms.push(await timed(repetitions, () => influx.query(statement)));
    }
    return { ms, bytes: influx.bytes() };
  } finally {
    await influx.stop();
  }
}

async function timed(repetitions: number, once: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < repetitions + WARM_UP; round++) {
    const ms = await once();
    if (round >= WARM_UP) times.push(ms);
  }
  return median(times);
}

/** Ten million values as the file people open, with what the server takes meanwhile. */
async function measureExport(server: SluiceTarget, extent: SeriesExtent): Promise<Figure[]> {
  const perMs = valueCount(extent) / (extent.to - extent.from);
  const from = extent.to - Math.ceil(EXPORT_VALUES / perMs);
  const most = { resident: 0, proportional: 0 };
  const watch = setInterval(() => {
    most.resident = Math.max(most.resident, residentBytes(server.pid));
    most.proportional = Math.max(most.proportional, proportionalBytes(server.pid));
  }, 100);
  const route = `/api/v1/series?coop=bench&from=${from}&to=${extent.to}&format=csv`;
  const { ms, lines } = await read(server, route);
  clearInterval(watch);
  const rate = `${((lines - 1) / ms / 1000).toFixed(2)} M values/s`;
  const what = `CSV export of ${((lines - 1) / 1e6).toFixed(1)} M values by the API`;
  return [
    { what, value: rate, goal: '≥ 1 M values/s' },
    {
      what: 'Resident during the export, children included, at most',
      value: `${megabytes(most.resident)}, ${megabytes(most.proportional)} with shared pages counted once`,
      goal: '≤ 300 MB',
    },
  ];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

const LINE_FEED = 10;

/** Until the last byte is here: what the reader then makes of it is not the server's time. */
async function read(server: SluiceTarget, route: string): Promise<{ ms: number; lines: number }> {
  const startedAt = performance.now();
  const headers = { authorization: `Bearer ${server.token}` };
  const call = get(new URL(route, server.http), { agent, headers });
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${route}: ${response.statusCode}`);
  const isFile = route.includes('format=');
  let lines = 0;
  response.on('data', (chunk: Buffer) => {
    if (!isFile) return;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines++;
  });
  await once(response, 'end');
  if (!response.complete) throw new Error(`${route}: broken off`);
  return { ms: performance.now() - startedAt, lines };
}
