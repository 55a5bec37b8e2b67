import { expect, test } from 'vitest';
import { BackOff } from '#src/base/back-off';
import { AppError } from '#src/base/errors';

test('waits double up to a limit, each between a half and all of it', () => {
  const backOff = new BackOff(100, 1_000);
  for (const most of [100, 200, 400, 800, 1_000, 1_000]) {
    const ms = backOff.after(new Error('no'));
    expect(ms).toBeGreaterThanOrEqual(most / 2);
    expect(ms).toBeLessThanOrEqual(most);
  }
  backOff.reset();
  expect(backOff.after(new Error('no'))).toBeLessThanOrEqual(100);
});

test('waits as long as the other side said', () => {
  const busy = new AppError('SERIES_UNAVAILABLE', 'busy', { retryAfterMs: 7_000 });
  expect(new BackOff(100, 1_000).after(busy)).toBe(7_000);
});
