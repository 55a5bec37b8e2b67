import { readFileSync } from 'node:fs';
import path from 'node:path';
import { programDir } from './base/discovery.ts';
import { preferSmallHeap } from './base/memory.ts';

/** The package file stands beside the sources, and one level above the build. */
function packageVersion(): string {
  for (const dir of [programDir, path.join(programDir, '..')]) {
    try {
      const text = readFileSync(path.join(dir, 'package.json'), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Not there: the other place has it.
    }
  }
  return 'unknown';
}

// Before anything else is loaded, so that loading already keeps to it.
preferSmallHeap();
const { runCommand } = await import('./cli/program.ts');
process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  version: packageVersion(),
});
