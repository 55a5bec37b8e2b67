import type { Command } from 'commander';
import { copyBackup } from '../backup/copy.ts';
import { verifyBackup } from '../backup/verify.ts';
import { holdProcess, sleep, systemClock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { createLogger } from '../base/logger.ts';
import { readServerFile } from '../base/server-file.ts';
import type { Config } from '../config.ts';
import type { Backup } from '../contracts/backup.ts';
import { backupOffline } from '../offline-backup.ts';
import { type Client, createClient } from './client.ts';
import { type ClientOptions, clientOf, configOf, withClient } from './common.ts';
import { type Progress, startProgress } from './output.ts';
import type { Surroundings } from './program.ts';

/** How often a running server is asked how far it is. */
const ASK_MS = 250;
const MEGABYTE = 1e6;

interface BackupOptions extends ClientOptions {
  to?: string;
  verify?: string;
}

/** What both ways of making one answer alike; in the API's answer times are texts. */
type BackupAnswer = Pick<Backup, 'id' | 'path' | 'bytes'>;

/** `sluice backup`: of the running server, or of a data folder on which none runs. */
export function addBackup(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('backup')
    .description('back up everything a server keeps, while it works')
    .option('--to <folder>', 'copy the backup there too, such as to another disk')
    .option('--verify <backup>', 'only check the backup in this folder');
  withClient(command).action(async (options: BackupOptions) => {
    if (options.verify !== undefined) return verify(options.verify, options, surroundings);
    const backup = await make(options, surroundings);
    const folder =
      options.to === undefined ? backup.path : await copy(backup, options, surroundings);
    const { terminal } = surroundings;
    const { id, bytes } = backup;
    if (options.json) return terminal.result(JSON.stringify({ id, path: folder, bytes }));
    terminal.result(`${folder}  (${(bytes / MEGABYTE).toFixed(1)} MB)`);
  });
}

async function verify(
  folder: string,
  { json }: BackupOptions,
  { terminal }: Surroundings,
): Promise<void> {
  const progress = megabytes('checking', { terminal });
  const { id, files, createdAt, program } = await verifyBackup(folder, progress.count);
  progress.end(`every checksum of ${files.length} files is right`);
  if (json) terminal.result(JSON.stringify({ id, createdAt, program, files: files.length }));
  else terminal.result(`${folder} is whole`);
}

async function make(options: BackupOptions, surroundings: Surroundings): Promise<BackupAnswer> {
  const named = options.url ?? surroundings.environment['SLUICE_URL'];
  const config = configOf(options, surroundings);
  const progress = megabytes('backup', surroundings);
  const tell = ({ step, bytes, bytesExpected }: Backup): void =>
    progress.count(bytes, bytesExpected, step ?? '');
  if (named !== undefined) {
    if (options.to !== undefined) {
      throw new AppError('USAGE', '--to needs the server on this machine', {
        hint: 'Copy the folder that is printed from the other machine by your own means.',
      });
    }
    return makeOnServer(clientOf(options, surroundings), tell, progress);
  }
  const client = await runningServer(config);
  if (client !== null) return makeOnServer(client, tell, progress);
  const logger = createLogger('error');
  const { version } = surroundings;
  const backup = await backupOffline({ config, version, clock: systemClock, logger }, tell);
  progress.end('no server runs here; the backup was made of its files');
  return backup;
}

/** The server on this data folder, or null: a file it left when it was killed does not count. */
async function runningServer({ dataDir }: Config): Promise<Client | null> {
  try {
    const { url, token } = readServerFile(dataDir);
    const client = createClient(url, token);
    await client.call('GET', '/backups');
    return client;
  } catch (error) {
    if (error instanceof AppError && error.code === 'SERVER_UNREACHABLE') return null;
    throw error;
  }
}

async function makeOnServer(
  client: Client,
  tell: (backup: Backup) => void,
  progress: Progress,
): Promise<BackupAnswer> {
  let backup = await client.call<Backup>('POST', '/backups');
  const release = holdProcess();
  try {
    while (backup.state === 'running') {
      tell(backup);
      await sleep(ASK_MS);
      backup = await client.call<Backup>('GET', `/backups/${backup.id}`);
    }
  } finally {
    release();
  }
  if (backup.state === 'failed') {
    throw new AppError('BACKUP_FAILED', `the server could not make it: ${backup.error}`, {
      hint: 'Nothing that looks like a backup was left behind.',
    });
  }
  progress.end('the backup is complete');
  return backup;
}

async function copy(
  backup: BackupAnswer,
  { to = '.' }: BackupOptions,
  surroundings: Surroundings,
): Promise<string> {
  const progress = megabytes('copy', surroundings);
  const folder = await copyBackup(backup.path, to, progress.count);
  progress.end('copied, and every checksum is right');
  return folder;
}

/** A progress bar that counts bytes as megabytes. */
export function megabytes(
  title: string,
  { terminal }: Pick<Surroundings, 'terminal'>,
): Progress & { count(done: number, total: number, detail?: string): void } {
  const progress = startProgress(`${title}, MB`, terminal, () => performance.now());
  return {
    ...progress,
    count: (done, total, detail) => progress.update(done / MEGABYTE, total / MEGABYTE, detail),
  };
}
