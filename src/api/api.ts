import { sleep } from '../base/clock.ts';
import { AppError, toAppError } from '../base/errors.ts';
import type { Service } from '../base/service.ts';
import type { ApiOptions } from './context.ts';
import { createServer } from './server.ts';

export type { ApiOptions } from './context.ts';

/** Answers in progress get this long to end when the server stops. */
const STOP_GRACE_MS = 5_000;

export interface ApiAddress {
  host: string;
  port: number;
  /** What to type into a browser on this machine. */
  url: string;
}

/** A request that never touches the network, for tests and for checks from inside. */
export interface InjectedRequest {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  url: string;
  headers?: Record<string, string>;
  payload?: string | object;
  remoteAddress?: string;
}

export interface InjectedResponse {
  statusCode: number;
  headers: Record<string, string | string[] | number | undefined>;
  body: string;
}

export interface Api extends Service {
  /** Where it listens, or null while it does not. */
  address(): ApiAddress | null;
  inject(request: InjectedRequest): Promise<InjectedResponse>;
}

/** The HTTP API, the stream, the reference page and the dashboard's files. */
export function createApi(options: ApiOptions): Api {
  const { app } = createServer(options);
  let stopping: Promise<void> | undefined;

  async function close(): Promise<void> {
    const closed = app.close();
    const grace = new AbortController();
    void sleep(STOP_GRACE_MS, grace.signal).then(() => {
      if (!grace.signal.aborted) app.server.closeAllConnections();
    });
    await closed;
    grace.abort();
  }

  return {
    name: 'api',

    async start(signal) {
      try {
        signal.throwIfAborted();
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        throw listenError(error, options);
      }
    },

    stop() {
      stopping ??= close();
      return stopping;
    },

    address() {
      const bound = app.server.address();
      if (bound === null || typeof bound === 'string') return null;
      const { address: host, port } = bound;
      const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
      const name = reachable.includes(':') ? `[${reachable}]` : reachable;
      return { host, port, url: `http://${name}:${port}/` };
    },

    async inject(request) {
      const { statusCode, headers, body } = await app.inject(request);
      return { statusCode, headers, body };
    },
  };
}

function listenError(error: unknown, { host, port }: ApiOptions): AppError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new AppError('HTTP_PORT_BUSY', `port ${port} on ${host} is taken by another program`, {
      cause: error,
      hint: 'Stop that program, or set SLUICE_HTTP_PORT to another port (0 picks a free one).',
    });
  }
  if (code === 'EACCES') {
    return new AppError('HTTP_PORT_FORBIDDEN', `this user may not listen on port ${port}`, {
      cause: error,
      hint: 'Set SLUICE_HTTP_PORT to a port above 1023.',
    });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new AppError('HTTP_HOST_UNKNOWN', `this machine has no address ${host}`, {
      cause: error,
      hint: 'Set SLUICE_HTTP_HOST to an address of this machine, 127.0.0.1 or 0.0.0.0.',
    });
  }
  return toAppError(error, 'HTTP_LISTEN_FAILED', `cannot listen on ${host}:${port}`);
}
