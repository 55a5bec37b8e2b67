import type { WirePage } from './types.ts';

const BASE = '/api/v1';
/** A village line may be slow; longer than this and the person should be told. */
const REQUEST_TIMEOUT_MS = 20_000;
/** 200 pages of what the server thinks a page is: beyond that the page would not be usable. */
const PAGES_MAX = 200;

export interface FieldFault {
  field: string;
  message: string;
}

/** An answer that is not a success: the server's problem+json, or why there was no answer. */
export class ApiProblem extends Error {
  /** HTTP status, 0 when the server was not reached. */
  readonly status: number;
  readonly code: string;
  /** Of CONFIRMATION_NEEDED: sent back, it does what was asked. */
  confirmation: string | null = null;
  /** What was wrong with what was sent, by its field. */
  faults: readonly FieldFault[] = [];

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
  }
}

export interface ApiClientOptions {
  /** Sent as Accept-Language, so that the server's errors come in the reader's language. */
  language: () => string;
  /** Called when the session has ended. */
  onSignedOut: () => void;
  /** Called with the server's clock in ms whenever it is heard. */
  onServerTime: (serverMs: number) => void;
}

export type Method = 'POST' | 'PUT' | 'DELETE';

export interface Confirmed {
  confirmation: string | null;
  body?: unknown;
}

export interface ApiClient {
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** Every item of a list, page after page. */
  list<T>(path: string, signal?: AbortSignal): Promise<T[]>;
  send<T>(method: Method, path: string, body?: unknown): Promise<T>;
  /** With the confirmation that an earlier CONFIRMATION_NEEDED gave; null asks for one. */
  sendConfirmed<T>(method: Method, path: string, what: Confirmed): Promise<T>;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  let code = `HTTP_${response.status}`;
  let message = response.statusText;
  let confirmation: string | null = null;
  let faults: readonly FieldFault[] = [];
  try {
    const body = (await response.json()) as Record<string, unknown>;
    if (typeof body['code'] === 'string') code = body['code'];
    const text = body['detail'] ?? body['title'];
    if (typeof text === 'string') message = text;
    if (typeof body['confirmation'] === 'string') confirmation = body['confirmation'];
    if (Array.isArray(body['errors'])) faults = body['errors'] as FieldFault[];
    else if (typeof body['field'] === 'string') faults = [{ field: body['field'], message }];
  } catch {
    // The answer came from something in between, such as a proxy: the status line must do.
  }
  const problem = new ApiProblem(response.status, code, message);
  problem.confirmation = confirmation;
  problem.faults = faults;
  return problem;
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  async function request<T>(method: string, path: string, init: RequestInit): Promise<T> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), REQUEST_TIMEOUT_MS);
    const stop = (): void => timeout.abort();
    init.signal?.addEventListener('abort', stop, { once: true });
    try {
      const response = await fetch(BASE + path, {
        ...init,
        method,
        signal: timeout.signal,
        credentials: 'same-origin',
        headers: {
          accept: 'application/json',
          'accept-language': options.language(),
          ...init.headers,
        },
      });
      const serverMs = Date.parse(response.headers.get('date') ?? '');
      if (Number.isFinite(serverMs)) options.onServerTime(serverMs);
      if (!response.ok) throw await problemOf(response);
      if (response.status === 204) return undefined as T;
      const text = await response.text();
      return (text === '' ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      if (error instanceof ApiProblem) {
        if (error.status === 401) options.onSignedOut();
        throw error;
      }
      throw new ApiProblem(0, 'UNREACHABLE', error instanceof Error ? error.message : '');
    } finally {
      clearTimeout(timer);
      init.signal?.removeEventListener('abort', stop);
    }
  }

  const withBody = (body: unknown): RequestInit =>
    body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const withSignal = (signal?: AbortSignal): RequestInit => (signal ? { signal } : {});

  return {
    get: (path, signal) => request('GET', path, withSignal(signal)),
    async list<T>(path: string, signal?: AbortSignal): Promise<T[]> {
      const items: T[] = [];
      let cursor: string | null | undefined;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const join = path.includes('?') ? '&' : '?';
        const url = cursor ? `${path}${join}cursor=${encodeURIComponent(cursor)}` : path;
        const answer = await request<WirePage<T>>('GET', url, withSignal(signal));
        items.push(...answer.items);
        cursor = answer.next;
        if (!cursor) break;
      }
      return items;
    },
    send: (method, path, body) => request(method, path, withBody(body)),
    sendConfirmed(method, path, { confirmation, body }) {
      const content = withBody(body);
      const headers = { ...content.headers, ...(confirmation !== null && { confirmation }) };
      return request(method, path, { ...content, headers });
    },
  };
}
