/**
 * Expected failures. Each has a stable CAPS code listed in `docs/errors.md`; a test compares the
 * list with the sources both ways. Anything that is not an `AppError` is a defect.
 */
export interface AppErrorOptions {
  cause?: unknown;
  /** What the person who reads it can do about it, in one sentence. */
  hint?: string;
  /** The input field at fault, as a path such as `values.ph`. */
  field?: string;
  /** What was wrong and what to do about it, in every language, where the thrower knows. */
  detail?: Readonly<Record<'vi' | 'en' | 'fr', string>>;
  /** When it may be tried again (ms from now), as far as the other side said so. */
  retryAfterMs?: number;
  /** Given back with the same request: a person read the hint and wants it all the same. */
  confirmation?: string;
}

export class AppError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly field: string | undefined;
  readonly detail: AppErrorOptions['detail'];
  readonly retryAfterMs: number | undefined;
  readonly confirmation: string | undefined;

  constructor(code: string, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = options.hint;
    this.field = options.field;
    this.detail = options.detail;
    this.retryAfterMs = options.retryAfterMs;
    this.confirmation = options.confirmation;
  }
}

/** The error as one line for people and logs: code, message, then the chain of causes. */
export function describeError(error: unknown): string {
  if (error instanceof AppError) {
    const cause = error.cause === undefined ? '' : ` (${describeError(error.cause)})`;
    return `${error.code}: ${error.message}${cause}`;
  }
  if (error instanceof Error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === undefined ? error.message : `${error.message} [${code}]`;
  }
  return String(error);
}

/** Wraps whatever was thrown, keeping an `AppError` as it is. */
export function toAppError(error: unknown, code: string, message: string): AppError {
  return error instanceof AppError ? error : new AppError(code, message, { cause: error });
}
