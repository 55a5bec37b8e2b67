import http from 'node:http';
import https from 'node:https';
import { HttpError, InfluxDB, type WriteApi } from '@influxdata/influxdb-client';
import { withDeadline } from '../../base/clock.ts';
import { AppError, describeError } from '../../base/errors.ts';
import type { SeriesServerOptions } from '../../contracts/series.ts';
import { type FailureType, failureOf, InfluxFailure } from './failure.ts';

/** A part of an answer to InfluxQL: rows of one series of one statement. */
export interface ResultSeries {
  statement: number;
  tags: Readonly<Record<string, string>>;
  columns: readonly string[];
  values: ReadonlyArray<ReadonlyArray<number | string | null>>;
}

export interface QueryOptions {
  signal?: AbortSignal | undefined;
  /** It changes something, or is longer than an address may be: sent in a body. */
  post?: boolean;
}

interface ResultLine {
  error?: string;
  results?: Array<{
    statement_id?: number;
    error?: string;
    series?: Array<{
      tags?: Record<string, string>;
      columns: string[];
      values?: Array<Array<number | string | null>>;
    }>;
  }>;
}

/** Rows in one part of an answer: some 100 KB of JSON, a few ms of parsing. */
const ROWS_PER_PART = 8_192;
/** Servers take addresses of 8 KB at least; escaping can triple a statement's length. */
const ADDRESS_LENGTH_MAX = 2_000;
/** One line of an answer; larger ones come only from something that is no such server. */
const ANSWER_LINE_MAX = 64 * 1024 * 1024;

export interface ConnectionOptions {
  /** How long the server may say nothing. */
  silenceMaxMs: number;
  /** Told after each write request. */
  onWrite(outcome: 'taken' | FailureType): void;
}

/** The way to one server: writes by its client library, questions in InfluxQL over `/query`. */
export class Connection {
  readonly options: SeriesServerOptions;
  readonly #silenceMaxMs: number;
  readonly #onWrite: ConnectionOptions['onWrite'];
  readonly #agent: http.Agent;
  #writeApi: WriteApi | undefined;

  constructor(options: SeriesServerOptions, { silenceMaxMs, onWrite }: ConnectionOptions) {
    this.options = options;
    this.#silenceMaxMs = silenceMaxMs;
    this.#onWrite = onWrite;
    const kind = new URL(options.url).protocol === 'https:' ? https : http;
    // One request at a time writes; its connection is kept.
    this.#agent = new kind.Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** Ends what is under way. */
  close(): void {
    this.#agent.destroy();
  }

  get headers(): Record<string, string> {
    const { token, user, password } = this.options;
    if (token !== undefined) return { authorization: `Token ${token}` };
    if (user === undefined) return {};
    const secret = Buffer.from(`${user}:${password ?? ''}`).toString('base64');
    return { authorization: `Basic ${secret}` };
  }

  /** Settles where lines go: the 1.x path has a database, the later one organisation and bucket. */
  openWrites(major: number, org: string): void {
    const { url, bucket } = this.options;
    const client = new InfluxDB({
      url,
      headers: this.headers,
      // Ours comes first and frees the connection, which the library's does not.
      timeout: 2 * this.#silenceMaxMs,
      transportOptions: { agent: this.#agent },
    });
    this.#writeApi = client.getWriteApi(org, bucket, 'ms', {
      // The journal is the buffer: whatever fails is read from there again.
      maxRetries: 0,
      flushInterval: 0,
      // A record is a whole request here, sent when it is asked for.
      batchSize: 2,
      maxBatchBytes: Number.MAX_SAFE_INTEGER,
      gzipThreshold: Number.MAX_SAFE_INTEGER,
      writeFailed: (error) => Promise.reject(error),
    });
    if (major === 1) {
      this.#writeApi.path = `/write?db=${encodeURIComponent(bucket)}&precision=ms`;
    }
  }

  /** Writes lines of line protocol with times in ms. Throws InfluxFailure. */
  async write(lines: string): Promise<void> {
    if (this.#writeApi === undefined) throw new InfluxFailure('down', 'it was not reached yet');
    try {
      this.#writeApi.writeRecord(lines);
      await withDeadline(this.#writeApi.flush(), this.#silenceMaxMs, () => this.#giveUp());
      this.#onWrite('taken');
    } catch (error) {
      const failure = error instanceof InfluxFailure ? error : this.#writeFailure(error);
      this.#onWrite(failure.type);
      throw failure;
    }
  }

  #giveUp(): InfluxFailure {
    this.#agent.destroy();
    return new InfluxFailure('down', `a write was not answered in ${this.#silenceMaxMs / 1000} s`);
  }

  #writeFailure(error: unknown): InfluxFailure {
    if (!(error instanceof HttpError)) return this.#unreachable(error);
    const { statusCode: status, body = '', headers } = error;
    // A redirect or a page is not an answer to a write: somebody else's server stands there.
    const retryAfter = headers?.['retry-after'];
    return failureOf('a write', {
      status,
      body,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    });
  }

  #unreachable(error: unknown): InfluxFailure {
    const { host } = new URL(this.options.url);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return new InfluxFailure('down', `no answer from ${host}: ${describeError(cause)}`, { cause });
  }

  /** Any request besides a write; the whole body as text, whatever the status. */
  async request(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: string }> {
    try {
      const response = await fetch(this.#address(path), {
        method,
        headers: {
          ...this.headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(this.#silenceMaxMs),
      });
      return { status: response.status, headers: response.headers, body: await response.text() };
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  #address(path: string): URL {
    const base = this.options.url.endsWith('/') ? this.options.url : `${this.options.url}/`;
    return new URL(path, base);
  }

  /**
   * Answers part by part, and reads on only when asked for the next. Leaving it, or the signal,
   * ends the work on the server. Throws InfluxFailure, or QUERY_CANCELLED.
   */
  async *query(statement: string, options: QueryOptions = {}): AsyncGenerator<ResultSeries> {
    const stopper = new AbortController();
    const stop = (): void => stopper.abort();
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted) stop();
    try {
      const response = await this.#ask(statement, options.post ?? false, stopper.signal);
      for await (const line of this.#lines(response)) yield* seriesIn(line);
    } catch (error) {
      if (options.signal?.aborted) {
        throw new AppError('QUERY_CANCELLED', 'the query was cancelled');
      }
      throw error instanceof AppError ? error : this.#unreachable(error);
    } finally {
      options.signal?.removeEventListener('abort', stop);
      stop();
    }
  }

  /** All parts of a short answer. */
  async queryAll(statement: string, options: QueryOptions = {}): Promise<ResultSeries[]> {
    const parts: ResultSeries[] = [];
    for await (const part of this.query(statement, options)) parts.push(part);
    return parts;
  }

  async #ask(statement: string, post: boolean, signal: AbortSignal): Promise<Response> {
    const address = this.#address('query');
    const { searchParams } = address;
    searchParams.set('db', this.options.bucket);
    searchParams.set('epoch', 'ms');
    searchParams.set('chunked', 'true');
    searchParams.set('chunk_size', String(ROWS_PER_PART));
    const inBody = post || statement.length > ADDRESS_LENGTH_MAX;
    if (!inBody) searchParams.set('q', statement);
    const late = (): Error => new InfluxFailure('down', 'a query was not answered in time');
    const asked = fetch(address, {
      method: inBody ? 'POST' : 'GET',
      headers: this.headers,
      body: inBody ? new URLSearchParams({ q: statement }) : null,
      signal,
    });
    const response = await withDeadline(asked, this.#silenceMaxMs, late);
    if (response.ok) return response;
    throw failureOf('a query', {
      status: response.status,
      body: await response.text(),
      retryAfter: response.headers.get('retry-after'),
    });
  }

  async *#lines({ body }: Response): AsyncGenerator<string> {
    if (body === null) return;
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const late = (): Error => new InfluxFailure('down', 'the server stopped within an answer');
    let rest = '';
    for (;;) {
      const { done, value } = await withDeadline(reader.read(), this.#silenceMaxMs, late);
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      let start = 0;
      for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', start)) {
        if (end > start) yield rest.slice(start, end);
        start = end + 1;
      }
      rest = rest.slice(start);
      if (rest.length > ANSWER_LINE_MAX) {
        throw new InfluxFailure('down', 'the server answers in parts larger than asked for');
      }
      if (done) break;
    }
    if (rest.trim() !== '') yield rest;
  }
}

function* seriesIn(line: string): Generator<ResultSeries> {
  let answer: ResultLine;
  try {
    answer = JSON.parse(line) as ResultLine;
  } catch (cause) {
    throw new InfluxFailure('down', 'an answer broke off', { cause });
  }
  if (answer.error !== undefined) throw statementFailure(answer.error);
  for (const { statement_id: statement = 0, error, series = [] } of answer.results ?? []) {
    if (error !== undefined) throw statementFailure(error);
    for (const { tags = {}, columns, values = [] } of series) {
      yield { statement, tags, columns, values };
    }
  }
}

/** An error inside an answer of status 200; the 1.x server says many of them this way. */
function statementFailure(error: string): InfluxFailure {
  if (/not found/i.test(error)) {
    return failureOf('a query', { status: 404, body: error, retryAfter: null });
  }
  if (/authorized|privilege/i.test(error)) {
    return failureOf('a query', { status: 403, body: error, retryAfter: null });
  }
  return new InfluxFailure('refused', error);
}
