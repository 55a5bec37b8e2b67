import { createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { AppError } from '../base/errors.ts';
import { DECIMAL_SIGNS, FILE_FORMATS, FILE_SHAPES } from '../contracts/files.ts';
import { VALUE_VERSIONS } from '../contracts/history.ts';
import { abortOnSignals, type ClientOptions, clientOf, withClient } from './common.ts';
import { bytesText, startCounting } from './output.ts';
import type { Surroundings } from './program.ts';
import { transfer } from './transfer.ts';

interface ExportOptions extends ClientOptions {
  device?: string[];
  site?: string[];
  coop?: string[];
  metric?: string[];
  from?: string;
  to?: string;
  every?: string;
  fn?: string[];
  tz?: string;
  format?: string;
  shape: string;
  decimal: string;
  values: string;
  plain?: boolean;
  output?: string;
}

/** `sluice export`: series of the running server as a file. */
export function addExport(program: Command, surroundings: Surroundings): void {
  withClient(program.command('export').description('write series into a file'))
    .option('--device <id...>', 'devices')
    .option('--site <id...>', 'all devices of these sites')
    .option('--coop <id...>', 'all devices of these cooperatives')
    .option('--metric <name...>', 'metrics; all without it')
    .option('--from <time>', 'start, such as 2026-01-01; 24 hours before the end without it')
    .option('--to <time>', 'end, excluded; now without it')
    .option('--every <width>', 'buckets, such as 1h or 1d; points without it')
    .option('--fn <name...>', 'functions over each bucket, such as mean max')
    .option('--tz <zone>', 'time zone of dates, buckets and local times')
    .addOption(
      new Option('--format <format>', "the file's ending says it without").choices(FILE_FORMATS),
    )
    .addOption(new Option('--shape <shape>', 'rows').choices(FILE_SHAPES).default('long'))
    .addOption(new Option('--decimal <sign>', 'csv').choices(DECIMAL_SIGNS).default('point'))
    .addOption(new Option('--values <which>').choices(VALUE_VERSIONS).default('corrected'))
    .option('--plain', 'csv without byte order mark and local times, for programs')
    .option('-o, --output <file>', 'file to write; series.<format> without it')
    .action((options: ExportOptions) => exportFile(options, surroundings));
}

async function exportFile(options: ExportOptions, surroundings: Surroundings): Promise<void> {
  const { terminal } = surroundings;
  const format = formatOf(options);
  const file = path.resolve(options.output ?? `series.${format}`);
  const part = `${file}.part`;
  const client = clientOf(options, surroundings);
  const { signal, release } = abortOnSignals();
  const response = await transfer(client, {
    method: 'GET',
    route: routeOf(options, format),
    signal,
  });
  const progress = startCounting('export', terminal, () => performance.now());
  const isText = format === 'csv' || format === 'ndjson';
  let bytes = 0;
  let lines = format === 'csv' ? -1 : 0;
  const counter = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (isText) lines += newlines(piece);
      progress.update(bytes, isText ? Math.max(0, lines) : undefined);
      done(null, piece);
    },
  });
  try {
    mkdirSync(path.dirname(part), { recursive: true });
    await pipeline(response, counter, createWriteStream(part), { signal });
    if (!response.complete) throw new Error('the connection ended before the file');
    renameSync(part, file);
  } catch (cause) {
    progress.end(undefined);
    rmSync(part, { force: true });
    throw new AppError('EXPORT_INCOMPLETE', 'the export broke off; no file was written', {
      cause,
      hint: 'Try again; --format csv and less time ask less of the server.',
    });
  }
  release();
  const rows = isText ? lines : null;
  progress.end(`${file}: ${bytesText(bytes)}${rows === null ? '' : `, ${rows} rows`}`);
  if (options.json) terminal.result(JSON.stringify({ file, format, bytes, rows }));
}

function formatOf({ format, output }: ExportOptions): string {
  if (format !== undefined) return format;
  const ending = path.extname(output ?? '').slice(1);
  if (output === undefined || (FILE_FORMATS as readonly string[]).includes(ending)) {
    return ending === '' ? 'csv' : ending;
  }
  throw new AppError('USAGE', `which format is ${output}?`, {
    hint: `Say --format, one of ${FILE_FORMATS.join(', ')}.`,
  });
}

/** Files are opened in spreadsheets: they get what those need, but for `--plain`. */
function routeOf(options: ExportOptions, format: string): string {
  const query = new URLSearchParams({ format, shape: options.shape, values: options.values });
  for (const name of ['device', 'site', 'coop', 'metric', 'fn'] as const) {
    for (const value of options[name] ?? []) query.append(name, value);
  }
  for (const name of ['from', 'to', 'every', 'tz'] as const) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  if (format === 'csv') {
    query.set('decimal', options.decimal);
    if (options.plain !== true) {
      query.set('bom', 'true');
      query.set('localTime', 'true');
    }
  }
  return `/series?${query}`;
}

function newlines(piece: Buffer): number {
  let count = 0;
  for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) count++;
  return count;
}
