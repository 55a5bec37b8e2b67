import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FILE_FORMATS, FILE_SHAPES, type ImportReport } from '#src/contracts/files';
import { collect } from '../series/fixtures.ts';
import { createRandom, seed } from '../support/random.ts';
import {
  DEVICES,
  EVER,
  KINDS,
  kindOf,
  openRoom,
  openSharedRoom,
  type Point,
  type Room,
} from './support.ts';

const SPAN = { from: Date.parse('2024-03-01'), to: Date.parse('2026-11-01') };

/** Points on a common beat and off it, with values short and long. */
function randomPoints(count: number, random: () => number): Point[] {
  const points = new Map<string, Point>();
  for (let index = 0; index < count; index++) {
    const device = DEVICES[Math.floor(random() * DEVICES.length)] ?? DEVICES[0];
    const metrics = KINDS.get(kindOf(device))?.metrics ?? [];
    const metric = metrics[Math.floor(random() * metrics.length)]?.name ?? '';
    const beat = random() < 0.7 ? 300_000 : 1;
    const at = SPAN.from + random() * (SPAN.to - SPAN.from) * (random() < 0.5 ? 0.001 : 1);
    const time = Math.floor(at / beat) * beat;
    const value = [
      Math.round(random() * 2_000) / 100,
      (random() - 0.5) * 1e12,
      random() * 1e-9,
      -Math.round(random() * 1e9) / 1e6,
    ][Math.floor(random() * 4)] as number;
    const quality = random() < 0.1 ? 'clock' : 'good';
    points.set(`${device} ${metric} ${time}`, { device, metric, time, value, quality });
  }
  return [...points.values()];
}

const lineOf = ({ device, metric, time, value, quality }: Point): string =>
  [new Date(time).toISOString(), device, metric, value, quality].join(',');

describe(`what was exported comes back as it was (SEED=${seed})`, () => {
  const points = randomPoints(3_000, createRandom());
  const expected = points.map(lineOf).sort();
  const variants = FILE_FORMATS.flatMap((format) =>
    FILE_SHAPES.map((shape) => ({ format, shape, more: {} as object })),
  );
  variants.push(
    { format: 'csv', shape: 'long', more: { decimal: 'comma', bom: true, localTime: true } },
    { format: 'csv', shape: 'wide', more: { decimal: 'comma', bom: true, localTime: true } },
    { format: 'ndjson', shape: 'wide', more: { localTime: true } },
    { format: 'parquet', shape: 'long', more: { localTime: true } },
    { format: 'xlsx', shape: 'long', more: { timeZone: 'Europe/Paris' } },
  );

  let source: Room;
  let filled: ImportReport;
  beforeAll(async () => {
    source = await openSharedRoom();
    filled = await source.fill(points);
  });
  afterAll(() => source.close());

  test('filled from a file, the store holds just that', async () => {
    expect(filled).toEqual({
      ...{ rows: points.length, stored: points.length, replaced: 0, duplicate: 0, rejected: 0 },
      ...{ pending: false, dryRun: false, errors: [] },
    });
    expect(await source.points()).toEqual(expected);
  });

  test.each(variants)('$format $shape $more', async ({ format, shape, more }) => {
    const target = await openRoom();
    const file = await source.export({ format, shape, ...more });
    const first = await target.import(format, file);
    expect(first).toMatchObject({ stored: points.length, replaced: 0, duplicate: 0, rejected: 0 });
    // A wide file has no room for the quality of each value.
    const held =
      shape === 'long' ? expected : expected.map((line) => line.replace('clock', 'good'));
    expect(await target.points()).toEqual(held.sort());
    const again = await target.import(format, file);
    expect(again).toMatchObject({ stored: 0, replaced: 0, duplicate: points.length, rejected: 0 });
    expect(await target.points()).toEqual(held);
  });
});

test('any double and any instant come back', { timeout: 60_000 }, async () => {
  const [source, target] = await Promise.all([openRoom(), openRoom()]);
  const values = fc.sample(
    fc.double({ min: -1e12, max: 1e12, noNaN: true }).map((value) => value + 0),
    { numRuns: 2_000, seed },
  );
  const points = values.map((value, index) => ({
    ...{ device: 'ao-1', metric: 'oxygen', quality: 'good' as const, value },
    time: SPAN.from + index * 60_001,
  }));
  await source.fill(points);
  for (const format of FILE_FORMATS) {
    const report = await target.import(format, await source.export({ format }));
    const fresh = format === FILE_FORMATS[0];
    expect([format, report.stored, report.duplicate]).toEqual([
      format,
      fresh ? values.length : 0,
      fresh ? 0 : values.length,
    ]);
  }
  const held = await collect(
    target.store.query({
      ...EVER,
      order: 'ascending',
      kind: kindOf('ao-1'),
      metrics: ['oxygen'],
      filter: {},
    }),
  );
  expect([...(held[0]?.columns[0] ?? [])]).toEqual(values);
});
