import type { Clock } from '../base/clock.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import type { CounterMetric, Metrics } from '../base/metrics.ts';

/** Why a socket was closed, or a request of a device turned down: the label of the metric. */
export type RefusalReason =
  | 'bad-credentials'
  | 'bad-text'
  | 'credential-revoked'
  | 'device-moved'
  | 'flapping'
  | 'forbidden-subscription'
  | 'forbidden-topic'
  | 'forbidden-will'
  | 'frozen'
  | 'identifier'
  | 'internal'
  | 'keepalive-timeout'
  | 'connect-timeout'
  | 'locked-out'
  | 'malformed'
  | 'not-kept'
  | 'not-mqtt'
  | 'packet-timeout'
  | 'too-large'
  | 'too-many-connections'
  | 'too-many-unauthenticated'
  | 'tls'
  | 'unanswered'
  | 'unavailable'
  | 'unsupported-version';

export interface RefusalDetail {
  address: string;
  device?: string;
  /** What exactly was wrong, for the person who reads the log. */
  detail?: string;
}

/** Counts each refusal and writes one line in thirty seconds for each reason. */
export class Refusals {
  readonly #counter: CounterMetric;
  readonly #logger: Logger;
  readonly #quiet: ReturnType<typeof repeatGuard>;

  constructor(options: { metrics: Metrics; logger: Logger; clock: Clock }) {
    this.#counter = options.metrics.counter(
      'sluice_broker_refused_total',
      'Connections closed and requests turned down by the broker, by reason.',
      ['reason'],
    );
    this.#logger = options.logger;
    this.#quiet = repeatGuard(options.clock);
  }

  add(reason: RefusalReason, detail: RefusalDetail): void {
    this.#counter.add(1, { reason });
    this.#quiet(reason, (suppressed) => {
      this.#logger.warn({ reason, ...detail, suppressed }, 'refused by the broker');
    });
  }
}
