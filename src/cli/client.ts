import { AppError } from '../base/errors.ts';
import { readServerFile } from '../base/server-file.ts';
import type { Config } from '../config.ts';

const TIMEOUT_MS = 30_000;

/** Calls of the API of a running server. */
export interface Client {
  readonly url: string;
  readonly token: string;
  call<T>(method: string, route: string, body?: unknown): Promise<T>;
  /** As `call`, for what needs more than that. */
  send<T>(what: ClientRequest): Promise<T>;
}

export interface ClientRequest {
  method: string;
  route: string;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

interface Problem {
  code?: string;
  title?: string;
  detail?: string;
  field?: string;
  confirmation?: string;
}

/** The server named by --url and SLUICE_TOKEN, else the one running on the data folder. */
export function connect(options: {
  config: Config;
  url?: string | undefined;
  token?: string | undefined;
}): Client {
  const { config } = options;
  if (options.url === undefined) {
    const { url, token } = readServerFile(config.dataDir);
    return createClient(url, token);
  }
  const token = options.token ?? config.adminToken;
  if (token === undefined) {
    throw new AppError('TOKEN_MISSING', `no token for ${options.url}`, {
      hint: 'Set SLUICE_TOKEN; "sluice token create" on the server makes one.',
    });
  }
  return createClient(options.url, token);
}

export function createClient(url: string, token: string): Client {
  async function send<T>(what: ClientRequest): Promise<T> {
    const response = await request(url, token, what);
    const text = await response.text();
    if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
    throw problemError(response.status, text);
  }
  return {
    url,
    token,
    send,
    call: (method, route, body) => send({ method, route, body }),
  };
}

async function request(url: string, token: string, what: ClientRequest): Promise<Response> {
  const headers: Record<string, string> = { ...what.headers, authorization: `Bearer ${token}` };
  if (what.body !== undefined) headers['content-type'] = 'application/json';
  try {
    return await fetch(new URL(`/api/v1${what.route}`, url), {
      method: what.method,
      headers,
      body: what.body === undefined ? null : JSON.stringify(what.body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

export function unreachable(url: string, cause: unknown): AppError {
  return new AppError('SERVER_UNREACHABLE', `no answer from ${url}`, {
    cause,
    hint: 'Is the server running? "sluice doctor" looks for the usual causes.',
  });
}

/** The error of an answer that is none of success. */
export function problemError(status: number, text: string): AppError {
  let problem: Problem = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // A proxy's page, perhaps: the status is all we know.
  }
  if (status === 401) {
    return new AppError('TOKEN_REFUSED', 'the server does not accept this token');
  }
  const message = problem.detail ?? problem.title ?? `the server answered ${status}`;
  return new AppError(problem.code ?? 'SERVER_REFUSED', message, {
    ...(problem.field === undefined ? {} : { field: problem.field }),
    ...(problem.confirmation === undefined ? {} : { confirmation: problem.confirmation }),
  });
}
