import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvText, unguarded } from '#src/base/csv-text';
import { localClock } from '#src/base/local-clock';
import type { ExportRequest } from '#src/contracts/files';
import type { HistoryBlock, HistoryQuery } from '#src/contracts/history';
import { NumberWriter, TimeWriter } from '#src/files/export/bytes';
import { csvFile } from '#src/files/export/csv';
import { wideBlocks } from '#src/files/export/wide';
import { createSeriesFiles } from '#src/files/files';
import { offsetText } from '#src/files/offset-text';
import { ScratchFolders } from '#src/files/scratch';
import { xlsxFile } from '#src/files/xlsx/write';
import { temporaryFolder } from '../support/folder.ts';
import { runs } from '../support/random.ts';
import { EVER, ZONE } from './support.ts';

const T = Date.parse('2026-11-22T05:00:00Z');
const MINUTE = 60_000;

const block = (change: Partial<HistoryBlock> = {}): HistoryBlock => ({
  ...{ device: 'ao-1', site: 's', coop: 'c', kind: 'k', metric: 'ph' },
  times: Float64Array.of(T, T + MINUTE),
  columns: [Float64Array.of(7.5, -0.25)],
  ...change,
});

const QUERY: HistoryQuery = {
  ...{ kind: 'k', metrics: ['ph', 'temp'], filter: {}, ...EVER },
  ...{ order: 'ascending', values: 'raw' },
};

async function bytesOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** A file of the blocks that history answers; a wide one asks for the count of each first. */
function fileOf(
  answer: (query: HistoryQuery) => Iterable<HistoryBlock>,
  change: Partial<ExportRequest> = {},
): Promise<Buffer> {
  async function* query(asked: HistoryQuery): AsyncGenerator<HistoryBlock> {
    const isCount = asked.aggregate?.every === null;
    for (const one of answer(asked)) {
      const { filter } = asked;
      if (filter.devices !== undefined && !filter.devices.includes(one.device)) continue;
      const inRange = [...one.times].every((time) => time >= asked.from && time < asked.to);
      if (isCount) yield { ...one, columns: [Float64Array.of(one.times.length)] };
      else if (inRange) yield one;
    }
  }
  const scratch = new ScratchFolders(path.join(temporaryFolder(), 'scratch'));
  const files = createSeriesFiles({ history: { query }, scratch });
  const request: ExportRequest = {
    ...{ format: 'csv', shape: 'long', queries: [QUERY], functions: null, values: 'raw' },
    timeZone: ZONE,
    ...change,
  };
  return bytesOf(files.export(request));
}

const textOf = async (...input: Parameters<typeof fileOf>): Promise<string> =>
  (await fileOf(...input)).toString();

describe('CSV', () => {
  test('long, exactly', async () => {
    expect(await textOf(() => [block({ quality: ['good', 'clock'] })])).toBe(
      'time,device,metric,value,quality\r\n' +
        '2026-11-22T05:00:00.000Z,ao-1,ph,7.5,good\r\n' +
        '2026-11-22T05:01:00.000Z,ao-1,ph,-0.25,clock\r\n',
    );
    expect(await textOf(() => [])).toBe('time,device,metric,value,quality\r\n');
  });

  test('for Excel: byte order mark, local time, decimal comma', async () => {
    const more = { bom: true, localTime: true, decimal: 'comma' } as const;
    expect(await textOf(() => [block()], more)).toBe(
      '\ufefftime;local_time;device;metric;value;quality\r\n' +
        '2026-11-22T05:00:00.000Z;2026-11-22T12:00:00.000;ao-1;ph;7,5;good\r\n' +
        '2026-11-22T05:01:00.000Z;2026-11-22T12:01:00.000;ao-1;ph;-0,25;good\r\n',
    );
  });

  test('functions are columns, and no value is an empty cell', async () => {
    const columns = [Float64Array.of(1, 2), Float64Array.of(Number.NaN, 0.1 + 0.2)];
    expect(await textOf(() => [block({ columns })], { functions: ['mean', 'p95'] })).toBe(
      'time,device,metric,mean,p95\r\n' +
        '2026-11-22T05:00:00.000Z,ao-1,ph,1,\r\n' +
        '2026-11-22T05:01:00.000Z,ao-1,ph,2,0.30000000000000004\r\n',
    );
  });

  test('both values beside each other', async () => {
    const raw = Float64Array.of(7, -0.25);
    expect(await textOf(() => [block({ raw })], { values: 'both' })).toContain(
      'time,device,metric,value,raw,quality\r\n2026-11-22T05:00:00.000Z,ao-1,ph,7.5,7,good\r\n',
    );
  });

  test('wide: one row a device and time, whatever came first', async () => {
    const blocks = [
      block(),
      block({ device: 'ao-2', times: Float64Array.of(T), columns: [Float64Array.of(6)] }),
      // The device moved: its points are still one row a time.
      block({ site: 'other', times: Float64Array.of(T + 2), columns: [Float64Array.of(8)] }),
      block({ metric: 'temp', columns: [Float64Array.of(28, 29)] }),
    ];
    expect(await textOf(() => blocks, { shape: 'wide' })).toBe(
      'time,device,ph,temp\r\n' +
        '2026-11-22T05:00:00.000Z,ao-1,7.5,28\r\n' +
        '2026-11-22T05:00:00.002Z,ao-1,8,\r\n' +
        '2026-11-22T05:01:00.000Z,ao-1,-0.25,29\r\n' +
        '2026-11-22T05:00:00.000Z,ao-2,6,\r\n',
    );
  });

  test('wide buckets name their function, and stay apart where a device moved', async () => {
    const aggregate = { every: { count: 1, unit: 'day' }, functions: ['mean'], timeZone: ZONE };
    const query = { ...QUERY, metrics: ['ph'], aggregate } as HistoryQuery;
    const moved = block({ site: 'other' });
    const text = await textOf(() => [block(), moved], {
      ...{ shape: 'wide', functions: ['mean'], queries: [query] },
    });
    expect(text.split('\r\n')[0]).toBe('time,device,ph_mean');
    expect(text.trimEnd().split('\r\n')).toHaveLength(5);
  });

  test.each(['ascending', 'descending'] as const)(
    'what does not fit beside each other is read in halves, %s',
    async (order) => {
      const count = 10_000;
      const sign = order === 'ascending' ? 1 : -1;
      const spans: number[] = [];
      async function* read(query: HistoryQuery): AsyncGenerator<HistoryBlock> {
        spans.push(query.to - query.from);
        const all = Array.from({ length: count }, (_, row) => T + row * 1_000);
        const times = all.filter((time) => time >= query.from && time < query.to);
        if (sign === -1) times.reverse();
        if (query.aggregate !== undefined) {
          yield block({ times: Float64Array.of(query.from), columns: [Float64Array.of(count)] });
        } else {
          const column = Float64Array.from(times, (time) => time - T);
          yield block({ times: Float64Array.from(times), columns: [column] });
        }
      }
      const queries = [{ ...QUERY, metrics: ['ph'], order }];
      const shape = { long: false, numbers: ['ph'], quality: false };
      const rows: number[] = [];
      for await (const one of wideBlocks({ queries, shape, read, heldValuesMax: 1_500 })) {
        expect([...(one.columns[0] ?? [])]).toEqual([...one.times].map((time) => time - T));
        rows.push(...one.times);
      }
      expect(rows).toHaveLength(count);
      expect(rows.every((time, at) => at === 0 || sign * (time - (rows[at - 1] ?? 0)) > 0)).toBe(
        true,
      );
      expect(Math.min(...spans)).toBeLessThan(2e6);
    },
  );

  test('buckets of one device that do not fit are refused, not cut', async () => {
    async function* read(): AsyncGenerator<HistoryBlock> {
      yield block();
    }
    const aggregate = { every: { count: 1, unit: 'day' }, functions: ['mean'], timeZone: ZONE };
    const queries = [{ ...QUERY, metrics: ['ph'], aggregate } as HistoryQuery];
    const shape = { long: false, numbers: ['ph_mean'], quality: false };
    const rows = wideBlocks({ queries, shape, read, heldValuesMax: 1 });
    await expect(rows.next()).rejects.toMatchObject({ code: 'QUERY_TOO_LARGE' });
  });

  test('cells cannot become formulas, and quoting follows RFC 4180', async () => {
    expect(csvText('ao-1')).toBe('ao-1');
    for (const start of ['=', '+', '-', '@', '\t']) {
      expect(csvText(`${start}cmd|x`)).toBe(`'${start}cmd|x`);
      expect(unguarded(`'${start}cmd|x`)).toBe(`${start}cmd|x`);
    }
    expect(csvText('a,"b"\r\nc')).toBe('"a,""b""\r\nc"');
    expect(csvText('a;b', ';')).toBe('"a;b"');
    expect(csvText('=1,2')).toBe('"\'=1,2"');
    const text = await textOf(() => [block({ device: '=x', metric: '@m' })]);
    expect(text.split('\r\n')[1]).toBe("2026-11-22T05:00:00.000Z,'=x,'@m,7.5,good");
  });

  test('a failure is thrown, wherever it comes', async () => {
    for (const format of ['csv', 'ndjson', 'parquet', 'xlsx'] as const) {
      const failing = function* (): Generator<HistoryBlock> {
        for (let count = 0; count < 20; count++) yield block();
        throw new Error('the store went away');
      };
      await expect(fileOf(failing, { format })).rejects.toThrow('the store went away');
    }
  });

  test('two million rows take little memory', async () => {
    const rows = 8_192;
    const times = Float64Array.from({ length: rows }, (_, row) => T + row * 300_000);
    const values = Float64Array.from({ length: rows }, (_, row) => (row % 1_000) / 100);
    function* blocks() {
      for (let at = 0; at < 2e6; at += rows) {
        yield { device: `ao-${at % 50}`, metric: 'ph', times, columns: [values] };
      }
    }
    const shape = { long: true, numbers: ['value'], quality: true };
    const options = { bom: false, decimal: 'point', localZone: null } as const;
    const before = process.memoryUsage.rss();
    let most = 0;
    let bytes = 0;
    for await (const piece of csvFile(shape, blocks(), options)) {
      bytes += piece.length;
      most = Math.max(most, process.memoryUsage.rss());
    }
    expect(bytes).toBeGreaterThan(8e7);
    expect((most - before) / 1e6).toBeLessThan(120);
  });
});

describe('numbers and times', () => {
  const written = (value: number, decimal?: 'point' | 'comma'): string => {
    const bytes = Buffer.alloc(64);
    return bytes.toString('latin1', 0, new NumberWriter(decimal).write(bytes, 0, value));
  };

  test('any double is written as String does', () => {
    const writer = new NumberWriter();
    const bytes = Buffer.alloc(64);
    const any = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -1e9, max: 1e9 }).map((whole) => whole / 1_000),
      fc.maxSafeInteger().map((whole) => whole / 100),
      fc.integer(),
      fc.tuple(fc.integer(), fc.integer({ min: -30, max: 30 })).map(([m, e]) => m * 10 ** e),
    );
    fc.assert(
      fc.property(any, (value) => {
        // One writer for all: the decimals it remembers must never show.
        const text = bytes.toString('latin1', 0, writer.write(bytes, 0, value));
        expect(text).toBe(String(value));
      }),
      runs(20_000),
    );
  });

  test.each([0, -0, 5, 0.1, 0.05, -0.001, 1e21, 1e-7, 999999.999999, 123456789012345.6, 2 ** 53])(
    '%s',
    (value) => {
      expect(written(value)).toBe(String(value));
      expect(written(value, 'comma')).toBe(String(value).replace('.', ','));
    },
  );

  test('any time is written as Date writes it', () => {
    const writer = new TimeWriter();
    const bytes = Buffer.alloc(64);
    const time = fc.integer({ min: 0, max: 4e12 });
    const near = fc.tuple(time, fc.array(fc.integer({ min: -90_000, max: 90_000 })));
    fc.assert(
      fc.property(near, ([start, steps]) => {
        let at = start;
        for (const step of [0, ...steps]) {
          at = Math.max(0, at + step);
          const text = bytes.toString('latin1', 0, writer.write(bytes, 0, at));
          expect(text).toBe(new Date(at).toISOString());
        }
      }),
      runs(3_000),
    );
  });

  test('local time across clock changes', () => {
    const zone = localClock('Europe/Paris');
    for (const [time, offset] of [
      ['2026-03-29T00:59:59Z', '+01:00'],
      ['2026-03-29T01:00:00Z', '+02:00'],
      ['2026-10-25T00:59:59Z', '+02:00'],
      ['2026-10-25T01:00:00Z', '+01:00'],
    ] as const) {
      const at = Date.parse(time);
      expect(offsetText(zone.offset(at))).toBe(offset);
      if (!time.startsWith('2026-10')) expect(zone.instant(at + zone.offset(at))).toBe(at);
    }
  });
});

describe('Parquet', () => {
  test('DuckDB reads typed columns', async () => {
    const file = path.join(temporaryFolder(), 'a.parquet');
    const raw = Float64Array.of(1, Number.NaN);
    const bytes = await fileOf(() => [block({ quality: ['good', 'clock'], raw })], {
      ...{ format: 'parquet', values: 'both', localTime: true },
    });
    writeFileSync(file, bytes);
    const connection = await (await DuckDBInstance.create()).connect();
    const read = await connection.runAndReadAll(`SELECT * FROM '${file}'`);
    const types = read.columnTypes().map(String);
    expect(read.columnNames()).toEqual([
      ...['time', 'local_time', 'device', 'metric', 'value', 'raw', 'quality'],
    ]);
    expect(types).toEqual([
      ...['TIMESTAMP', 'TIMESTAMP', 'VARCHAR', 'VARCHAR', 'DOUBLE', 'DOUBLE', 'VARCHAR'],
    ]);
    expect(read.getRowsJson()).toEqual([
      ['2026-11-22 05:00:00', '2026-11-22 12:00:00', 'ao-1', 'ph', 7.5, 1, 'good'],
      ['2026-11-22 05:01:00', '2026-11-22 12:01:00', 'ao-1', 'ph', -0.25, null, 'clock'],
    ]);
  });

  test('nothing is a file too', async () => {
    const bytes = await fileOf(() => [], { format: 'parquet', shape: 'wide' });
    expect(bytes.subarray(0, 4).toString()).toBe('PAR1');
  });
});

const READ_WORKBOOK = `
import sys, json, zipfile, xml.etree.ElementTree as tree
ns = {'m': 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'}
book = zipfile.ZipFile(sys.argv[1])
assert book.testzip() is None
for name in book.namelist(): tree.fromstring(book.read(name))
sheets = [n for n in book.namelist() if 'worksheets' in n]
out = []
for name in sheets:
    sheet = tree.fromstring(book.read(name))
    pane = sheet.find('.//m:pane', ns)
    rows = []
    for row in sheet.iter('{%s}row' % ns['m']):
        rows.append([(''.join(c.itertext()), c.get('s'), c.get('t')) for c in row])
    out.append({'name': name, 'frozen': pane.get('state'), 'rows': rows})
print(json.dumps(out))
`;

interface Sheet {
  frozen: string;
  rows: Array<Array<[text: string, style: string | null, type: string | null]>>;
}

const missing = spawnSync('python3', ['--version']).error?.message;

describe.skipIf(missing)(`Excel, read by Python${missing ? ` (${missing})` : ''}`, () => {
  function sheetsOf(bytes: Uint8Array): Sheet[] {
    const file = path.join(temporaryFolder(), 'a.xlsx');
    writeFileSync(file, bytes);
    return JSON.parse(execFileSync('python3', ['-c', READ_WORKBOOK, file], { encoding: 'utf8' }));
  }

  test('dates are dates, numbers are numbers, texts are texts', async () => {
    const columns = [Float64Array.of(7.5, Number.NaN)];
    const bytes = await fileOf(() => [block({ device: '=a<b>&"c"', columns })], { format: 'xlsx' });
    const [sheet, ...more] = sheetsOf(bytes);
    expect([sheet?.frozen, more]).toEqual(['frozen', []]);
    const [header, first, second] = sheet?.rows ?? [];
    expect(header).toEqual(
      ['time', 'utc_offset', 'device', 'metric', 'value', 'quality'].map((name) => [
        ...[name, '2', 'inlineStr'],
      ]),
    );
    expect(first?.map(([text]) => text).slice(1)).toEqual([
      ...['+07:00', '=a<b>&"c"', 'ph', '7.5', 'good'],
    ]);
    // Noon in Hà Nội, as Excel counts days.
    expect(first?.[0]).toEqual(['46348.5', '1', null]);
    expect(second?.[4]).toEqual(['', null, null]);
  });

  test('a full sheet is followed by another with its own header', async () => {
    const shape = { long: true, numbers: ['value'], quality: false };
    const rows = 25;
    const times = Float64Array.from({ length: rows }, (_, row) => T + row);
    const columns = [Float64Array.from({ length: rows }, (_, row) => row)];
    const blocks = [{ device: 'a', metric: 'm', times, columns }];
    const sheets = sheetsOf(
      await bytesOf(xlsxFile(shape, blocks, { timeZone: ZONE, sheetRowsMax: 11 })),
    );
    expect(sheets.map((sheet) => sheet.rows.length)).toEqual([11, 11, 6]);
    const values = sheets.flatMap((sheet) => sheet.rows.slice(1).map((row) => row[4]?.[0]));
    expect(values).toEqual(Array.from(columns[0] ?? [], String));
    expect(sheets.every((sheet) => sheet.rows[0]?.[0]?.[0] === 'time')).toBe(true);
  });
});
