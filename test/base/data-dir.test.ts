import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lockDataDir } from '#src/base/data-dir';
import { temporaryFolder } from '../support/folder.ts';

test('the data folder is made, with those above it, and has one owner', () => {
  const folder = path.join(temporaryFolder(), 'a', 'b');
  const release = lockDataDir(folder);
  expect(() => lockDataDir(folder)).toThrow(expect.objectContaining({ code: 'DATA_DIR_LOCKED' }));
  release();
  lockDataDir(folder)();
});

test('a lock file that was damaged is replaced', () => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'lock.db'), 'not a database, '.repeat(100));
  lockDataDir(folder)();
});

test.skipIf(process.platform !== 'linux')('a folder that cannot be made is said, at once', () => {
  const code = { code: 'DATA_DIR_UNUSABLE' };
  expect(() => lockDataDir('/proc/nowhere/at/all')).toThrow(expect.objectContaining(code));
  const file = path.join(temporaryFolder(), 'file');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '');
  expect(() => lockDataDir(path.join(file, 'below'))).toThrow(expect.objectContaining(code));
});
