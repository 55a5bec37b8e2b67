import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  path: string;
  search: URLSearchParams;
  authorization: string | undefined;
  body: string;
}

/** What becomes of the next write. */
export type Fault =
  | { type: 'status'; status: number; body?: string; headers?: Record<string, string> }
  /** No answer, ever. */
  | { type: 'hang' }
  /** The connection ends within the answer. */
  | { type: 'reset' }
  /** The lines that match are left out, the others kept; 400. */
  | { type: 'partial'; refuses: RegExp; says?: (dropped: number) => string }
  /** Taken and answered, and then everything is lost. */
  | { type: 'forget' };

/** A server that speaks as much InfluxDB as writing needs, and fails as told. */
export class InfluxStub {
  readonly seen: Seen[] = [];
  /** Lines by measurement, tags and time. */
  readonly lines = new Map<string, string>();
  /** One for each write to come; a partial one stays. */
  readonly faults: Fault[] = [];
  /** What any other address than /ping, /query and the writes answers, by `GET /path`. */
  readonly routes = new Map<string, { status: number; body: unknown }>();
  version = '1.8.10';
  /** Statuses in place of an answer, by path. */
  readonly refusals = new Map<string, number>();
  #identity: string | null = null;
  readonly #server = http.createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  writes(): Seen[] {
    return this.seen.filter(({ path }) => path.endsWith('/write'));
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stub');
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method = '' } = request;
    const { pathname: path, searchParams: search } = url;
    const { authorization } = request.headers;
    this.seen.push({ method, path, search, authorization, body });
    const refusal = this.refusals.get(path);
    if (refusal !== undefined) return answer(response, refusal, { message: 'no' });
    if (path === '/ping') {
      response.writeHead(204, { 'x-influxdb-version': this.version }).end();
      return;
    }
    if (path === '/query') {
      const statement = search.get('q') ?? new URLSearchParams(body).get('q') ?? '';
      return answer(response, 200, { results: [this.#result(statement)] });
    }
    if (path.endsWith('/write')) return this.#write(body, response);
    const route = this.routes.get(`${method} ${path}`);
    answer(response, route?.status ?? 404, route?.body ?? { message: 'not found' });
  }

  #result(statement: string): unknown {
    if (statement.startsWith('SELECT last("id")') && this.#identity !== null) {
      const values = [[0, this.#identity]];
      return { statement_id: 0, series: [{ columns: ['time', 'last'], values }] };
    }
    return { statement_id: 0 };
  }

  #write(body: string, response: http.ServerResponse): void {
    const isMark = body.startsWith('sluice_store,');
    const [fault] = isMark ? [] : this.faults;
    if (fault !== undefined && fault.type !== 'partial') this.faults.shift();
    const lines = body.split('\n');
    switch (fault?.type) {
      case 'status':
        answer(response, fault.status, fault.body ?? { error: 'told so' }, fault.headers);
        return;
      case 'hang':
        return;
      case 'reset':
        this.#keep(lines);
        response.writeHead(200, { 'content-length': '100' }).write('half');
        setTimeout(() => response.destroy(), 10);
        return;
      case 'partial': {
        const good = lines.filter((line) => !fault.refuses.test(line));
        this.#keep(good);
        const dropped = lines.length - good.length;
        if (dropped === 0) break;
        const says =
          fault.says ?? ((count) => `partial write: field type conflict dropped=${count}`);
        answer(response, 400, { error: says(dropped) });
        return;
      }
      case 'forget':
        this.#identity = null;
        this.lines.clear();
        response.writeHead(204).end(() => response.destroy());
        return;
      default:
        this.#keep(lines);
    }
    response.writeHead(204).end();
  }

  #keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [head = '', fields = '', time = ''] = line.split(/(?<!\\) /);
      const id = /^id="(.*)"$/.exec(fields)?.[1];
      if (head.startsWith('sluice_store,')) this.#identity = id ?? null;
      else this.lines.set(`${head} ${time}`, fields);
    }
  }
}

function answer(
  response: http.ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(`${text}\n`);
}
