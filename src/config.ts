import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseYaml, stringify as toYaml } from 'yaml';
import { z } from 'zod';
import { isCron } from './base/cron.ts';
import { AppError } from './base/errors.ts';
import { isTimeZone } from './base/local-clock.ts';
import { isLoopback } from './base/loopback.ts';
import type { PartSetting } from './base/part-settings.ts';
import { nearest } from './base/suggest.ts';
import type { SeriesServerOptions } from './contracts/series.ts';
import { parseRetention } from './series/retention-rules.ts';

const PREFIX = 'SLUICE_';
/** Families of parts whose settings only they know: by prefix, and their section in the file. */
const FAMILIES = [
  { key: 'notify', prefix: 'SLUICE_NOTIFY_', what: 'channels' },
  { key: 'forecasts', prefix: 'SLUICE_FORECAST_', what: 'providers' },
] as const;
type Family = (typeof FAMILIES)[number]['key'];
const FILE_SUFFIX = '_FILE';
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

const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'is not an IANA time zone such as Asia/Ho_Chi_Minh' });

/** Marks a setting that is never repeated in a message and may stand in a file of its own. */
const SECRET = { secret: true };

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
    .meta(SECRET)
    .describe("The first administrator's API token; without it the start prints a sign-in link"),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'is not an address such as https://farm.example' })
    .optional()
    .describe('Address people reach the page under, for links in messages'),
  series: z.string().default('duckdb').describe('Series store, a folder name in src/series'),
  influxUrl: z
    .url({ protocol: /^https?$/, error: 'is not an address such as http://127.0.0.1:8086' })
    .optional()
    // A refused one may hold a password.
    .meta(SECRET)
    .describe('InfluxDB server of the store influxdb, as http or https'),
  influxToken: z
    .string()
    .optional()
    .meta(SECRET)
    .describe('Token of InfluxDB 2 and 3; reads and writes'),
  influxUser: z.string().optional().describe('User of InfluxDB 1.x'),
  influxPassword: z.string().optional().meta(SECRET).describe('Password of that user'),
  influxOrg: z.string().optional().describe('Organisation of InfluxDB 2; found by the bucket'),
  influxBucket: z.string().min(1).default('sluice').describe('Bucket, or database of 1.x and 3'),
  influxVersion: z
    .string()
    .regex(/^[123](\.|$)/, { error: 'begins with 1, 2 or 3' })
    .optional()
    .describe('Version of InfluxDB, when the server does not tell it'),
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
  retention: list
    .default([])
    .superRefine((entries, context) => {
      try {
        parseRetention(entries, { keepsArchive: true });
      } catch (error) {
        const message = (error as AppError).message.replace(/^\w+: /, '');
        context.addIssue({ code: 'custom', message });
      }
    })
    .describe(
      'Ages after which data leave a tier, [kind.]tier=age: raw, archive, hour, day, rejections, alerts; d, w, mo, y or forever. Without it rejections=400d, raw=400d where an archive keeps it, the rest for ever',
    ),
  backupDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of the backups; without it backups in the data folder'),
  backupKeep: wholeNumber(1, 366).default(7).describe('Newest backups kept; older are removed'),
  backupAt: z
    .string()
    .refine(isCron, { error: 'is not cron text such as 30 13 * * *' })
    .optional()
    .describe('When to make a backup by itself, cron text in local time; without it never'),
  forecast: list
    .default(['open-meteo', 'csv', 'local'])
    .describe('Providers of forecasts, the best first: file names in src/irrigation/forecasts'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .describe('Least severity that is logged'),
});

type Settings = z.output<typeof settings>;
type Key = keyof Settings;

/** What was said of channels and providers, as it was said: they check it themselves. */
type PartsConfig = Readonly<Record<Family, readonly PartSetting[]>>;

export interface Config extends Readonly<Settings>, PartsConfig {}

const keys = Object.keys(settings.shape) as Key[];

/** `httpPort` is `SLUICE_HTTP_PORT` in the environment and `http_port` in the file. */
function environmentName(key: string): string {
  return PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function fileName(environment: string): string {
  return environment.slice(PREFIX.length).toLowerCase();
}

/** Settings whose value must not be shown or written anywhere. */
function isSecret(key: Key): boolean {
  return settings.shape[key].meta()?.['secret'] === true;
}

/** What a name sets: a setting, or with `_FILE` a secret by the file that holds it. */
interface Named {
  key: Key;
  inFile: boolean;
}

const named = keys.flatMap((key): Array<[string, Named]> => {
  const name = environmentName(key);
  const plain: [string, Named] = [name, { key, inFile: false }];
  return isSecret(key) ? [plain, [name + FILE_SUFFIX, { key, inFile: true }]] : [plain];
});
const byEnvironment = new Map(named);
const byFile = new Map(named.map(([name, what]) => [fileName(name), what]));

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
  const parts: Record<Family, PartSetting[]> = { notify: [], forecasts: [] };
  const file = sources.file ?? sources.environment['SLUICE_CONFIG'];
  if (file !== undefined) readFile(file, given, parts);
  const fromEnvironment = new Map<Key, Sourced>();
  for (const [name, value] of Object.entries(sources.environment)) {
    if (!name.startsWith(PREFIX) || OTHER_NAMES.includes(name) || value === undefined) continue;
    // An empty variable is how compose files and shells say "not set".
    const source = `the environment variable ${name}`;
    const family = FAMILIES.find(({ prefix }) => name.startsWith(prefix));
    if (family !== undefined) {
      const own = name.slice(family.prefix.length);
      if (value !== '') parts[family.key].push({ name: own, value, source, inFile: false });
      continue;
    }
    const what = byEnvironment.get(name);
    if (what === undefined) throw unknown(name, 'the environment', byEnvironment.keys());
    if (value === '') continue;
    put(fromEnvironment, what, { value, source });
  }
  for (const [key, sourced] of fromEnvironment) given.set(key, sourced);
  for (const [key, value] of Object.entries(sources.overrides ?? {})) {
    if (value !== undefined) given.set(key as Key, { value, source: 'the command line' });
  }
  const values = Object.fromEntries([...given].map(([key, { value }]) => [key, value]));
  const result = settings.safeParse(values);
  if (!result.success) throw invalid(result.error, given);
  checkTogether(result.data);
  return Object.freeze({ ...result.data, ...parts });
}

/** Puts what the file says into `given`, and what it says of channels and providers in `parts`. */
function readFile(
  file: string,
  given: Map<Key, Sourced>,
  parts: Record<Family, PartSetting[]>,
): void {
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
    const family = FAMILIES.find(({ key }) => key === name);
    if (family !== undefined) {
      parts[family.key].push(...partSettings(value, file, family));
      continue;
    }
    const what = byFile.get(name);
    if (what === undefined) throw unknown(name, file, byFile.keys());
    put(given, what, { value, source: `${name} in ${file}` });
  }
}

/** `notify: {email: {url: …}}` says what `SLUICE_NOTIFY_EMAIL_URL` says. */
function partSettings(
  section: unknown,
  file: string,
  { key: name, what }: (typeof FAMILIES)[number],
): PartSetting[] {
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const parts = isRecord(section) ? Object.entries(section) : [];
  if (!isRecord(section) || !parts.every(([, own]) => isRecord(own))) {
    throw new AppError('CONFIG_INVALID', `${name} in ${file} is not a list of ${what}`, {
      field: name,
      hint: `Write the ${what} below it, and below each its settings.`,
    });
  }
  return parts.flatMap(([part, own]) =>
    Object.entries(own as Record<string, unknown>).map(([key, value]) => ({
      name: `${part}_${key}`.replaceAll('-', '_').toUpperCase(),
      value,
      source: `${name}.${part}.${key} in ${file}`,
      inFile: true,
    })),
  );
}

/** One place sets a setting once: with a secret and a file of it, one of them is out of date. */
function put(given: Map<Key, Sourced>, { key, inFile }: Named, sourced: Sourced): void {
  const other = given.get(key)?.source;
  if (other !== undefined) {
    throw new AppError('CONFIG_INVALID', `${other} and ${sourced.source} set the same`, {
      field: environmentName(key),
      hint: 'Keep one of them.',
    });
  }
  given.set(key, inFile ? secretIn(sourced) : sourced);
}

/** The secret in a file, as container platforms hand it over: alone, perhaps with a line end. */
function secretIn({ value: file, source }: Sourced): Sourced {
  try {
    return { value: readFileSync(String(file), 'utf8').trim(), source: `${source} (${file})` };
  } catch (error) {
    throw new AppError('CONFIG_INVALID', `${source}: ${file} cannot be read`, { cause: error });
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
  const shown = isSecret(key) ? '(hidden)' : JSON.stringify(given.get(key)?.value);
  return new AppError(
    'CONFIG_INVALID',
    `${name}: ${issue?.message} (it is ${shown}, from ${source})`,
    {
      field: name,
      hint: `${name} is: ${settings.shape[key].description}.`,
    },
  );
}

function checkTogether(config: Settings): void {
  const tls = [config.tlsCert, config.tlsKey].filter((file) => file !== undefined).length;
  if (tls === 1 || (config.mqttsPort !== undefined && tls === 0)) {
    throw new AppError('CONFIG_INVALID', 'MQTT over TLS needs a certificate and its key', {
      field: 'SLUICE_TLS_CERT',
      hint: 'Set SLUICE_MQTTS_PORT, SLUICE_TLS_CERT and SLUICE_TLS_KEY together.',
    });
  }
  checkInflux(config);
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

function checkInflux(config: Settings): void {
  const { influxUrl, influxToken, influxUser, influxPassword } = config;
  if (influxUrl === undefined) return;
  const { protocol, hostname, username } = new URL(influxUrl);
  if (username !== '') {
    throw new AppError('CONFIG_INVALID', 'SLUICE_INFLUX_URL holds a user name', {
      field: 'SLUICE_INFLUX_URL',
      hint: 'Use SLUICE_INFLUX_USER and SLUICE_INFLUX_PASSWORD: addresses are shown in messages.',
    });
  }
  if ((influxUser === undefined) !== (influxPassword === undefined)) {
    throw new AppError('CONFIG_INVALID', 'a user of InfluxDB needs a password, and the other way', {
      field: 'SLUICE_INFLUX_USER',
      hint: 'Set SLUICE_INFLUX_USER and SLUICE_INFLUX_PASSWORD together, or SLUICE_INFLUX_TOKEN.',
    });
  }
  const isSecret = influxToken !== undefined || influxPassword !== undefined;
  const isPlain = protocol === 'http:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''));
  if (isSecret && isPlain && !config.allowPlaintext) {
    throw new AppError(
      'PLAINTEXT_REFUSED',
      'SLUICE_INFLUX_URL would send its token in plain text',
      {
        field: 'SLUICE_INFLUX_URL',
        hint: 'Use an https address, or say SLUICE_ALLOW_PLAINTEXT=true for a closed network.',
      },
    );
  }
}

/** How to reach the server of a series store that is not embedded; undefined when none is set. */
export function seriesServer(config: Config): SeriesServerOptions | undefined {
  const { influxUrl, influxBucket } = config;
  if (influxUrl === undefined) return undefined;
  return {
    url: influxUrl,
    bucket: influxBucket,
    ...(config.influxToken !== undefined && { token: config.influxToken }),
    ...(config.influxUser !== undefined && { user: config.influxUser }),
    ...(config.influxPassword !== undefined && { password: config.influxPassword }),
    ...(config.influxOrg !== undefined && { org: config.influxOrg }),
    ...(config.influxVersion !== undefined && { version: config.influxVersion }),
  };
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

/** Settings that say where things are on this machine: another one has its own places. */
const OF_THIS_MACHINE: readonly Key[] = ['dataDir', 'stateUrl', 'backupDir'];
/** Settings that name files outside the data folder. */
const FILES: readonly Key[] = ['tlsCert', 'tlsKey', 'tlsCa'];

/** The settings in force, as a backup keeps them. */
export interface SettingsCopy {
  /** A configuration file without secrets and without what belongs to one machine. */
  yaml: string;
  /** Settings left out because they are secrets. */
  secrets: string[];
  outside: Array<{ setting: string; file: string }>;
}

export function copySettings(config: Config): SettingsCopy {
  const set = keys.filter((key) => config[key] !== undefined && !OF_THIS_MACHINE.includes(key));
  const secret = (key: Key): boolean =>
    isSecret(key) || /^\w+:\/\/[^/]*@/.test(String(config[key]));
  const shown = set.filter((key) => !secret(key));
  const values = Object.fromEntries(
    shown.map((key) => [fileName(environmentName(key)), config[key]]),
  );
  return {
    yaml: `# The settings of the backed up server, for --config or SLUICE_CONFIG.\n${toYaml(values)}`,
    // What is secret among them only the parts know.
    secrets: [
      ...set.filter(secret).map(environmentName),
      ...FAMILIES.flatMap(({ key, prefix }) => config[key].map(({ name }) => prefix + name)),
    ],
    outside: FILES.filter((key) => config[key] !== undefined).map((key) => ({
      setting: environmentName(key),
      file: String(config[key]),
    })),
  };
}

/** Where the state lives: `sqlite:<file>`, or `state.db` in the data folder. */
export function stateFile(config: Config): string {
  return config.stateUrl?.slice(SQLITE_SCHEME.length) ?? dataFile(config, 'state.db');
}

/** Where the backups are: their own folder, or `backups` in the data folder. */
export function backupFolder(config: Config): string {
  return config.backupDir ?? dataFile(config, 'backups');
}

/** A file of the data folder. */
export function dataFile(config: Config, name: string): string {
  return path.join(config.dataDir, name);
}
