import type { Source } from './frame.ts';

/**
 * `good`: kept as the device dated it (or undated, under the receive time). `clock`: the device's
 * clock was outside the accepted window, so the receive time stands in for it.
 */
export type Quality = 'good' | 'clock';

/** What one report says was observed at one instant: one value for each of several metrics. */
export interface Observation {
  source: Source;
  /** Journal offset of the frame, and the report's place in it when it held several. */
  offset: number;
  index: number;
  /** Event time, ms since 1970. */
  observedAt: number;
  receivedAt: number;
  quality: Quality;
  /** It came from a file: the device itself was not heard. */
  imported?: true;
  /** Finite numbers within the metric's physical range, by metric name. Never empty. */
  values: Readonly<Record<string, number>>;
}

/** A value, or a whole report, that was refused: kept, counted and answered, never dropped. */
export interface Rejection {
  source: Source;
  offset: number;
  index: number;
  /** Position of the refused value within its report; 0 for a whole report. */
  part: number;
  /** The refused metric as the device named it, or null when the whole report was refused. */
  metric: string | null;
  code: string;
  /** One sentence in English for the installer who reads it. */
  reason: string;
  sequence: number | null;
  /** How many values it stands for: more than 1 only when a message held too many to list. */
  count: number;
  receivedAt: number;
  /** The beginning of what was sent, as text, at most 200 characters. */
  excerpt: string;
}

/** How a report without a trustworthy observed time is told from its repeat. */
export interface SequenceClaim {
  offset: number;
  index: number;
  device: string;
  /** Identity of (boot, sequence), or of (sequence, values) when the device sends no boot id. */
  key: string;
}

/** A device's own word on its connection: the status topic or the Will. */
export interface StatusReport {
  source: Source;
  offset: number;
  receivedAt: number;
  online: boolean;
  firmware: string | null;
}

/** A controller's answer to a command, as it came. */
export interface AckReport {
  source: Source;
  offset: number;
  receivedAt: number;
  body: Readonly<Record<string, unknown>>;
}

/** Frames `[from, next)` decoded once for all consumers. */
export interface DecodedBatch {
  from: number;
  next: number;
  observations: Observation[];
  rejections: Rejection[];
  claims: SequenceClaim[];
  statuses: StatusReport[];
  acks: AckReport[];
}

/**
 * Reads decoded batches at its own pace. The cursor is committed with the effects of the batch;
 * accepting the same batch twice equals accepting it once.
 */
export interface Consumer {
  readonly name: string;
  /** Offset of the first frame it has not accepted yet, as committed. */
  cursor(): Promise<number>;
  accept(batch: DecodedBatch): Promise<void>;
  /** Frames below this offset are safe without the journal, whatever file is lost next. */
  persisted(): number;
}
