import { createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { AppError } from '../base/errors.ts';
import type { Reception } from './reception.ts';
import type { RefusalReason } from './refusals.ts';

/** A certificate and its key as PEM text. */
export interface TlsOptions {
  port: number;
  cert: string;
  key: string;
  /** Further certificates of the chain. */
  ca?: string;
}

export interface Listener {
  listen(host: string, port: number): Promise<void>;
  address(): { host: string; port: number } | null;
  /** Accepts no more; sockets that are in stay. */
  close(): void;
}

/** Connections waiting for `accept`: a village that comes back at once. */
const BACKLOG = 1_024;
/** A peer that lost its power is noticed by TCP, also when the device asked for no keep-alive. */
const TCP_KEEPALIVE_MS = 60_000;

const SOCKET_OPTIONS = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: TCP_KEEPALIVE_MS,
} as const;

/** Called with what went wrong while accepting, such as too many open files. */
export type AcceptFailed = (error: Error) => void;

export function createPlainListener(reception: Reception, failed: AcceptFailed): Listener {
  const server = createServer(SOCKET_OPTIONS, (socket) => {
    if (reception.enter(socket)) reception.greet(socket, socket);
  });
  return wrap(server, 'mqtt', failed);
}

/** Throws BROKER_TLS_INVALID before anything listens. */
export function createTlsListener(
  reception: Reception,
  options: TlsOptions,
  settings: {
    handshakeTimeoutMs: number;
    refused(reason: RefusalReason, address: string, detail: string): void;
    failed: AcceptFailed;
  },
): Listener {
  const { cert, key, ca } = options;
  let server: tls.Server;
  try {
    server = tls.createServer({
      ...SOCKET_OPTIONS,
      cert,
      key,
      ...(ca === undefined ? {} : { ca }),
      minVersion: 'TLSv1.2',
      handshakeTimeout: settings.handshakeTimeoutMs,
    });
  } catch (cause) {
    throw new AppError('BROKER_TLS_INVALID', 'the TLS certificate and key cannot be used', {
      cause,
      hint: 'Both must be PEM text, and the key must belong to the certificate.',
    });
  }
  // The TLS socket does not show the one below it; both have the same far end.
  const raws = new Map<string, Socket>();
  server.on('connection', (raw: Socket) => {
    if (!reception.enter(raw)) return;
    const end = farEnd(raw);
    raws.set(end, raw);
    raw.once('close', () => raws.delete(end));
  });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    const raw = raws.get(farEnd(socket));
    if (raw === undefined) socket.destroy();
    else reception.greet(socket, raw);
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') {
      settings.refused('tls', socket.remoteAddress ?? 'unknown', error.code ?? error.message);
    }
  });
  return wrap(server, 'mqtts', settings.failed);
}

function farEnd(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function wrap(server: Server, name: string, failed: AcceptFailed): Listener {
  return {
    listen(host, port) {
      return new Promise((resolve, reject) => {
        const fail = (cause: NodeJS.ErrnoException): void => {
          const hint =
            cause.code === 'EADDRINUSE'
              ? 'Another program listens there; choose another port, or 0 for a free one.'
              : 'Check the address and port, and the right to use them.';
          const message = `cannot listen for ${name} on ${host}:${port}`;
          reject(new AppError('BROKER_LISTEN_FAILED', message, { cause, hint }));
        };
        server.once('error', fail);
        server.listen({ host, port, backlog: BACKLOG }, () => {
          server.removeListener('error', fail);
          server.on('error', failed);
          resolve();
        });
      });
    },
    address() {
      const address = server.address();
      if (address === null || typeof address === 'string') return null;
      return { host: address.address, port: address.port };
    },
    close() {
      if (server.listening) server.close();
    },
  };
}
