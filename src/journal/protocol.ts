import type { Source } from '../contracts/frame.ts';

/**
 * What the two threads say to each other. Commits travel on a lane of their own with one in flight;
 * every other request is a job, also one at a time, so a commit never waits for more than one job.
 */
export interface ThreadOptions {
  file: string;
  /** Offsets below were in use before: a rebuilt journal goes on at least here. */
  headAtLeast: number;
}

/** What the thread that rebuilds a damaged journal ends with. */
export interface RebuildReply {
  failure: Failure | null;
  /** What was kept and lost, in one line. */
  outcome: string;
}

/** What the thread that writes a copy of the journal is told: commits, then how it ends. */
export type CopyRequest =
  | { type: 'slice'; slice: Slice }
  | { type: 'finish'; sources: SourceRow[]; head: number }
  | { type: 'abandon' };

export interface CopyReply {
  failure: Failure | null;
  /** Of the copy, once it is complete. */
  position: Position | null;
}

export interface SourceRow extends Source {
  id: number;
}

export interface CommitRequest {
  type: 'commit';
  /** Transferred, and handed back with the reply. */
  buffer: ArrayBuffer;
  bytes: number;
  count: number;
  /** Oldest receive time among the frames. */
  receivedAt: number;
  /** Sources that no synced commit has stored yet. */
  sources: SourceRow[];
}

export type JobRequest =
  | { type: 'read'; from: number; bytesMax: number }
  | { type: 'trim'; offset: number }
  | { type: 'advance'; offset: number }
  | { type: 'probe' }
  | { type: 'close' };

export type ThreadRequest = CommitRequest | JobRequest;

/** Where the journal stands; of committed data only. */
export interface Position {
  tail: number;
  head: number;
  /** Pages in use; free pages inside the file do not count. */
  bytes: number;
  oldestAt: number | null;
}

/** Whole commits one after the other, as they were stored. */
export interface Slice {
  from: number;
  next: number;
  buffer: ArrayBuffer;
  /** SLICE_NUMBERS a commit: first offset, frames, bytes, oldest receive time, checksum. */
  commits: number[];
}

/** Numbers that tell of one commit in a slice. */
export const SLICE_NUMBERS = 5;

/** An error in a form that crosses threads. */
export interface Failure {
  code: string;
  message: string;
  hint: string | undefined;
}

export interface ThreadReply {
  type: 'opened' | 'committed' | 'finished' | 'noticed';
  failure: Failure | null;
  /** Null when the file is not open. */
  position: Position | null;
  /** What was set aside since the last reply. */
  repairs: string[];
  /** Why the file has to be rebuilt; the thread ends after saying so. */
  damage?: string;
  /** All stored sources, after the file was opened. */
  sources?: SourceRow[];
  buffer?: ArrayBuffer;
  slice?: Slice;
  /** A trim that has more to do. */
  more?: boolean;
  /** Why the last checkpoint failed; nothing is lost by it. */
  checkpointFailure?: string;
}
