import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { Channel, ChannelSetting } from '../contracts/notify.ts';

const PREFIX = 'SLUICE_NOTIFY_';
const FILE_SUFFIX = '_FILE';

/** A setting as a row of the README. */
export interface SettingRow {
  name: string;
  fallback: string;
  text: string;
}

/** The settings of one channel after its schema, or undefined while some are missing. */
export interface CheckedSettings {
  values: unknown;
  ready: boolean;
  /** Names of settings that are not there. */
  missing: string[];
  /** Values that must not be shown anywhere. */
  secrets: string[];
}

interface Field {
  channel: string;
  key: string;
  secret: boolean;
  inFile: boolean;
}

/** `smtpHost` of `web-push` is `WEB_PUSH_SMTP_HOST`. */
function settingName(channel: string, key: string): string {
  const words = key.replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `${channel.replaceAll('-', '_')}_${words}`.toUpperCase();
}

function fieldsOf({ settings }: Channel): Array<[key: string, schema: z.ZodType]> {
  return settings instanceof z.ZodObject
    ? (Object.entries(settings.shape) as Array<[string, z.ZodType]>)
    : [];
}

function isSecret(schema: z.ZodType): boolean {
  if (schema.meta()?.['secret'] === true) return true;
  const { innerType } = schema.def as { innerType?: z.ZodType };
  return innerType !== undefined && isSecret(innerType);
}

function knownFields(channels: Iterable<Channel>): Map<string, Field> {
  const known = new Map<string, Field>();
  for (const channel of channels) {
    for (const [key, schema] of fieldsOf(channel)) {
      const name = settingName(channel.name, key);
      const field = { channel: channel.name, key, secret: isSecret(schema) };
      known.set(name, { ...field, inFile: false });
      if (field.secret) known.set(name + FILE_SUFFIX, { ...field, inFile: true });
    }
  }
  return known;
}

/**
 * What the configuration says of channels, by channel. Throws CONFIG_UNKNOWN for a setting no
 * channel has, CONFIG_INVALID for a value that does not fit; a secret is never repeated.
 */
export function checkSettings(
  channels: ReadonlyMap<string, Channel>,
  given: readonly ChannelSetting[],
): Map<string, CheckedSettings> {
  const known = knownFields(channels.values());
  const values = new Map<string, Map<string, ChannelSetting>>();
  // What the environment says stands over the file, so it is put last.
  for (const setting of [...given].sort((left, right) => +right.inFile - +left.inFile)) {
    const field = known.get(setting.name);
    if (field === undefined) throw unknown(setting, known.keys());
    put(values, field, setting);
  }
  return new Map(
    [...channels.values()].map((channel) => [
      channel.name,
      check(channel, values.get(channel.name) ?? new Map()),
    ]),
  );
}

function put(
  values: Map<string, Map<string, ChannelSetting>>,
  { channel, key, inFile }: Field,
  setting: ChannelSetting,
): void {
  const ofChannel = values.get(channel) ?? new Map<string, ChannelSetting>();
  values.set(channel, ofChannel);
  const other = ofChannel.get(key);
  if (other !== undefined && other.inFile === setting.inFile) {
    throw new AppError('CONFIG_INVALID', `${other.source} and ${setting.source} set the same`, {
      field: PREFIX + setting.name,
      hint: 'Keep one of them.',
    });
  }
  ofChannel.set(key, inFile ? secretIn(setting) : setting);
}

function secretIn(setting: ChannelSetting): ChannelSetting {
  const file = String(setting.value);
  try {
    return { ...setting, value: readFileSync(file, 'utf8').trim() };
  } catch (cause) {
    const message = `${setting.source}: ${file} cannot be read`;
    throw new AppError('CONFIG_INVALID', message, { cause, field: PREFIX + setting.name });
  }
}

function check(channel: Channel, given: ReadonlyMap<string, ChannelSetting>): CheckedSettings {
  const input = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
  const fields = fieldsOf(channel);
  const secrets = fields
    .filter(([, schema]) => isSecret(schema))
    .map(([key]) => String(input[key] ?? ''))
    .filter((secret) => secret !== '');
  const result = channel.settings.safeParse(input);
  const nameOf = (key: PropertyKey): string => PREFIX + settingName(channel.name, String(key));
  if (!result.success) {
    const wrong = result.error.issues.find(({ path }) => given.has(String(path[0])));
    if (wrong !== undefined) throw invalid(channel, wrong, given);
    const missing = result.error.issues.map(({ path }) => nameOf(path[0] ?? ''));
    return { values: undefined, ready: false, missing: [...new Set(missing)], secrets };
  }
  const ready = channel.isReady(result.data);
  const output = result.data as Record<string, unknown>;
  const absent = fields.map(([key]) => key).filter((key) => output[key] === undefined);
  return { values: result.data, ready, missing: ready ? [] : absent.map(nameOf), secrets };
}

function unknown({ name, source }: ChannelSetting, known: Iterable<string>): AppError {
  const like = nearest(name, known);
  const hint =
    like === undefined ? 'The README lists the settings.' : `Did you mean ${PREFIX}${like}?`;
  const message = `unknown setting ${PREFIX}${name} in ${source}`;
  return new AppError('CONFIG_UNKNOWN', message, { field: PREFIX + name, hint });
}

function invalid(
  channel: Channel,
  issue: z.core.$ZodIssue,
  given: ReadonlyMap<string, ChannelSetting>,
): AppError {
  const key = String(issue.path[0]);
  const name = PREFIX + settingName(channel.name, key);
  const field = fieldsOf(channel).find(([other]) => other === key);
  const { value, source } = given.get(key) ?? { value: undefined, source: 'the defaults' };
  const hidden = field === undefined || isSecret(field[1]);
  const shown = hidden ? '(hidden)' : JSON.stringify(value);
  // What a schema says of a secret may repeat it.
  const fault = hidden ? 'is not of the right form' : issue.message;
  return new AppError('CONFIG_INVALID', `${name}: ${fault} (it is ${shown}, from ${source})`, {
    field: name,
    hint: `${name} is: ${field?.[1].description ?? 'a setting of a channel'}.`,
  });
}

/** The settings of every channel as rows for the README. */
export function describeSettings(channels: ReadonlyMap<string, Channel>): SettingRow[] {
  return [...channels.values()].flatMap((channel) =>
    fieldsOf(channel).map(([key, schema]) => {
      const fallback = schema.safeParse(undefined);
      const value = fallback.success ? fallback.data : undefined;
      return {
        name: PREFIX + settingName(channel.name, key),
        fallback: value === undefined ? '' : String(value),
        text: schema.description ?? '',
      };
    }),
  );
}
