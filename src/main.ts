import { readFileSync } from 'node:fs';
import path from 'node:path';
import { programDir } from './base/discovery.ts';
import { runCommand } from './cli/program.ts';

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

process.exitCode = await runCommand(process.argv.slice(2), {
  environment: process.env,
  version: packageVersion(),
});
