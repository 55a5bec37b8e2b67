import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame, FrameTopic } from '#src/contracts/frame';
import type { DecodedBatch } from '#src/contracts/observation';
import { createDecoder } from '#src/ingest/decode';
import { testKinds } from '../support/kinds.ts';
import { runs } from '../support/random.ts';

const receivedAt = Date.UTC(2026, 10, 22, 5, 0, 0);
const source = { coop: 'c', site: 's', device: 'd', kind: 'test-kind' };
const day = 86_400_000;
const decode = createDecoder({
  kinds: testKinds,
  clockWindow: { pastMs: 90 * day, futureMs: 300_000 },
});

function decoded(payload: unknown, topic: FrameTopic = 'report'): DecodedBatch {
  const bytes = payload instanceof Uint8Array ? payload : Buffer.from(asText(payload));
  const frame: Frame = { offset: 7, source, topic, payload: bytes, receivedAt };
  return decode({ from: 7, next: 8, frames: [frame] });
}

function asText(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

const codes = (batch: DecodedBatch): string[] => batch.rejections.map(({ code }) => code);
const received = (batch: DecodedBatch): number =>
  batch.observations.reduce((sum, { values }) => sum + Object.keys(values).length, 0) +
  batch.rejections.reduce((sum, { count }) => sum + count, 0);

describe('decoding what came from a file', () => {
  test('it is as old as it is, with the quality it says, and makes no claim', () => {
    const batch = decoded(
      [
        { observedAt: Date.UTC(1999, 0, 1), values: { level: 5 } },
        { observedAt: receivedAt - 1, quality: 'clock', values: { level: 6 } },
      ],
      'import',
    );
    expect(batch.observations).toMatchObject([
      { observedAt: Date.UTC(1999, 0, 1), quality: 'good', imported: true, values: { level: 5 } },
      { observedAt: receivedAt - 1, quality: 'clock', imported: true, values: { level: 6 } },
    ]);
    expect([batch.rejections, batch.claims]).toEqual([[], []]);
  });

  test('the future, and what is no value of its kind, is refused', () => {
    const future = { observedAt: receivedAt + day, values: { level: 5 } };
    const unknown = { observedAt: receivedAt, values: { sugar: 5 } };
    const batch = decoded([future, unknown, { values: { level: 5 } }], 'import');
    expect(codes(batch)).toEqual(['BAD_TIME', 'UNKNOWN_METRIC', 'BAD_TIME']);
    expect(batch.observations).toEqual([]);
  });
});

describe('decoding a report', () => {
  test('a dated report keeps its time and its values', () => {
    const batch = decoded({
      observedAt: '2026-11-22T11:00:00+07:00',
      values: { level: 5.12, heat: 29 },
    });
    expect(batch.observations).toEqual([
      {
        source,
        offset: 7,
        index: 0,
        observedAt: Date.UTC(2026, 10, 22, 4),
        receivedAt,
        quality: 'good',
        values: { level: 5.12, heat: 29 },
      },
    ]);
    expect(batch.rejections).toEqual([]);
    expect(batch.claims).toEqual([]);
  });

  test('an undated report stands under the time of receipt', () => {
    expect(decoded({ values: { level: 1 } }).observations[0]).toMatchObject({
      observedAt: receivedAt,
      quality: 'good',
    });
  });

  test('one bad value costs only itself', () => {
    const batch = decoded({ sequence: 9, values: { level: 99, heat: 30, salt: 1, count: '3' } });
    expect(batch.observations[0]?.values).toEqual({ heat: 30 });
    expect(
      batch.rejections.map(({ code, metric, part, sequence }) => [code, metric, part, sequence]),
    ).toEqual([
      ['OUT_OF_RANGE', 'level', 0, 9],
      ['UNKNOWN_METRIC', 'salt', 2, 9],
      ['NOT_A_NUMBER', 'count', 3, 9],
    ]);
    expect(batch.rejections[0]?.reason).toBe('99 is outside 0 to 10 mg/L');
  });

  test.each([
    ['1e400', '{"values":{"level":1e400}}', 'NOT_A_NUMBER'],
    ['NaN', '{"values":{"level":NaN}}', 'NOT_JSON'],
    ['null value', '{"values":{"level":null}}', 'NOT_A_NUMBER'],
    ['text', 'hello', 'NOT_JSON'],
    ['nothing', '', 'NOT_JSON'],
    ['a number', '5', 'NOT_A_REPORT'],
    ['null', 'null', 'NOT_A_REPORT'],
    ['an empty list', '[]', 'NOT_A_REPORT'],
    ['no values', '{"value":{"level":1}}', 'NO_VALUES'],
    ['empty values', '{"values":{}}', 'NO_VALUES'],
    ['a list of values', '{"values":[1,2]}', 'NO_VALUES'],
    ['__proto__', '{"values":{"level":1,"__proto__":{"x":1}}}', 'NOT_JSON'],
    ['constructor', '{"constructor":{"prototype":{"x":1}},"values":{"level":1}}', 'NOT_JSON'],
    ['a tower', '['.repeat(60_000), 'NOT_JSON'],
  ])('%s is a rejection', (_, payload, code) => {
    const batch = decoded(payload);
    expect(codes(batch)).toContain(code);
    expect(batch.observations).toEqual([]);
  });

  test('bytes that are not UTF-8 are a rejection with an excerpt', () => {
    const batch = decoded(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
    expect(codes(batch)).toEqual(['NOT_JSON']);
    expect(batch.rejections[0]?.excerpt).toContain('{');
  });

  test('500 reports in a message are fine, 501 are one rejection', () => {
    const reports = Array.from({ length: 501 }, (_, index) => ({
      sequence: index,
      values: { level: 1 },
    }));
    expect(decoded(reports.slice(0, 500)).observations).toHaveLength(500);
    const refused = decoded(reports);
    expect(refused.observations).toEqual([]);
    expect(codes(refused)).toEqual(['TOO_MANY_REPORTS']);
  });

  test('a report in a list fails alone', () => {
    const batch = decoded([{ values: { level: 1 } }, 3, { values: { level: 2 } }]);
    expect(batch.observations.map(({ index }) => index)).toEqual([0, 2]);
    expect(batch.rejections).toMatchObject([{ index: 1, code: 'NOT_A_REPORT' }]);
  });

  test('a member nobody knows is refused by itself, so a misspelt time is seen', () => {
    const batch = decoded({ observed_at: '2026-11-22T04:00:00Z', values: { level: 1 } });
    expect(batch.observations).toHaveLength(1);
    expect(batch.rejections).toMatchObject([{ code: 'UNKNOWN_MEMBER', metric: null }]);
  });

  test('beyond a hundred, rejections of a message are counted in one', () => {
    const values = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`m${index}`, 1]));
    const batch = decoded([{ values }, { values }, { values: { level: 1 } }, { values }]);
    expect(batch.rejections).toHaveLength(100);
    expect(batch.rejections.at(-1)).toMatchObject({ code: 'TOO_MANY_ERRORS', count: 81 });
    expect(received(batch)).toBe(181);
  });
});

describe("the device's clock", () => {
  const at = (observedAt: unknown): DecodedBatch => decoded({ observedAt, values: { level: 1 } });

  test.each([
    ['just inside the past', receivedAt - 90 * day],
    ['just inside the future', receivedAt + 300_000],
  ])('%s is believed', (_, time) => {
    expect(at(time).observations[0]).toMatchObject({ observedAt: time, quality: 'good' });
  });

  test.each([
    ['too old', receivedAt - 90 * day - 1],
    ['too far ahead', receivedAt + 300_001],
    ['seconds', Math.floor(receivedAt / 1000)],
    ['the RTC epoch', '2000-01-01T00:00:00Z'],
  ])('%s is kept under the time of receipt and said', (_, time) => {
    const batch = at(time);
    expect(batch.observations[0]).toMatchObject({ observedAt: receivedAt, quality: 'clock' });
    expect(codes(batch)).toEqual(['CLOCK_OUTSIDE']);
  });

  test.each([
    'yesterday',
    '2026-11-22T05:00:00',
    '2026-02-30T00:00:00Z',
    true,
    {},
    Number.MAX_VALUE,
  ])('%s is no time: the values stay', (time) => {
    const batch = at(time);
    expect(batch.observations[0]).toMatchObject({ observedAt: receivedAt, quality: 'clock' });
    expect(batch.rejections).toHaveLength(1);
  });

  test('nanoseconds are cut to milliseconds', () => {
    expect(at('2026-11-22T04:59:59.123456789Z').observations[0]?.observedAt).toBe(receivedAt - 877);
  });
});

describe('telling repeats', () => {
  const key = (report: unknown): string | undefined => decoded(report).claims[0]?.key;

  test('an undated report with boot and sequence is known by the pair', () => {
    const first = key({ boot: 'a', sequence: 1, values: { level: 1 } });
    expect(first).toBeDefined();
    expect(key({ boot: 'a', sequence: 1, values: { level: 2 } })).toBe(first);
    expect(key({ boot: 'b', sequence: 1, values: { level: 1 } })).not.toBe(first);
    expect(key({ boot: 'a', sequence: 2, values: { level: 1 } })).not.toBe(first);
  });

  test('without a boot id the values must repeat too: a restart begins the sequence again', () => {
    const first = key({ sequence: 1, values: { level: 1 } });
    expect(key({ sequence: 1, values: { level: 1 } })).toBe(first);
    expect(key({ sequence: 1, values: { level: 2 } })).not.toBe(first);
  });

  test('with neither time nor sequence it cannot be told', () => {
    expect(key({ values: { level: 1 } })).toBeUndefined();
  });
});

describe('status and acknowledgements', () => {
  test('a status is read', () => {
    expect(decoded({ online: true, firmware: '1.2.0' }, 'status').statuses).toMatchObject([
      { online: true, firmware: '1.2.0' },
    ]);
    expect(codes(decoded({ online: 'yes' }, 'status'))).toEqual(['NOT_A_STATUS']);
  });

  test('an acknowledgement is kept as it is', () => {
    const body = { id: 'x', state: 'done', grantedSeconds: 30 };
    expect(decoded(body, 'ack').acks).toMatchObject([{ body }]);
    expect(codes(decoded([], 'ack'))).toEqual(['NOT_AN_ACK']);
  });
});

describe('total', () => {
  const values = fc.dictionary(
    fc.oneof(fc.constantFrom('level', 'heat', 'count'), fc.string()),
    fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constant(null)),
  );
  const report = fc.record(
    { observedAt: fc.anything(), sequence: fc.anything(), boot: fc.anything(), values },
    { requiredKeys: [] },
  );

  test('any bytes on any topic become observations and rejections, never an exception', () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json({ maxDepth: 12 }).map((json) => Buffer.from(json)),
      fc.array(report).map((reports) => Buffer.from(JSON.stringify(reports))),
      report.map((one) => Buffer.from(JSON.stringify(one))),
    );
    const topic = fc.constantFrom<FrameTopic>('report', 'status', 'ack');
    fc.assert(
      fc.property(payload, topic, (bytes, where) => {
        const batch = decoded(bytes, where);
        const said = received(batch) + batch.statuses.length + batch.acks.length;
        expect(said).toBeGreaterThan(0);
        for (const { values: kept } of batch.observations) {
          expect(Object.keys(kept).length).toBeGreaterThan(0);
          for (const value of Object.values(kept)) expect(Number.isFinite(value)).toBe(true);
        }
        const places = batch.rejections.map(({ index, part }) => `${index}/${part}`);
        expect(new Set(places).size).toBe(places.length);
      }),
      runs(5_000),
    );
  });

  test('every value of a report is kept or refused', () => {
    fc.assert(
      fc.property(values, (sent) => {
        const text = JSON.stringify({ values: sent });
        const parsed = JSON.parse(text) as { values: object };
        fc.pre(!/__proto__|constructor/.test(text));
        const count = Object.keys(parsed.values).length;
        expect(received(decoded(text))).toBe(Math.max(1, count));
      }),
      runs(2_000),
    );
  });
});
