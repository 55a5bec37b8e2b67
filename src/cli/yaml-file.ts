import { readFileSync } from 'node:fs';
import { AppError } from '../base/errors.ts';
import { readYaml } from '../base/yaml.ts';

/** What a file should hold, and how one comes by such a file. */
export interface FileOf {
  /** Code of the error when it cannot be read, or is something else. */
  code: string;
  what: string;
  /** The member that tells it from other things. */
  key: string;
  hint: string;
}

/** A thing from a YAML or JSON file; `-` reads stdin. What is wrong within it the server says. */
export function readYamlFile<T>(file: string, { code, what, key, hint }: FileOf): T {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new AppError(code, `${file} cannot be read`, { cause });
  }
  const value = readYaml(text);
  if (typeof value === 'object' && value !== null && key in value) return value as T;
  throw new AppError(code, `${file} is not ${what}`, { field: key, hint });
}
