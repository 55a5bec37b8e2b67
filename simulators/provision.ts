import { createHmac } from 'node:crypto';
import { AppError } from '../src/base/errors.ts';
import type { SimulatedDevice } from './fleet.ts';
import type { Plan, PlannedDevice } from './plan.ts';

export interface ProvisionOptions {
  /** `http://127.0.0.1:8080` */
  apiUrl: string;
  /** A token that may create cooperatives, sites and devices. */
  token: string;
  plan: Plan;
  /** Device secrets follow from it, so that a later run can connect as the same devices. */
  secretSeed: string;
  signal?: AbortSignal;
}

export interface ProvisionSummary {
  /** Things created, and things that were there already. */
  created: number;
  existing: number;
  /** The devices with their secrets, ready for the fleet. */
  devices: SimulatedDevice[];
}

const TIMEOUT_MS = 30_000;
/** Lines of one bulk request: 1,000 devices are about 250 KB. */
const BULK_LINES_MAX = 1_000;
/** Sites created at once; each is one small request. */
const REQUESTS_AT_ONCE = 8;

/** Creates what the plan lacks over the HTTP API; what exists already is left as it is. */
export async function provision(options: ProvisionOptions): Promise<ProvisionSummary> {
  const { plan, secretSeed } = options;
  const devices = plan.devices.map((device) => ({
    ...device,
    secret: deviceSecret(secretSeed, device.id),
  }));
  const summary: ProvisionSummary = { created: 0, existing: 0, devices };
  const note = (created: boolean): void => {
    if (created) summary.created++;
    else summary.existing++;
  };
  for (const coop of plan.coops) note(await create(options, '/coops', coop));
  for (let first = 0; first < plan.sites.length; first += REQUESTS_AT_ONCE) {
    const some = plan.sites.slice(first, first + REQUESTS_AT_ONCE);
    const results = await Promise.all(some.map((site) => create(options, '/sites', site)));
    results.forEach(note);
  }
  for (let first = 0; first < devices.length; first += BULK_LINES_MAX) {
    const results = await createDevices(options, devices.slice(first, first + BULK_LINES_MAX));
    results.forEach(note);
  }
  return summary;
}

/** The same secret for the same device and seed: 43 characters nobody can guess from the id. */
export function deviceSecret(secretSeed: string, device: string): string {
  return createHmac('sha256', secretSeed).update(`device:${device}`).digest('base64url');
}

/** True when it was created, false when it existed. */
async function create(options: ProvisionOptions, route: string, body: object): Promise<boolean> {
  const response = await request(options, route, 'application/json', JSON.stringify(body));
  if (response.ok) return true;
  const problem = readProblem(await response.text());
  if (exists(problem.code)) return false;
  throw refused(`${route} answered ${response.status}`, problem);
}

async function createDevices(
  options: ProvisionOptions,
  devices: ReadonlyArray<PlannedDevice & { secret: string }>,
): Promise<boolean[]> {
  const lines = devices.map(({ id, coop, site, kind, name, secret, intervalSeconds }) =>
    JSON.stringify({ id, coop, site, kind, name, secret, intervalSeconds }),
  );
  const route = '/devices/bulk';
  const response = await request(options, route, 'application/x-ndjson', `${lines.join('\n')}\n`);
  const text = await response.text();
  if (!response.ok) throw refused(`${route} answered ${response.status}`, readProblem(text));
  const answers = text.split('\n').filter((line) => line !== '');
  if (answers.length !== devices.length) {
    throw new AppError(
      'PROVISION_REFUSED',
      `${route} answered ${answers.length} lines for ${devices.length} devices`,
    );
  }
  return answers.map((line, place) => {
    const problem = (JSON.parse(line) as { error?: Problem }).error;
    if (problem === undefined) return true;
    if (exists(problem.code)) return false;
    throw refused(`device ${devices[place]?.id}`, problem);
  });
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  message?: string;
}

function readProblem(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

function exists(code: string | undefined): boolean {
  return code?.endsWith('_EXISTS') === true;
}

function refused(what: string, problem: Problem): AppError {
  const why = problem.detail ?? problem.message ?? problem.title ?? 'without a reason';
  return new AppError('PROVISION_REFUSED', `${what}: ${why}`, {
    cause: problem.code === undefined ? undefined : new Error(problem.code),
    hint: 'Creating devices needs the token of an administrator.',
  });
}

async function request(
  options: ProvisionOptions,
  route: string,
  contentType: string,
  body: string,
): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(new URL(`/api/v1${route}`, options.apiUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${options.token}`, 'content-type': contentType },
      body,
      signal: options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]),
    });
  } catch (cause) {
    throw new AppError('PROVISION_UNREACHABLE', `no answer from ${options.apiUrl}`, {
      cause,
      hint: 'Is the server running, and is this its HTTP address?',
    });
  }
}
