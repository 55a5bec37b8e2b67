import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { startServer } from '../support/server.ts';

test('a second server on the same data folder refuses to start and says why', async () => {
  const environment = { SLUICE_DATA_DIR: temporaryFolder() };
  const first = await startServer(environment);
  onTestFinished(() => first.kill());
  await expect(startServer(environment)).rejects.toThrow(/exit code 75[\s\S]*DATA_DIR_LOCKED/);
  expect((await fetch(new URL('/health/ready', first.http))).status).toBe(200);
  await first.kill();
  const after = await startServer(environment);
  expect(await after.stop()).toBe(0);
});
