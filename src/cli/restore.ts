import path from 'node:path';
import type { Command } from 'commander';
import { CONFIG_FILE, type Manifest } from '../backup/manifest.ts';
import { restoreBackup } from '../backup/restore.ts';
import { megabytes } from './backup.ts';
import type { Surroundings } from './program.ts';

interface RestoreOptions {
  data: string;
  json?: boolean;
}

/** `sluice restore`: makes a data folder of a backup; a server then just starts on it. */
export function addRestore(program: Command, surroundings: Surroundings): void {
  program
    .command('restore <backup>')
    .description('make a data folder of a backup')
    .requiredOption('--data <folder>', 'data folder to fill: empty, or not there yet')
    .option('--json', 'print JSON')
    .action(async (backup: string, { data, json }: RestoreOptions) => {
      const { terminal } = surroundings;
      const progress = megabytes('restore', surroundings);
      const manifest = await restoreBackup(backup, data, progress.count);
      progress.end(`${manifest.files.length} files, every checksum is right`);
      if (!json) return terminal.result(whatNext(manifest, data));
      const { id, secrets, outside, series } = manifest;
      terminal.result(JSON.stringify({ id, data: path.resolve(data), secrets, outside, series }));
    });
}

/** What a backup cannot bring along, and how to start. */
function whatNext({ id, secrets, outside, series }: Manifest, data: string): string {
  const folder = path.resolve(data);
  const lines = [`${folder} is the server of ${id}.`];
  if (secrets.length > 0) lines.push(`Set again, they are not in a backup: ${secrets.join(', ')}`);
  for (const { setting, file } of outside) {
    lines.push(`Bring along, or set anew: ${setting} (it was ${file})`);
  }
  if (!series.included) {
    lines.push(`History is kept by the ${series.store} server and is not in this backup.`);
  }
  const config = path.join(folder, CONFIG_FILE);
  lines.push('Start it:', `  SLUICE_DATA_DIR=${folder} SLUICE_CONFIG=${config} npm start`);
  return lines.join('\n');
}
