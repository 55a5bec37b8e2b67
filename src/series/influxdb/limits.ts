export interface InfluxLimits {
  /** Lines of one write request. */
  linesPerRequestMax: number;
  /** Bytes of one write request. */
  requestLengthMax: number;
  /** How long the server may say nothing to a write, or between two parts of an answer. */
  silenceMaxMs: number;
  /** How old the last look at the server's identity may be before a batch is written. */
  identityCheckEveryMs: number;
}

export const DEFAULT_LIMITS: InfluxLimits = {
  // The makers advise 5,000 lines; twice as many were not faster here.
  linesPerRequestMax: 5_000,
  // 5,000 lines of twenty values are 1.5 MB; servers refuse bodies beyond 10 or 25 MB.
  requestLengthMax: 4 * 1024 * 1024,
  // A server that compacts pauses for seconds; beyond half a minute it hangs.
  silenceMaxMs: 30_000,
  // One small question among a hundred batches.
  identityCheckEveryMs: 10_000,
};
