/**
 * A part with a life. Constructors do nothing; `start` acquires and throws before anything is
 * visible from outside when the configuration is wrong; `stop` releases, is safe twice and safe
 * after a failed start.
 */
export interface Service {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}
