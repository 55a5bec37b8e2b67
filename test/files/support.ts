import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { sleep, systemClock } from '#src/base/clock';
import { createMetrics } from '#src/base/metrics';
import { defineDeviceKind, type KindRegistry } from '#src/contracts/device-kind';
import type { ExportRequest, FileFormat, ImportReport, SeriesFiles } from '#src/contracts/files';
import type { HistoryQuery } from '#src/contracts/history';
import type { SeriesStore } from '#src/contracts/series';
import type { Device } from '#src/contracts/state';
import { createSeriesFiles } from '#src/files/files';
import { createSeriesImports } from '#src/files/import/imports';
import { ScratchFolders } from '#src/files/scratch';
import { createDecoder } from '#src/ingest/decode';
import { createJournal } from '#src/journal/journal';
import { createStore } from '../series/duckdb-store.ts';
import { testKind } from '../series/fixtures.ts';
import { quietLogger } from '../support/quiet.ts';

export const ZONE = 'Asia/Ho_Chi_Minh';
export const METRICS = ['oxygen', 'ph', 'temp'];
const pond = testKind('test-pond', METRICS);
const trap = defineDeviceKind({ ...testKind('test-trap', ['count_X', 'rain']) });
export const KINDS: KindRegistry = new Map([pond, trap].map((kind) => [kind.name, kind]));

export const DEVICES = ['ao-1', 'ao-2', 'bay-1'] as const;
export const kindOf = (device: string): string => (device.startsWith('ao') ? pond : trap).name;

const devices = new Map<string, Device>(
  DEVICES.map((id) => [
    id,
    {
      ...{ id, coop: 'c', site: 's', kind: kindOf(id), name: null },
      ...{ intervalSeconds: null, tags: [], gateway: null, createdAt: 0 },
    },
  ]),
);

export interface Point {
  device: string;
  metric: string;
  time: number;
  value: number;
  quality?: 'good' | 'clock';
}

export interface Room {
  store: SeriesStore;
  files: SeriesFiles;
  import(format: FileFormat, body: Uint8Array | string, change?: object): Promise<ImportReport>;
  importPieces(
    format: FileFormat,
    body: AsyncIterable<Uint8Array>,
    change?: object,
  ): Promise<ImportReport>;
  fill(points: readonly Point[]): Promise<ImportReport>;
  export(change?: Partial<ExportRequest>): Promise<Buffer>;
  close(): Promise<void>;
  /** Every point, one a line. */
  points(): Promise<string[]>;
}

export const EVER = { from: 0, to: Date.parse('2100-01-01') };

export const queries = (change: Partial<HistoryQuery> = {}): HistoryQuery[] =>
  [...KINDS.values()].map((kind) => ({
    kind: kind.name,
    metrics: kind.metrics.map(({ name }) => name),
    filter: {},
    ...EVER,
    order: 'ascending',
    values: 'raw',
    ...change,
  }));

/** A room of the test's own. */
export async function openRoom(): Promise<Room> {
  const room = await openSharedRoom();
  onTestFinished(() => room.close());
  return room;
}

/** A real journal, decoder and series store, with files on both sides of them. */
export async function openSharedRoom(): Promise<Room> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-files-'));
  const store = createStore({ dir: path.join(folder, 'series'), kinds: KINDS });
  const journal = createJournal({
    ...{ dir: path.join(folder, 'journal'), bytesMax: 1e9 },
    ...{ clock: systemClock, logger: quietLogger, metrics: createMetrics() },
  });
  const { signal } = new AbortController();
  await Promise.all([store.start(signal), journal.start(signal)]);
  const stopFollowing = follow(journal, store);
  const scratch = new ScratchFolders(path.join(folder, 'files'));
  const files = createSeriesFiles({ history: store, scratch });
  const imports = createSeriesImports({
    journal,
    series: store,
    registry: {
      find: (id) => devices.get(id),
      source: (id) => {
        const device = devices.get(id);
        return device && { coop: device.coop, site: device.site, device: id, kind: device.kind };
      },
    },
    ...{ kinds: KINDS, clock: systemClock, clockFutureMs: 300_000, scratch },
  });
  const room: Room = {
    store,
    files,
    async close() {
      await stopFollowing();
      await Promise.all([store.stop(), journal.stop()]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
    import(format, body, change = {}) {
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      // Cut in odd places, so that no record may count on coming whole.
      return room.importPieces(format, pieces(bytes, 1_021), change);
    },
    importPieces: (format, body, change = {}) =>
      imports.import({ format, body, coops: null, timeZone: ZONE, dryRun: false, ...change }),
    fill: (points) =>
      room.import('ndjson', points.map((point) => JSON.stringify(point)).join('\n')),
    async export(change = {}) {
      const request = { ...EXPORT, queries: queries(), ...change };
      const pieces: Uint8Array[] = [];
      for await (const piece of files.export(request)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
    async points() {
      const [, ...lines] = (await room.export()).toString().trimEnd().split('\r\n');
      return lines.sort();
    },
  };
  return room;
}

const EXPORT: ExportRequest = {
  ...{ format: 'csv', shape: 'long', functions: null, values: 'raw', timeZone: ZONE },
  queries: [],
};

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

type Journal = ReturnType<typeof createJournal>;

/** What the pump does, for one follower: frames are decoded and stored as they are committed. */
function follow(journal: Journal, store: SeriesStore): () => Promise<void> {
  const clockWindow = { pastMs: 90 * 86_400_000, futureMs: 300_000 };
  const decode = createDecoder({ kinds: KINDS, clockWindow });
  let turn = Promise.resolve();
  let stopped = false;
  const end = journal.onCommit(() => {
    turn = turn.then(async () => {
      if (stopped) return;
      // As in the server, the store lingers for larger batches.
      await sleep(50);
      const batch = await journal.read(await store.cursor(), 1e6);
      if (batch.next > batch.from) await store.write(decode(batch));
    });
  });
  return async () => {
    stopped = true;
    end();
    await turn;
  };
}
