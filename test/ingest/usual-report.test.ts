import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecodedBatch } from '#src/contracts/observation';
import { createDecoder } from '#src/ingest/decode';
import { UsualReports } from '#src/ingest/usual-report';
import { testKinds } from '../support/kinds.ts';
import { runs } from '../support/random.ts';

const receivedAt = Date.UTC(2026, 10, 22, 5, 0, 0);
const source = { coop: 'c', site: 's', device: 'd', kind: 'test-kind' };
const metrics = testKinds.get('test-kind')?.metrics ?? [];
const clockWindow = { pastMs: 86_400_000, futureMs: 300_000 };
const decode = createDecoder({ kinds: testKinds, clockWindow });

function decoded(text: string): DecodedBatch {
  const payload = Buffer.from(text);
  const frame = { offset: 7, source, topic: 'report' as const, payload, receivedAt };
  return decode({ from: 7, next: 8, frames: [frame] });
}

/** What a batch says, without the excerpts, which show how the report was sent. */
const said = ({ observations, rejections, claims }: DecodedBatch) => {
  return { observations, claims, codes: rejections.map(({ code, metric }) => [code, metric]) };
};

const numbers = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -99_999, max: 99_999 }).map((number) => String(number / 100)),
  fc.constantFrom('0', '-0', '-0.0', '0.10', '007', '1.', '.5', '+1', '1e2', '1E-2', '-', '--1'),
  fc.constantFrom(
    '4.123456789012345',
    '0.1234567890123456',
    '1'.repeat(30),
    `1.${'0'.repeat(30)}1`,
  ),
  fc.constantFrom('null', 'true', '"5"', '[5]', '{}', 'NaN', ''),
);
const blanks = fc.constantFrom('', '', '', ' ', '\n', '\t \r', '\u00a0');
const names = fc.constantFrom(
  ...metrics.map(({ name }) => name),
  'sugar',
  '__proto__',
  'lev\\u0065l',
  '',
);
const quoted = (name: string): string => `"${name}"`;
const entries = (key: fc.Arbitrary<string>, value: fc.Arbitrary<string>) =>
  fc
    .array(fc.tuple(blanks, key.map(quoted), blanks, blanks, value, blanks), { maxLength: 6 })
    .chain((list) =>
      fc.constantFrom('', '', '', '', ',').map((end) => {
        const parts = list.map(([a, name, b, c, one, d]) => `${a}${name}${b}:${c}${one}${d}`);
        return `{${parts.join(',')}${end}}`;
      }),
    );
const dates = fc.oneof(
  fc.integer({ min: -90_000_000, max: 400_000 }).map((from) => String(receivedAt + from)),
  fc.constantFrom('"2026-11-22T05:00:00Z"', `${receivedAt}.5`, `-${receivedAt}`),
  numbers,
);
const boots = fc.oneof(
  fc.string({ maxLength: 70 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"b7"', '7', 'null', '"\u00e9"', '"\t"'),
);
const member = fc.oneof(
  dates.map((value) => `"observedAt":${value}`),
  entries(names, numbers).map((value) => `"values":${value}`),
  numbers.map((value) => `"sequence":${value}`),
  boots.map((value) => `"boot":${value}`),
  numbers.map((value) => `"firmware":${value}`),
);
const good = fc.record({ level: fc.integer({ min: 0, max: 500 }) }).map((values) => {
  return `"values":${JSON.stringify({ level: values.level / 100 })}`;
});
const oneValue = fc
  .tuple(fc.constantFrom('level', 'heat'), numbers)
  .map(([name, value]) => `"values":{"count":1,"${name}":${value}}`);
const oneDate = fc.oneof(
  fc.constant(`"observedAt":${receivedAt}`),
  dates.map((value) => `"observedAt":${value}`),
);
const reports = fc
  .tuple(oneDate, fc.oneof(good, oneValue, oneValue), fc.array(member, { maxLength: 2 }))
  .chain(([date, values, others]) =>
    fc.shuffledSubarray([date, values, ...others], { minLength: 1 }),
  )
  .chain((members) =>
    fc
      .tuple(blanks, fc.constantFrom('', '', '', '', 'x', '{}'))
      .map(([blank, end]) => `{${blank}${members.join(`,${blank}`)}${blank}}${end}`),
  );

describe('a usual report', () => {
  test('says what the parser and the checks would say', () => {
    fc.assert(
      // In a list of one, the same report takes the long way.
      fc.property(reports, (text) => {
        expect(said(decoded(text))).toEqual(said(decoded(`[${text}]`)));
      }),
      runs(3_000),
    );
  });

  test('numbers are the doubles that JSON.parse makes of them', () => {
    const usual = new UsualReports([
      { ...metrics[0], name: 'level', min: -1e15, max: 1e15 } as never,
    ]);
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), fc.nat({ max: 17 }), (digits, size) => {
        const text = `${digits % 1000n}.${digits.toString().padStart(size + 1, '0')}`;
        const report = usual.read(Buffer.from(`{"observedAt":1,"values":{"level":${text}}}`));
        if (report !== undefined) expect(report.values['level']).toBe(JSON.parse(text));
      }),
      runs(5_000),
    );
  });

  test('bytes that are no text are left to the parser', () => {
    const text = `{"observedAt":${receivedAt},"boot":"\u00ff","values":{"level":4.25}}`;
    const batch = decode({
      from: 7,
      next: 8,
      frames: [
        { offset: 7, source, topic: 'report', payload: Buffer.from(text, 'latin1'), receivedAt },
      ],
    });
    expect(said(batch)).toEqual({ observations: [], claims: [], codes: [['NOT_JSON', null]] });
  });

  test.each([
    `{"observedAt":${receivedAt},"boot":"b7","sequence":7,"values":{"level":4.25}}`,
    `{ "values": {"level": 0}, "observedAt": ${receivedAt} }\n`,
  ])('%s needs no parser', (text) => {
    expect(new UsualReports(metrics).read(Buffer.from(text))).toBeDefined();
  });
});
