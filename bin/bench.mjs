// `npm run bench`: sets up, measures, and writes the README's table from the figures.
import { spawnSync } from 'node:child_process';
import { writeReadme } from './readme.mjs';
import { root, setUp } from './setup.mjs';

setUp();
const wanted = process.argv.slice(2);
const options = { cwd: root, stdio: 'inherit' };
const { status } = spawnSync(process.execPath, ['dist/bench/run.js', ...wanted], options);
if (status === 0 && wanted.length === 0) await writeReadme();
process.exitCode = status ?? 1;
