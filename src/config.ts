import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { AppError } from './base/errors.ts';
import { isLoopback } from './base/loopback.ts';
import { nearest } from './base/suggest.ts';

const PREFIX = 'SLUICE_';
const SQLITE_SCHEME = 'sqlite:';

const port = z.coerce
  .number({ error: 'is not a whole number from 0 to 65535' })
  .int()
  .min(0)
  .max(65_535);
const flag = z.union([z.boolean(), z.enum(['true', 'false', '1', '0'])]).transform((value) => {
  return value === true || value === 'true' || value === '1';
});
const list = z.union([z.array(z.string()), z.string()]).transform((value) => {
  const parts = typeof value === 'string' ? value.split(',') : value;
  return parts.map((part) => part.trim()).filter((part) => part !== '');
});
const host = z.string().min(1);
const wholeNumber = (min: number, max: number): z.ZodCoercedNumber =>
  z.coerce.number().int().min(min).max(max);

const timeZone = z.string().refine(
  (zone) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
    } catch {
      return false;
    }
  },
  { error: 'is not an IANA time zone such as Asia/Ho_Chi_Minh' },
);

/** Every setting: its check, its default, and the line it has in the README's table. */
const settings = z.strictObject({
  dataDir: z.string().min(1).default('./data').describe('Folder of all stores and secrets'),
  httpHost: host.default('127.0.0.1').describe('Address the API and the page listen on'),
  httpPort: port.default(8080).describe('Port of the API; 0 picks a free one'),
  mqttHost: host.default('127.0.0.1').describe('Address the MQTT broker listens on'),
  mqttPort: port.default(1883).describe('Port for MQTT without TLS; 0 picks a free one'),
  mqttsPort: port.optional().describe('Port for MQTT over TLS; needs the certificate and key'),
  tlsCert: z.string().optional().describe('File with the certificate chain, PEM'),
  tlsKey: z.string().optional().describe('File with the private key, PEM'),
  tlsCa: z.string().optional().describe('File with further certificates of the chain, PEM'),
  allowPlaintext: flag
    .default(false)
    .describe(
      'Listen beyond this machine without TLS, because a proxy or a closed network protects it',
    ),
  allowedHosts: list.default([]).describe('Host names, besides its own, the page is reached under'),
  adminToken: z
    .string()
    .min(32, { error: 'needs 32 characters or more' })
    .optional()
    .describe("The first administrator's API token; without it the start prints a sign-in link"),
  series: z.string().default('duckdb').describe('Series store, a folder name in src/series'),
  stateUrl: z
    .string()
    .startsWith(SQLITE_SCHEME, { error: `begins with ${SQLITE_SCHEME}, then the file` })
    .optional()
    .describe('State database as sqlite:<file>; without it state.db in the data folder'),
  timeZone: timeZone.default('Asia/Ho_Chi_Minh').describe('Where the farms are: local days'),
  clockPastDays: wholeNumber(1, 3650).default(90).describe('Oldest observed time believed'),
  clockFutureSeconds: wholeNumber(0, 86_400).default(300).describe('Furthest ahead believed'),
  journalMaxMb: wholeNumber(1, 1_000_000)
    .default(2048)
    .describe('Size at which the journal refuses new reports'),
  maxConnections: wholeNumber(1, 100_000).default(12_000).describe('MQTT connections at once'),
  messagesPerSecond: wholeNumber(0, 1_000_000)
    .default(20)
    .describe('Lasting rate of one device before its reads are held; 0 is no limit'),
  messageBurst: wholeNumber(1, 1_000_000).default(200).describe('Messages ahead of that rate'),
  duckdbMemoryMb: wholeNumber(32, 1_000_000)
    .default(128)
    .describe('Memory the embedded series store may use'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severity that is logged'),
});

export type Config = Readonly<z.output<typeof settings>>;
type Key = keyof Config;

const keys = Object.keys(settings.shape) as Key[];

/** `httpPort` is `SLUICE_HTTP_PORT` in the environment and `http_port` in the file. */
function environmentName(key: string): string {
  return PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function fileName(key: string): string {
  return environmentName(key).slice(PREFIX.length).toLowerCase();
}

const byEnvironment = new Map(keys.map((key) => [environmentName(key), key]));
const byFile = new Map(keys.map((key) => [fileName(key), key]));

/** Names beginning with SLUICE_ that are not settings of the server. */
const OTHER_NAMES = ['SLUICE_CONFIG', 'SLUICE_URL', 'SLUICE_TOKEN'];

interface Sourced {
  value: unknown;
  source: string;
}

export interface ConfigSources {
  environment: Readonly<Record<string, string | undefined>>;
  /** A YAML file; `SLUICE_CONFIG` names one too. */
  file?: string | undefined;
  /** Values that stand above both, as from the command line; absent ones do not count. */
  overrides?: Partial<Record<Key, unknown>> | undefined;
}

/**
 * The configuration: environment over file over defaults, checked as a whole before any port
 * opens. Throws CONFIG_UNKNOWN naming the nearest setting, or CONFIG_INVALID with the setting,
 * where it was set, and the fix.
 */
export function loadConfig(sources: ConfigSources): Config {
  const given = new Map<Key, Sourced>();
  const file = sources.file ?? sources.environment['SLUICE_CONFIG'];
  if (file !== undefined) readFile(file, given);
  for (const [name, value] of Object.entries(sources.environment)) {
    if (!name.startsWith(PREFIX) || OTHER_NAMES.includes(name) || value === undefined) continue;
    const key = byEnvironment.get(name);
    if (key === undefined) throw unknown(name, 'the environment', byEnvironment.keys());
    // An empty variable is how compose files and shells say "not set".
    if (value !== '') given.set(key, { value, source: `the environment variable ${name}` });
  }
  for (const [key, value] of Object.entries(sources.overrides ?? {})) {
    if (value !== undefined) given.set(key as Key, { value, source: 'the command line' });
  }
  const values = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
  const result = settings.safeParse(values);
  if (!result.success) throw invalid(result.error, given);
  checkTogether(result.data);
  return Object.freeze(result.data);
}

function readFile(file: string, given: Map<Key, Sourced>): void {
  if (!existsSync(file)) {
    throw new AppError('CONFIG_INVALID', `the configuration file ${file} does not exist`);
  }
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `${file} is not YAML`, { cause: error });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new AppError('CONFIG_INVALID', `${file} is not a list of "setting: value" lines`);
  }
  for (const [name, value] of Object.entries(content)) {
    const key = byFile.get(name);
    if (key === undefined) throw unknown(name, file, byFile.keys());
    given.set(key, { value, source: `${name} in ${file}` });
  }
}

function unknown(name: string, source: string, known: Iterable<string>): AppError {
  const like = nearest(name, known);
  return new AppError('CONFIG_UNKNOWN', `unknown setting ${name} in ${source}`, {
    field: name,
    hint: like === undefined ? 'The README lists the settings.' : `Did you mean ${like}?`,
  });
}

function invalid(error: z.ZodError, given: ReadonlyMap<Key, Sourced>): AppError {
  const issue = error.issues[0];
  const key = issue?.path[0] as Key;
  const name = environmentName(key);
  const source = given.get(key)?.source ?? 'the defaults';
  const shown = key === 'adminToken' ? '(hidden)' : JSON.stringify(given.get(key)?.value);
  return new AppError(
    'CONFIG_INVALID',
    `${name}: ${issue?.message} (it is ${shown}, from ${source})`,
    {
      field: name,
      hint: `${name} is: ${settings.shape[key].description}.`,
    },
  );
}

function checkTogether(config: Config): void {
  const tls = [config.tlsCert, config.tlsKey].filter((file) => file !== undefined).length;
  if (tls === 1 || (config.mqttsPort !== undefined && tls === 0)) {
    throw new AppError('CONFIG_INVALID', 'MQTT over TLS needs a certificate and its key', {
      field: 'SLUICE_TLS_CERT',
      hint: 'Set SLUICE_MQTTS_PORT, SLUICE_TLS_CERT and SLUICE_TLS_KEY together.',
    });
  }
  for (const key of ['httpHost', 'mqttHost'] as const) {
    if (isLoopback(config[key]) || config.allowPlaintext) continue;
    const name = environmentName(key);
    throw new AppError(
      'PLAINTEXT_REFUSED',
      `${name}=${config[key]} would send passwords in plain text`,
      {
        field: name,
        hint: 'Keep it on 127.0.0.1 behind a TLS proxy, or say SLUICE_ALLOW_PLAINTEXT=true for a closed network.',
      },
    );
  }
}

/** The settings as rows for the README: name, default, what it is. */
export function describeSettings(): Array<{ name: string; fallback: string; text: string }> {
  const defaults = settings.parse({}) as Record<string, unknown>;
  return keys.map((key) => ({
    name: environmentName(key),
    fallback: defaults[key] === undefined ? '' : String(defaults[key]),
    text: settings.shape[key].description ?? '',
  }));
}

/** Where the state lives: `sqlite:<file>`, or `state.db` in the data folder. */
export function stateFile(config: Config): string {
  return config.stateUrl?.slice(SQLITE_SCHEME.length) ?? dataFile(config, 'state.db');
}

/** A file of the data folder. */
export function dataFile(config: Config, name: string): string {
  return path.join(config.dataDir, name);
}
