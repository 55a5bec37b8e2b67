import { expect, test } from 'vitest';
import { nearest } from '#src/base/suggest';

test('a misspelt word gets its nearest neighbour, a foreign one none', () => {
  expect(nearest('SLUICE_HTPP_PORT', ['SLUICE_HTTP_PORT', 'SLUICE_HTTP_HOST'])).toBe(
    'SLUICE_HTTP_PORT',
  );
  expect(nearest('recieve', ['receive', 'send'])).toBe('receive');
  expect(nearest('zebra', ['start', 'demo'])).toBeUndefined();
});
