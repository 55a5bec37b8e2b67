import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineBytes } from '#src/series/influxdb/line-bytes';
import { runs } from '../support/random.ts';

const few = fc
  .tuple(fc.integer({ min: -9_999_999, max: 9_999_999 }), fc.nat({ max: 7 }))
  .map(([digits, decimals]) => digits / 10 ** decimals);

test('numbers are written as String writes them', () => {
  const bytes = new LineBytes();
  fc.assert(
    fc.property(fc.oneof(few, fc.double(), fc.maxSafeInteger(), fc.float()), (number) => {
      bytes.cut(0);
      bytes.addNumber(number);
      expect(bytes.text(0, bytes.length)).toBe(String(number));
    }),
    runs(10_000),
  );
});

test('text of any length and script stays what it is', () => {
  const bytes = new LineBytes();
  const texts = ['ao nuôi số 1', 'x'.repeat(70_000), '鱼塘', ',='];
  for (const text of texts) bytes.add(text);
  expect(bytes.text(0, bytes.length)).toBe(texts.join(''));
});
