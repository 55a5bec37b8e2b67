import type { Connection } from './connection.ts';
import { failureOf, InfluxFailure } from './failure.ts';
import { identifier } from './influxql.ts';

/** What the server turned out to be. */
export interface Dialect {
  major: number;
  /** As the server or the setting says it. */
  version: string;
  /** Organisation of writes; empty where there is none. */
  org: string;
}

/** Finds out the version, then checks or makes the database or bucket. Throws InfluxFailure. */
export async function openServer(connection: Connection): Promise<Dialect> {
  const version = connection.options.version ?? (await askVersion(connection));
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  switch (major) {
    case 1:
      await openDatabase(connection);
      return { major, version, org: '' };
    case 2:
      return { major, version, org: await openBucket(connection) };
    case 3:
      // The first write makes the database.
      return { major, version, org: connection.options.org ?? '' };
    default:
      throw new InfluxFailure('settings', `a server of version ${version} is not known`, {
        hint: 'Set SLUICE_INFLUX_VERSION to 1, 2 or 3.',
      });
  }
}

async function askVersion(connection: Connection): Promise<string> {
  const { status, headers, body } = await connection.request('GET', 'ping');
  if (status === 401 || status === 403) {
    throw failureOf('a ping', { status, body, retryAfter: null });
  }
  const said = headers.get('x-influxdb-version') ?? versionIn(body);
  if (status < 300 && said !== undefined) return said;
  const health = await connection.request('GET', 'health');
  const version = health.status < 300 ? versionIn(health.body) : undefined;
  if (version !== undefined) return version;
  if (status >= 500) {
    throw failureOf('a ping', { status, body, retryAfter: headers.get('retry-after') });
  }
  throw new InfluxFailure('settings', 'what answers there does not say which InfluxDB it is', {
    hint: 'Check SLUICE_INFLUX_URL, or set SLUICE_INFLUX_VERSION to 1, 2 or 3.',
  });
}

function versionIn(body: string): string | undefined {
  try {
    const { version } = JSON.parse(body) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** 1.x: making one that is there changes nothing, but only an administrator may ask for it. */
async function openDatabase(connection: Connection): Promise<void> {
  const { bucket } = connection.options;
  const listed = await connection.queryAll('SHOW DATABASES');
  if (listed.some(({ values }) => values.some(([name]) => name === bucket))) return;
  try {
    await connection.queryAll(`CREATE DATABASE ${identifier(bucket)}`, { post: true });
  } catch (cause) {
    if (!(cause instanceof InfluxFailure) || cause.type !== 'settings') throw cause;
    throw new InfluxFailure(
      'settings',
      `there is no database ${bucket} for us, and no right to make it`,
      {
        cause,
        hint: `As an administrator: CREATE DATABASE ${identifier(bucket)}; GRANT ALL ON ${identifier(bucket)} TO the user.`,
      },
    );
  }
}

interface Bucket {
  id: string;
  orgID: string;
  name: string;
}

interface Mapping {
  bucketID: string;
  database: string;
}

/** 2.x: writes go to a bucket, and `/query` finds it by the mapping of a database to it. */
async function openBucket(connection: Connection): Promise<string> {
  const { bucket: name, org } = connection.options;
  const narrowed = org === undefined ? '' : `&org=${encodeURIComponent(org)}`;
  const { buckets } = await api<{ buckets?: Bucket[] }>(connection, {
    path: `api/v2/buckets?name=${encodeURIComponent(name)}${narrowed}`,
    missing: {},
  });
  const bucket = buckets?.find((one) => one.name === name) ?? (await makeBucket(connection));
  await openMapping(connection, bucket);
  return bucket.orgID;
}

async function makeBucket(connection: Connection): Promise<Bucket> {
  const { bucket: name, org } = connection.options;
  const narrowed = org === undefined ? '' : `?org=${encodeURIComponent(org)}`;
  const { orgs = [] } = await api<{ orgs?: Array<{ id: string; name: string }> }>(connection, {
    path: `api/v2/orgs${narrowed}`,
    missing: {},
  });
  const [only] = orgs;
  if (only === undefined || orgs.length > 1) {
    throw new InfluxFailure(
      'settings',
      `there is no bucket ${name}, nor one organisation to make it in`,
      {
        hint: 'Set SLUICE_INFLUX_ORG, and give the token the right to read the organisation.',
      },
    );
  }
  return api<Bucket>(connection, {
    path: 'api/v2/buckets',
    body: { orgID: only.id, name, retentionRules: [] },
    hint: `Make the bucket ${name}, or give the token the right to write buckets.`,
  });
}

async function openMapping(connection: Connection, bucket: Bucket): Promise<void> {
  const { name, orgID } = bucket;
  const { content = [] } = await api<{ content?: Mapping[] }>(connection, {
    path: `api/v2/dbrps?orgID=${orgID}&db=${encodeURIComponent(name)}`,
    missing: {},
  });
  const mapping = content.find(({ database }) => database === name);
  if (mapping?.bucketID === bucket.id) return;
  if (mapping !== undefined) {
    throw new InfluxFailure('settings', `the database ${name} is mapped to another bucket`, {
      hint: 'Remove that mapping (influx v1 dbrp list), or use a bucket of another name.',
    });
  }
  await api(connection, {
    path: 'api/v2/dbrps',
    body: {
      bucketID: bucket.id,
      orgID,
      database: name,
      retention_policy: 'autogen',
      default: true,
    },
    hint: `Map the bucket: influx v1 dbrp create --db ${name} --rp autogen --bucket-id ${bucket.id} --default.`,
  });
}

interface ApiCall<T> {
  path: string;
  body?: unknown;
  /** What a 404 stands for, when it is not a failure. */
  missing?: T;
  /** What helps when the right is missing. */
  hint?: string;
}

async function api<T>(
  connection: Connection,
  { path, body, missing, hint }: ApiCall<T>,
): Promise<T> {
  const method = body === undefined ? 'GET' : 'POST';
  const answer = await connection.request(method, path, body);
  if (answer.status < 300) return JSON.parse(answer.body) as T;
  if (answer.status === 404 && missing !== undefined) return missing;
  const failure = failureOf(`${method} ${path.split('?')[0]}`, {
    status: answer.status,
    body: answer.body,
    retryAfter: answer.headers.get('retry-after'),
  });
  if (hint === undefined || failure.type === 'down') throw failure;
  throw new InfluxFailure('settings', failure.why, { hint });
}
