import { spawnSync } from 'node:child_process';
import { root, setUp } from './setup.mjs';

/** Runs suites that are too long for `npm test`, with a seed that is printed and can be given. */
export function runSuite(files, settings) {
  setUp();
  const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`SEED=${SEED}\n`);
  const env = { ...process.env, ...settings, SEED };
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...files];
  const { status } = spawnSync(process.execPath, vitest, { cwd: root, stdio: 'inherit', env });
  process.exitCode = status ?? 1;
}
