import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from './errors.ts';
import { nearest } from './suggest.ts';

const FILE_SUFFIX = '_FILE';

/** A family of parts found by reading a folder, each with settings that only it knows. */
export interface PartFamily {
  /** Of its settings: `SLUICE_NOTIFY_`. */
  prefix: string;
  /** What one of them is, for people: `channel`. */
  noun: string;
}

/** Settings `<prefix><NAME>_<KEY>`; secret ones carry `.meta({ secret: true })`. */
export interface Part {
  name: string;
  settings: z.ZodType;
  isReady(settings: unknown): boolean;
}

/** One setting of a part as the configuration gave it: `EMAIL_URL`, and where it was set. */
export interface PartSetting {
  name: string;
  value: unknown;
  source: string;
  /** Stands below the environment. */
  inFile: boolean;
}

/** A setting as a row of the README. */
export interface SettingRow {
  name: string;
  fallback: string;
  text: string;
}

/** The settings of one part after its schema, or undefined while some are missing. */
export interface CheckedSettings {
  values: unknown;
  ready: boolean;
  /** Names of settings that are not there. */
  missing: string[];
  /** Values that must not be shown anywhere. */
  secrets: string[];
}

interface Field {
  part: string;
  key: string;
  secret: boolean;
  inFile: boolean;
}

/** `smtpHost` of `web-push` is `WEB_PUSH_SMTP_HOST`. */
function settingName(part: string, key: string): string {
  const words = key.replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `${part.replaceAll('-', '_')}_${words}`.toUpperCase();
}

function fieldsOf({ settings }: Pick<Part, 'settings'>): Array<[key: string, schema: z.ZodType]> {
  return settings instanceof z.ZodObject
    ? (Object.entries(settings.shape) as Array<[string, z.ZodType]>)
    : [];
}

function isSecret(schema: z.ZodType): boolean {
  if (schema.meta()?.['secret'] === true) return true;
  const { innerType } = schema.def as { innerType?: z.ZodType };
  return innerType !== undefined && isSecret(innerType);
}

function knownFields(parts: Iterable<Part>): Map<string, Field> {
  const known = new Map<string, Field>();
  for (const part of parts) {
    for (const [key, schema] of fieldsOf(part)) {
      const name = settingName(part.name, key);
      const field = { part: part.name, key, secret: isSecret(schema) };
      known.set(name, { ...field, inFile: false });
      if (field.secret) known.set(name + FILE_SUFFIX, { ...field, inFile: true });
    }
  }
  return known;
}

/** The settings of a family of parts: what the configuration said, checked; what there is. */
export class PartSettings {
  readonly #family: PartFamily;
  readonly #parts: ReadonlyMap<string, Part>;

  constructor(family: PartFamily, parts: ReadonlyMap<string, Part>) {
    this.#family = family;
    this.#parts = parts;
  }

  /**
   * What the configuration says, by part. Throws CONFIG_UNKNOWN for a setting no part has,
   * CONFIG_INVALID for a value that does not fit; a secret is never repeated.
   */
  check(given: readonly PartSetting[]): Map<string, CheckedSettings> {
    const known = knownFields(this.#parts.values());
    const values = new Map<string, Map<string, PartSetting>>();
    // What the environment says stands over the file, so it is put last.
    for (const setting of [...given].sort((left, right) => +right.inFile - +left.inFile)) {
      const field = known.get(setting.name);
      if (field === undefined) throw this.#unknown(setting, known.keys());
      this.#put(values, field, setting);
    }
    return new Map(
      [...this.#parts.values()].map((part) => [
        part.name,
        this.#checkPart(part, values.get(part.name) ?? new Map()),
      ]),
    );
  }

  /** Every setting as a row of the README. */
  describe(): SettingRow[] {
    return [...this.#parts.values()].flatMap((part) =>
      fieldsOf(part).map(([key, schema]) => {
        const fallback = schema.safeParse(undefined);
        const value = fallback.success ? fallback.data : undefined;
        return {
          name: this.#family.prefix + settingName(part.name, key),
          fallback: value === undefined ? '' : String(value),
          text: schema.description ?? '',
        };
      }),
    );
  }

  #put(
    values: Map<string, Map<string, PartSetting>>,
    { part, key, inFile }: Field,
    setting: PartSetting,
  ): void {
    const { prefix } = this.#family;
    const ofPart = values.get(part) ?? new Map<string, PartSetting>();
    values.set(part, ofPart);
    const other = ofPart.get(key);
    if (other !== undefined && other.inFile === setting.inFile) {
      throw new AppError('CONFIG_INVALID', `${other.source} and ${setting.source} set the same`, {
        field: prefix + setting.name,
        hint: 'Keep one of them.',
      });
    }
    ofPart.set(key, inFile ? this.#secretIn(setting) : setting);
  }

  #secretIn(setting: PartSetting): PartSetting {
    const file = String(setting.value);
    try {
      return { ...setting, value: readFileSync(file, 'utf8').trim() };
    } catch (cause) {
      const message = `${setting.source}: ${file} cannot be read`;
      const field = this.#family.prefix + setting.name;
      throw new AppError('CONFIG_INVALID', message, { cause, field });
    }
  }

  #checkPart(part: Part, given: ReadonlyMap<string, PartSetting>): CheckedSettings {
    const input = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
    const fields = fieldsOf(part);
    const secrets = fields
      .filter(([, schema]) => isSecret(schema))
      .map(([key]) => String(input[key] ?? ''))
      .filter((secret) => secret !== '');
    const result = part.settings.safeParse(input);
    const nameOf = (key: PropertyKey): string =>
      this.#family.prefix + settingName(part.name, String(key));
    if (!result.success) {
      const wrong = result.error.issues.find(({ path }) => given.has(String(path[0])));
      if (wrong !== undefined) throw this.#invalid(part, wrong, given);
      const missing = result.error.issues.map(({ path }) => nameOf(path[0] ?? ''));
      return { values: undefined, ready: false, missing: [...new Set(missing)], secrets };
    }
    const ready = part.isReady(result.data);
    const output = result.data as Record<string, unknown>;
    const absent = fields.map(([key]) => key).filter((key) => output[key] === undefined);
    return { values: result.data, ready, missing: ready ? [] : absent.map(nameOf), secrets };
  }

  #unknown({ name, source }: PartSetting, known: Iterable<string>): AppError {
    const { prefix } = this.#family;
    const like = nearest(name, known);
    const hint =
      like === undefined ? 'The README lists the settings.' : `Did you mean ${prefix}${like}?`;
    const message = `unknown setting ${prefix}${name} in ${source}`;
    return new AppError('CONFIG_UNKNOWN', message, { field: prefix + name, hint });
  }

  #invalid(part: Part, issue: z.core.$ZodIssue, given: ReadonlyMap<string, PartSetting>): AppError {
    const key = String(issue.path[0]);
    const { prefix, noun } = this.#family;
    const name = prefix + settingName(part.name, key);
    const field = fieldsOf(part).find(([other]) => other === key);
    const { value, source } = given.get(key) ?? { value: undefined, source: 'the defaults' };
    const hidden = field === undefined || isSecret(field[1]);
    const shown = hidden ? '(hidden)' : JSON.stringify(value);
    // What a schema says of a secret may repeat it.
    const fault = hidden ? 'is not of the right form' : issue.message;
    return new AppError('CONFIG_INVALID', `${name}: ${fault} (it is ${shown}, from ${source})`, {
      field: name,
      hint: `${name} is: ${field?.[1].description ?? `a setting of a ${noun}`}.`,
    });
  }
}
