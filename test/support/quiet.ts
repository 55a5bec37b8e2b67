import { createLogger, type Logger } from '#src/base/logger';

/** Tests read results, not logs; LOG=debug shows them. */
export const quietLogger: Logger = createLogger(
  (process.env['LOG'] as 'debug' | undefined) ?? 'silent',
);
