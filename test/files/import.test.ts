import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ImportReport } from '#src/contracts/files';
import { openRoom, openSharedRoom, type Room, ZONE } from './support.ts';

/** For tests that leave nothing behind, or always the same. */
let shared: Room;
beforeAll(async () => {
  shared = await openSharedRoom();
});
afterAll(() => shared.close());

const T = '2026-11-20T05:00:00.000Z';
const HEAD = 'time,device,metric,value,quality\n';

/** What a report says of faults, shortly. */
const faults = ({ errors }: ImportReport): unknown[] =>
  errors.map(({ line, column, code }) => [line, column, code]);

describe('a broken line costs only itself', () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });

  test('CSV, long', async () => {
    const lines = [
      `${T},ao-1,oxygen,5,good`,
      `yesterday,ao-1,oxygen,5,good`,
      `${T},nobody,oxygen,5,good`,
      `${T},ao-1,sugar,5,good`,
      `${T},ao-1,ph,seven,good`,
      `${T},ao-1,ph,1e13,good`,
      `${T},ao-1,ph,,good`,
      `${T},ao-1,ph,7,odd`,
      `${T},ao-1,ph,7,good,more`,
      `"${T}",ao-1,"ph"x,7,good`,
      '2999-01-01T00:00:00Z,ao-1,ph,7,good',
      '',
      `${T},ao-1,ph,7.5`,
      `${T},bay-1,rain,1.5,clock`,
    ];
    const report = await room.import('csv', HEAD + lines.join('\n'));
    expect(faults(report)).toEqual([
      [3, 'time', 'BAD_TIME'],
      [4, 'device', 'DEVICE_NOT_FOUND'],
      [5, 'metric', 'UNKNOWN_METRIC'],
      [6, 'value', 'NOT_A_NUMBER'],
      [7, 'value', 'OUT_OF_RANGE'],
      [8, 'value', 'NOT_A_NUMBER'],
      [9, 'quality', 'ROW_INVALID'],
      [10, null, 'ROW_INVALID'],
      [11, null, 'ROW_INVALID'],
      [12, 'time', 'CLOCK_OUTSIDE'],
    ]);
    expect(report).toMatchObject({ rows: 13, stored: 3, rejected: 10 });
    expect(await room.points()).toEqual([
      `${T},ao-1,oxygen,5,good`,
      `${T},ao-1,ph,7.5,good`,
      `${T},bay-1,rain,1.5,clock`,
    ]);
  });

  test('CSV, wide: a cell costs only itself', async () => {
    const text = `time,device,oxygen,ph,rain\n${T},ao-1,5,x,\n${T},bay-1,,,2\n${T},bay-1,3,,\n`;
    const report = await room.import('csv', text);
    expect(faults(report)).toEqual([
      [2, 'ph', 'NOT_A_NUMBER'],
      [4, 'oxygen', 'UNKNOWN_METRIC'],
    ]);
    expect(report).toMatchObject({ rows: 3, stored: 2, rejected: 2 });
  });

  test('NDJSON', async () => {
    const good = { time: T, device: 'ao-1', metric: 'ph', value: 7 };
    const lines = [
      '{"time":',
      JSON.stringify(good),
      '[1]',
      JSON.stringify({ ...good, metric: 'oxygen', sugar: 1 }),
      JSON.stringify({ ...good, metric: 'oxygen', value: [1] }),
      '{"__proto__":{"a":1}}',
      'x'.repeat(40_000),
      JSON.stringify({ ...good, time: Date.parse(T) + 1, metric: 'oxygen' }),
    ];
    const report = await room.import('ndjson', lines.join('\r\n'));
    expect(faults(report)).toEqual([
      [1, null, 'ROW_INVALID'],
      [3, null, 'ROW_INVALID'],
      [4, null, 'ROW_INVALID'],
      [5, 'value', 'ROW_INVALID'],
      [6, null, 'ROW_INVALID'],
      [7, null, 'ROW_INVALID'],
    ]);
    expect(report).toMatchObject({ rows: 8, stored: 2, rejected: 6 });
  });

  test('an open quote ends with its line, and many faults are counted, not listed', async () => {
    const open = `"${T},ao-1,ph,7,good\n`;
    const bad = `${T},x,ph,7,good\n`.repeat(250);
    const report = await room.import('csv', `${HEAD}${open}${bad}${T},ao-1,ph,7,good\n`);
    expect(report).toMatchObject({ rows: 252, stored: 1, rejected: 251 });
    expect(report.errors).toHaveLength(100);
    expect(report.errors[0]).toMatchObject({ line: 2, code: 'ROW_INVALID' });
  });
});

describe('CSV of other hands', () => {
  const point = `${T},ao-1,ph,7.25,good`;

  test.each([
    ['LF', `time,device,metric,value,quality\n${point}\n`],
    ['CRLF, no end', `time,device,metric,value,quality\r\n${point}`],
    ['byte order mark', `\ufeffmetric,value,time,device\nph,7.25,${T},ao-1\n`],
    ['quotes everywhere', `"time","device","metric","value"\r\n"${T}","ao-1","ph","7.25"\r\n`],
    ['semicolons and a decimal comma', `time;device;metric;value\n${T};ao-1;ph;7,25\n`],
    ['tabs', `time\tdevice\tmetric\tvalue\n${T}\tao-1\tph\t7.25\n`],
    ['an offset', 'time,device,metric,value\n2026-11-20T12:00:00+07:00,ao-1,ph,7.25\n'],
    ['local time', 'time,device,metric,value\n2026-11-20 12:00,ao-1,ph,7.25\n'],
    ['milliseconds', `time,device,metric,value\n${Date.parse(T)},ao-1,ph,7.25\n`],
    ['a raw column', `time,device,metric,value,raw,quality\n${T},ao-1,ph,9,7.25,suspect\n`],
    ['a raw column, wide', `time,device,ph,ph_raw\n${T},ao-1,9,7.25\n`],
    ['a quoted end of line', `time,device,metric,value,quality\n${point}\n"a\nb",x,ph,1,good\n`],
  ])('%s', async (_name, text) => {
    const { stored, duplicate } = await shared.import('csv', text, { timeZone: ZONE });
    expect(stored + duplicate).toBe(1);
    expect(await shared.points()).toEqual([point]);
  });

  test('lines are counted through quoted ends of line', async () => {
    const text = `${HEAD}"a\nb\nc",x,ph,1,good\n${T},x,ph,1,good\n`;
    const report = await shared.import('csv', text);
    expect(report.errors.map(({ line }) => line)).toEqual([2, 5]);
  });
});

describe('a file that cannot be one of ours is refused whole', () => {
  test.each([
    ['csv', '', 'FILE_INVALID', /no header/],
    ['csv', 'a,b,c\n1,2,3\n', 'FILE_INVALID', /no column time/],
    ['csv', `time,device,metric,valeu\n`, 'FILE_INVALID', /did you mean value/],
    ['csv', `time,device,oxigen\n`, 'FILE_INVALID', /did you mean oxygen/],
    ['csv', `time,device,metric,value,value\n`, 'FILE_INVALID', /twice/],
    ['csv', `time,device,metric,mean,max\n`, 'FILE_AGGREGATED', /mean/],
    ['csv', `time,device,oxygen_mean\n`, 'FILE_AGGREGATED', /oxygen_mean/],
    ['ndjson', `${HEAD}${T},ao-1,ph,7,good`, 'FILE_INVALID', /no column time/],
    ['ndjson', '{"a":1}', 'FILE_INVALID', /no column time/],
    ['xlsx', 'not a workbook', 'FILE_INVALID', /workbook/],
    ['parquet', 'not a parquet file', 'FILE_INVALID', /Parquet/],
  ] as const)('%s %j: %s', async (format, text, code, words) => {
    const before = await shared.points();
    const error = await shared.import(format, text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
    expect(String((error as { hint: string }).hint)).not.toBe('');
    expect(await shared.points()).toEqual(before);
  });

  test('a workbook cut short', async () => {
    await shared.fill([{ device: 'ao-1', metric: 'ph', time: Date.parse(T), value: 7.25 }]);
    const whole = await shared.export({ format: 'xlsx' });
    await expect(shared.import('xlsx', whole.subarray(0, -40))).rejects.toMatchObject({
      code: 'FILE_INVALID',
    });
  });
});

describe('what an import does', () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });

  const csv = (...values: number[]): string =>
    HEAD + values.map((value, row) => `2026-11-20T05:0${row}:00Z,ao-1,ph,${value},good`).join('\n');

  test('a value that differs replaces the one there is', async () => {
    await room.import('csv', csv(1, 2, 3));
    const report = await room.import('csv', csv(1, 5, 3, 4));
    expect(report).toMatchObject({ stored: 1, replaced: 1, duplicate: 2 });
    expect((await room.points()).map((line) => line.split(',')[3])).toEqual(['1', '5', '3', '4']);
  });

  test('a dry run counts and keeps nothing', async () => {
    await room.import('csv', csv(1));
    const report = await room.import('csv', csv(1, 2), { dryRun: true });
    expect(report).toMatchObject({ stored: 1, duplicate: 1, dryRun: true });
    // This one waits for the store: whatever came before it would be there.
    await room.import('csv', `${HEAD}${T},bay-1,rain,1,good`);
    expect(await room.points()).toHaveLength(2);
  });

  test('the same point twice in one file is one point: the later', async () => {
    const lines = [1, 1, 2].map((value) => `${T},ao-1,ph,${value},good\n`).join('');
    const report = await room.import('csv', HEAD + lines);
    expect(report).toMatchObject({ stored: 1, replaced: 1, duplicate: 1 });
    expect(await room.points()).toEqual([`${T},ao-1,ph,2,good`]);
  });

  test('devices of others are as if they were not there', async () => {
    const report = await room.import('csv', csv(1), { coops: ['other'] });
    expect(report).toMatchObject({ stored: 0, rejected: 1 });
    expect(report.errors[0]?.code).toBe('DEVICE_NOT_FOUND');
  });

  test('history is as old as it is', async () => {
    const old = '1999-01-01T00:00:00.000Z,ao-1,ph,7,clock';
    expect(await room.import('csv', `${HEAD}${old}\n`)).toMatchObject({ stored: 1 });
    expect(await room.points()).toEqual([old]);
  });

  test('one at a time', async () => {
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(HEAD);
      await gate;
    }
    const first = room.importPieces('csv', slow());
    await expect(room.import('csv', csv(1))).rejects.toMatchObject({ code: 'IMPORT_BUSY' });
    go();
    await first;
    expect(await room.import('csv', csv(1))).toMatchObject({ stored: 1 });
  });

  test('a body that breaks off is an error; what came stays and is known again', async () => {
    async function* torn(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(csv(1, 2));
      throw new Error('the line was cut');
    }
    await expect(room.importPieces('csv', torn())).rejects.toThrow('the line was cut');
    const report = await room.import('csv', csv(1, 2, 3));
    expect(report.stored + report.duplicate).toBe(3);
    expect(await room.points()).toHaveLength(3);
  });

  test('many rows, a device after the other, in little memory', async () => {
    const rows = 200_000;
    const repeated = 60_000;
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(HEAD);
      for (let row = 0; row < rows + repeated; row += 1_000) {
        let text = '';
        const from = row < rows ? row : row - repeated;
        for (let at = from; at < from + 1_000; at++) {
          const time = new Date(1.7e12 + at * 1_000).toISOString();
          text += `${time},${at < rows / 2 ? 'ao-1' : 'ao-2'},ph,${(at % 900) / 100},good\r\n`;
        }
        yield Buffer.from(text);
      }
    }
    const before = process.memoryUsage.rss();
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 20);
    const report = await room.importPieces('csv', body());
    clearInterval(timer);
    // What stands twice in a file is known again, also right behind itself.
    expect(report).toMatchObject({ stored: rows, duplicate: repeated, replaced: 0, rejected: 0 });
    expect((most - before) / 1e6).toBeLessThan(250);
  });
});
