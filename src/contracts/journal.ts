import type { AppError } from '../base/errors.ts';
import type { FrameBatch, RawMessage } from './frame.ts';

/** Called once: with null after the frame's commit was synced, or with why it was not kept. */
export type AppendDone = (error: AppError | null) => void;

export interface JournalStatus {
  /** Offset of the oldest frame still kept; equal to `head` when the journal is empty. */
  tail: number;
  /** Offset the next frame will get: everything below is on disk. */
  head: number;
  bytes: number;
  bytesMax: number;
  /** Receive time of the oldest frame kept (ms), or null when empty. */
  oldestAt: number | null;
  /** Frames handed over and not yet synced. */
  inFlight: number;
  /** Why the journal refuses reports now, or null while it keeps its promise. */
  failure: AppError | null;
  /** Damage that was set aside since the start, one line each, for the operator. */
  repairs: string[];
}

/** What the devices said, durable and in order. Reading deletes nothing. */
export interface Journal {
  /**
   * Takes a copy of the payload at once. `done` is called in the order of `append` calls, never
   * before this function returns. Errors: JOURNAL_FULL, JOURNAL_WRITE_FAILED, JOURNAL_CLOSED.
   */
  append(message: RawMessage, done: AppendDone): void;
  /**
   * Frames from `from` on, in whole commits up to about `bytesMax` (at least one commit); an empty
   * batch when there is nothing newer. When `from` is below the tail, reading starts at the tail.
   */
  read(from: number, bytesMax: number): Promise<FrameBatch>;
  /** Forgets frames below `offset`; commits that reach beyond it stay whole. */
  trim(offset: number): Promise<void>;
  /** Called after each synced commit with the new head. Returns the function that ends it. */
  onCommit(listener: (head: number) => void): () => void;
  status(): JournalStatus;
}
