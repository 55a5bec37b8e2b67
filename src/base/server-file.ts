import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from './errors.ts';

/** How commands on this machine reach the running server. Kept in the data folder, owner only. */
export interface ServerFile {
  pid: number;
  /** The API, such as `http://127.0.0.1:8080`. */
  url: string;
  mqttUrl: string;
  /** An administrator's token that ends with the server. */
  token: string;
}

const NAME = 'server.json';

export function writeServerFile(dataDir: string, content: ServerFile): void {
  removeServerFile(dataDir);
  writeFileSync(path.join(dataDir, NAME), `${JSON.stringify(content)}\n`, { mode: 0o600 });
}

export function removeServerFile(dataDir: string): void {
  rmSync(path.join(dataDir, NAME), { force: true });
}

/** Throws SERVER_UNREACHABLE when no server left its address there. */
export function readServerFile(dataDir: string): ServerFile {
  const file = path.join(dataDir, NAME);
  if (!existsSync(file)) {
    throw new AppError('SERVER_UNREACHABLE', `no Sluice is running on ${dataDir}`, {
      hint: 'Start it with "npm start", or name another with --url and SLUICE_TOKEN.',
    });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as ServerFile;
}
