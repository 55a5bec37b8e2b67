import { AppError } from '../../base/errors.ts';

/**
 * `down`: it cannot be reached, or is busy or broken now. `settings`: it answers, and what we were
 * told to use does not fit. `refused`: it will not take these lines or this question, ever.
 */
export type FailureType = 'down' | 'settings' | 'refused';

export interface FailureOptions {
  cause?: unknown;
  hint?: string;
  retryAfterMs?: number;
}

/** A wrong setting is looked at again this often: a person has to act first. */
const SETTINGS_RETRY_MS = 10_000;

const DEFAULT_HINTS: Readonly<Record<FailureType, string>> = {
  down: 'It comes back by itself; try again.',
  settings: 'docs/influxdb.md lists the settings and the rights they need.',
  refused: 'The server refused the request itself.',
};

/** What went wrong with the server, in words for the operator; never with a secret. */
export class InfluxFailure extends AppError {
  readonly type: FailureType;

  constructor(type: FailureType, why: string, options: FailureOptions = {}) {
    const retryAfterMs = options.retryAfterMs ?? (type === 'settings' ? SETTINGS_RETRY_MS : null);
    super('SERIES_UNAVAILABLE', `the series store is not available: ${why}`, {
      hint: options.hint ?? DEFAULT_HINTS[type],
      ...(options.cause === undefined ? {} : { cause: options.cause }),
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
    this.type = type;
    this.why = why;
  }

  /** The reason alone. */
  readonly why: string;
}

export function isRefusal(error: unknown): error is InfluxFailure {
  return error instanceof InfluxFailure && error.type === 'refused';
}

export interface HttpAnswer {
  status: number;
  body: string;
  retryAfter: string | null;
}

/** Longest Retry-After that is believed: beyond it the server is asked again anyway. */
const RETRY_AFTER_MAX_MS = 300_000;
/** Servers begin with what is wrong, and end with how much of a request they left out. */
const REASON_HEAD = 200;
const REASON_TAIL = 100;

/** What an answer other than 2xx means. `what` is what we asked for, such as `a write`. */
export function failureOf(what: string, answer: HttpAnswer): InfluxFailure {
  const { status, body } = answer;
  const said = reasonIn(body);
  const why = `${what} was answered with ${status}${said === '' ? '' : ` (${said})`}`;
  switch (status) {
    case 400:
    case 413:
    case 422:
      return new InfluxFailure('refused', said === '' ? why : said);
    case 401:
      return new InfluxFailure('settings', `${why}: the token or the password is not accepted`, {
        hint: 'Set SLUICE_INFLUX_TOKEN, or for 1.x SLUICE_INFLUX_USER and SLUICE_INFLUX_PASSWORD.',
      });
    case 403:
      return new InfluxFailure('settings', `${why}: the rights are missing`, {
        hint: 'Give the token read and write on the bucket, or the 1.x user ALL on the database.',
      });
    case 404:
      return new InfluxFailure('settings', `${why}: there is no such database or bucket`, {
        hint: 'Check SLUICE_INFLUX_URL, SLUICE_INFLUX_BUCKET, SLUICE_INFLUX_ORG and SLUICE_INFLUX_VERSION.',
      });
    default: {
      const retryAfterMs = retryAfter(answer.retryAfter);
      return new InfluxFailure('down', why, retryAfterMs === null ? {} : { retryAfterMs });
    }
  }
}

/** RFC 9110, 10.2.3: seconds, or a date, which the sender's clock would have to share with ours. */
function retryAfter(header: string | null): number | null {
  const seconds = Number(header ?? Number.NaN);
  return seconds >= 0 ? Math.min(seconds * 1_000, RETRY_AFTER_MAX_MS) : null;
}

function reasonIn(body: string): string {
  const text = reasonText(body).replace(/\s+/g, ' ').trim();
  if (text.length <= REASON_HEAD + REASON_TAIL) return text;
  return `${text.slice(0, REASON_HEAD)} … ${text.slice(-REASON_TAIL)}`;
}

function reasonText(body: string): string {
  try {
    const { error, message } = JSON.parse(body) as { error?: unknown; message?: unknown };
    return String(error ?? message ?? '');
  } catch {
    return body;
  }
}
