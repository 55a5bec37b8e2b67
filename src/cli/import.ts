import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import { AppError } from '../base/errors.ts';
import { FILE_FORMATS, type ImportReport } from '../contracts/files.ts';
import { type ClientOptions, clientOf, withClient } from './common.ts';
import { exitCodeOf } from './exit-codes.ts';
import { startProgress, table } from './output.ts';
import type { Surroundings } from './program.ts';
import { textOf, transfer } from './transfer.ts';

interface ImportOptions extends ClientOptions {
  format?: string;
  tz?: string;
  dryRun?: boolean;
}

/** `sluice import`: files of series into the running server. */
export function addImport(program: Command, surroundings: Surroundings): void {
  withClient(program.command('import <files...>').description('bring files of series in'))
    .addOption(
      new Option('--format <format>', "the file's ending says it without").choices(FILE_FORMATS),
    )
    .option('--tz <zone>', 'time zone of times without offset')
    .option('--dry-run', 'check and count only, keep nothing')
    .action((files: string[], options: ImportOptions) => importFiles(files, options, surroundings));
}

async function importFiles(
  files: readonly string[],
  options: ImportOptions,
  surroundings: Surroundings,
): Promise<void> {
  const { terminal } = surroundings;
  // Every file is looked at before the first is sent: a mistyped name costs nothing.
  const given = files.map((file) => ({ file, ...formatAndSize(file, options) }));
  const reports: Array<ImportReport & { file: string }> = [];
  for (const { file, format, size } of given) {
    const query = new URLSearchParams({ format });
    if (options.tz !== undefined) query.set('tz', options.tz);
    if (options.dryRun) query.set('dryRun', 'true');
    const progress = startProgress(file, terminal, () => performance.now());
    const response = await transfer(clientOf(options, surroundings), {
      method: 'POST',
      route: `/imports?${query}`,
      contentType: 'application/octet-stream',
      body: watched(file, (bytes) => progress.update(bytes, size, 'bytes')),
    });
    const report = JSON.parse(await textOf(response)) as ImportReport;
    progress.end(`${file}: ${report.rows} rows${report.dryRun ? ', nothing kept' : ''}`);
    reports.push({ file, ...report });
  }
  if (options.json) terminal.result(JSON.stringify(reports));
  else for (const report of reports) terminal.result(reportText(report));
  const rejected = reports.reduce((sum, report) => sum + report.rejected, 0);
  if (rejected > 0 && !options.json) {
    throw new AppError('IMPORT_REJECTED', `${rejected} values or rows were left out`, {
      hint: 'Mend those lines and send the file again: what is there already is not doubled.',
    });
  }
  if (rejected > 0) process.exitCode = exitCodeOf('IMPORT_REJECTED');
}

function watched(file: string, onBytes: (bytes: number) => void): Readable {
  async function* pieces(): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const piece of createReadStream(file)) {
      bytes += (piece as Buffer).length;
      onBytes(bytes);
      yield piece as Buffer;
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}

function formatAndSize(file: string, options: ImportOptions): { format: string; size: number } {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    throw new AppError('USAGE', `there is no file ${file}`, { hint: 'Check its name and folder.' });
  }
  const format = options.format ?? path.extname(file).slice(1).toLowerCase();
  if ((FILE_FORMATS as readonly string[]).includes(format)) return { format, size };
  throw new AppError('USAGE', `which format is ${file}?`, {
    hint: `Say --format, one of ${FILE_FORMATS.join(', ')}.`,
  });
}

function reportText(report: ImportReport & { file: string }): string {
  const { file, stored, replaced, duplicate, rejected, pending, errors } = report;
  const counts = `${stored} stored, ${replaced} replaced, ${duplicate} duplicate, ${rejected} rejected`;
  const later = pending ? '; safe, and shown as soon as the store has caught up' : '';
  const lines = [`${file}: ${counts}${later}`];
  if (errors.length > 0) {
    const rows = errors.map(({ line, column, code, message }) => [
      String(line),
      column ?? '',
      code,
      message,
    ]);
    lines.push(table(['line', 'column', 'code', 'why'], rows));
  }
  if (rejected > errors.length) lines.push(`… and ${rejected - errors.length} more`);
  return lines.join('\n');
}
