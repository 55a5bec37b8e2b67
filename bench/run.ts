// `npm run bench [-- name …]`: measures what the README claims and writes bench/results/latest.json.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { type Figure, suites } from './suites.ts';

const root = process.cwd();

function commit(): string {
  try {
    const run = (...args: string[]): string =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    const dirty = run('status', '--porcelain') === '' ? '' : ' with changes';
    return run('rev-parse', '--short', 'HEAD') + dirty;
  } catch {
    return 'unknown';
  }
}

const wanted = process.argv.slice(2);
const chosen = suites.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const figures: Figure[] = [];
for (const suite of chosen) {
  process.stderr.write(`${suite.name} …\n`);
  for (const figure of await suite.run()) {
    figures.push(figure);
    const goal = figure.goal === undefined ? '' : `  (goal ${figure.goal})`;
    process.stdout.write(`${figure.what}: ${figure.value}${goal}\n`);
  }
}
const processors = cpus();
const result = {
  commit: commit(),
  node: process.version,
  cpu: `${processors.length} × ${processors[0]?.model ?? 'unknown'}`,
  date: new Date().toISOString().slice(0, 10),
  figures,
};
mkdirSync(path.join(root, 'bench/results'), { recursive: true });
const file = wanted.length === 0 ? 'latest.json' : 'partial.tmp';
writeFileSync(path.join(root, 'bench/results', file), `${JSON.stringify(result, null, 2)}\n`);
