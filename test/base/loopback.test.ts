import { expect, test } from 'vitest';
import { isLoopback } from '#src/base/loopback';

test('only what cannot be reached from elsewhere is loopback', () => {
  for (const host of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) {
    expect(isLoopback(host), host).toBe(true);
  }
  for (const host of [
    '127.0.0.1.example.org',
    '127.example.org',
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '',
  ]) {
    expect(isLoopback(host), host).toBe(false);
  }
});
