import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from 'pino';
import { type Clock, systemClock } from './clock.ts';

export type Logger = PinoLogger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Fields that may carry a secret under any parent; their values never reach a log line. */
const SECRET_FIELDS = ['password', 'secret', 'token', 'authorization', 'cookie'];

/** JSON to stdout, one line per event; the message is constant, what varies is a field. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: (): string => `,"time":"${new Date().toISOString()}"`,
    serializers: { error: stdSerializers.errWithCause },
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: '[redacted]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** A repeated event is worth one line in this time; the count of those held back follows. */
const REPEAT_QUIET_MS = 30_000;
/** Distinct keys remembered at once; beyond it the oldest is forgotten and may log again. */
const REPEAT_KEYS_MAX = 1_000;

/**
 * Lets one line in thirty seconds through per key, with the number held back since the last:
 * `quiet('auth', (suppressed) => log.warn({ suppressed }, 'sign-in refused'))`.
 */
export function repeatGuard(
  clock: Clock = systemClock,
): (key: string, write: (suppressed: number) => void) => void {
  const seen = new Map<string, { at: number; suppressed: number }>();
  return (key, write) => {
    const now = clock.monotonic();
    const last = seen.get(key);
    if (last !== undefined && now - last.at < REPEAT_QUIET_MS) {
      last.suppressed++;
      return;
    }
    seen.delete(key);
    if (seen.size >= REPEAT_KEYS_MAX) {
      const oldest = seen.keys().next();
      if (!oldest.done) seen.delete(oldest.value);
    }
    seen.set(key, { at: now, suppressed: 0 });
    write(last?.suppressed ?? 0);
  };
}
