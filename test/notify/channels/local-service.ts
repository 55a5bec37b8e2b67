import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/folder.ts';

export interface Received {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

export type Reply = (response: ServerResponse, request: Received) => void;

/** The answers a provider documents, and what a bad line makes of them. */
export const replies = {
  json:
    (status: number, value: unknown, headers: Record<string, string> = {}): Reply =>
    (response) =>
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(value)),
  text:
    (status: number, text: string, headers: Record<string, string> = {}): Reply =>
    (response) =>
      response.writeHead(status, headers).end(text),
  hang: (): void => undefined,
  resetMidBody: (response: ServerResponse): void => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"ok":true,');
    // Gone only after the head has left.
    setTimeout(() => response.socket?.destroy(), 30);
  },
  endless: (response: ServerResponse): void => {
    response.writeHead(200);
    const chunk = 'x'.repeat(16_384);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  },
} satisfies Record<string, Reply | ((...args: never[]) => Reply)>;

/** A provider on this machine, over http, or over https with a certificate of its own. */
export class LocalService {
  readonly received: Received[] = [];
  /** Given in order; the last one stays. */
  replies: Reply[] = [replies.text(200, 'ok')];
  readonly #server: http.Server;
  readonly #scheme: string;

  constructor(certificate?: Certificate) {
    const listener: http.RequestListener = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const body = Buffer.concat(chunks);
        const received = { method, path: url, headers, body, text: body.toString('utf8') };
        this.received.push(received);
        const reply = this.replies.length > 1 ? this.replies.shift() : this.replies[0];
        reply?.(response, received);
      });
    };
    this.#scheme = certificate === undefined ? 'http' : 'https';
    this.#server =
      certificate === undefined
        ? http.createServer(listener)
        : https.createServer({ cert: certificate.cert, key: certificate.key }, listener);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(host = '127.0.0.1'): string {
    return `${this.#scheme}://${host}:${this.port}`;
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
    return this;
  }

  last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error('nothing was received');
    return last;
  }
}

export interface Certificate {
  file: string;
  keyFile: string;
  cert: string;
  key: string;
}

/** A certificate for this machine that only those trust who are told to. */
export function makeCertificate(): Certificate {
  const folder = temporaryFolder();
  const file = path.join(folder, 'cert.pem');
  const keyFile = path.join(folder, 'key.pem');
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', '/CN=localhost', '-addext', names],
      ...['-keyout', keyFile, '-out', file],
    ],
    { stdio: 'ignore' },
  );
  return { file, keyFile, cert: readFileSync(file, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}
