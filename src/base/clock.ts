/** Time as an argument: rooms take a `Clock`, so tests and replays can hold it still. */
export interface Clock {
  /** Wall time in milliseconds since 1970-01-01T00:00:00Z. It may jump. */
  now(): number;
  /** Milliseconds from an arbitrary origin that never jump; for durations and deadlines. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** Resolves after `ms`, or at once when the signal aborts. Never keeps the process alive. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(finish, ms);
    timer.unref();
    function finish(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    }
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** Lets pending sockets and timers run before the caller goes on. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Rejects with `error()` when `work` has not settled after `ms`. */
export async function withDeadline<T>(
  work: Promise<T>,
  ms: number,
  error: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(error()), ms);
    timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs `work` every `ms` until the returned function is called; a slow run delays the next. */
export function repeat(ms: number, work: () => void | Promise<void>): () => void {
  const stopper = new AbortController();
  void (async () => {
    for (;;) {
      await sleep(ms, stopper.signal);
      if (stopper.signal.aborted) return;
      await work();
    }
  })();
  return () => stopper.abort();
}

/** Longest delay a timer takes; it fires, if ever, to no effect. */
const HOLD_MS = 2 ** 31 - 1;

/** Keeps the process alive, which `sleep` does not, until the returned function is called. */
export function holdProcess(): () => void {
  const timer = setInterval(() => undefined, HOLD_MS);
  return () => clearInterval(timer);
}
