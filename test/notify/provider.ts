import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { type Channel, defineChannel, type SendOutcome } from '#src/contracts/notify';

export interface Received {
  address: string;
  key: string;
  title: string;
  text: string;
  at: number;
}

type Behaviour = 'ok' | 'hang' | 'slow' | 'refuse' | 'broken' | { retryAfterMs: number };

/** A provider on this machine: takes messages over HTTP, as one of the real ones would. */
export class Provider {
  readonly received: Received[] = [];
  behaviour: Behaviour = 'ok';
  /** Addresses that do not exist there. */
  readonly unknown = new Set<string>();
  /** Lets a slow answer go. */
  release: () => void = () => undefined;
  #now: () => number;
  #url = '';
  #server = createServer((request, answer) => void this.#answer(request, answer));

  constructor(now: () => number) {
    this.#now = now;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  channel(name: string, perMinute = 10_000): Channel {
    const urlOf = (): string => this.#url;
    return defineChannel({
      name,
      title: { vi: name, en: name, fr: name },
      settings: z.strictObject({
        token: z.string().min(4).optional().meta({ secret: true }).describe('Token'),
        sender: z.string().optional().describe('Who sends'),
      }),
      isReady: () => true,
      checkAddress: (address) => (address === '' ? 'an address is needed' : null),
      perMinute,
      open: ({ token }) => ({
        async send(address, { key, title, text }, signal): Promise<SendOutcome> {
          const response = await fetch(`${urlOf()}/${address}`, {
            method: 'POST',
            headers: { 'idempotency-key': key, authorization: token ?? '' },
            body: JSON.stringify({ title, text }),
            signal,
          });
          const answer = await response.text();
          if (response.ok) return { state: 'delivered', answer };
          if (response.status === 404) return { state: 'refused', answer, reason: 'unknown' };
          const afterMs = Number(response.headers.get('x-after') ?? 0);
          return { state: 'retry', answer, reason: `status ${response.status}`, afterMs };
        },
      }),
    });
  }

  to(address: string): Received[] {
    return this.received.filter((one) => one.address === address);
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const address = decodeURIComponent(request.url ?? '').slice(1);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { behaviour } = this;
    if (behaviour === 'hang') return;
    if (behaviour === 'slow') {
      await new Promise<void>((resolve) => {
        this.release = resolve;
      });
    }
    if (behaviour === 'refuse' || this.unknown.has(address)) {
      answer.writeHead(404).end('no such address');
    } else if (behaviour === 'broken') {
      answer.writeHead(500).end(`broken for ${request.headers.authorization}`);
    } else if (typeof behaviour === 'object') {
      answer.writeHead(429, { 'x-after': String(behaviour.retryAfterMs) }).end('slow down');
    } else {
      const key = String(request.headers['idempotency-key']);
      const { title, text } = JSON.parse(body) as { title: string; text: string };
      this.received.push({ address, key, title, text, at: this.#now() });
      answer.writeHead(200).end(`taken ${this.received.length}`);
    }
  }
}
