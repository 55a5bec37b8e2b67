import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AppError } from './errors.ts';

/** The folder that holds `src`, `devices`, `schemas` and `web` of the running program. */
export const programDir: string = fileURLToPath(new URL('../../', import.meta.url));

/** The file beside the caller with the caller's own ending; for worker threads and children. */
export function siblingModule(callerUrl: string, name: string): URL {
  return new URL(`./${name}${path.extname(fileURLToPath(callerUrl))}`, callerUrl);
}

/**
 * Default exports of `<dir>/<folder>/<file>.js` for each folder, by folder name in order. A folder
 * without the file, or a module without a default export, is a mistake worth stopping for, unless
 * folders of another purpose stand beside those looked for.
 */
export async function discoverFolders<T>(
  dir: string,
  file: string,
  { skipsOthers = false }: { skipsOthers?: boolean } = {},
): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  const folders = readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  for (const folder of folders) {
    const module = path.join(dir, folder, `${file}.js`);
    if (!existsSync(module)) {
      if (skipsOthers) continue;
      throw new AppError('DISCOVERY_FAILED', `${path.join(dir, folder)} has no ${file}`, {
        hint: `Each folder in ${path.basename(dir)}/ needs ${file}.ts with a default export.`,
      });
    }
    found.set(folder, await importDefault<T>(module));
  }
  return found;
}

/** Default exports of every `<dir>/*.js`, by file name without its ending, in order. */
export async function discoverFiles<T>(dir: string): Promise<Map<string, T>> {
  const found = new Map<string, T>();
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.js'))
    .sort();
  for (const name of files) {
    found.set(path.basename(name, '.js'), await importDefault<T>(path.join(dir, name)));
  }
  return found;
}

async function importDefault<T>(file: string): Promise<T> {
  const module = (await import(pathToFileURL(file).href)) as { default?: T };
  if (module.default === undefined) {
    throw new AppError('DISCOVERY_FAILED', `${file} has no default export`);
  }
  return module.default;
}
