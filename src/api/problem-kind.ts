import type { Localized } from '../contracts/localized.ts';

/** How a code is answered: the status, the title and when to ask again. */
export interface ProblemKind {
  status: number;
  title: Localized;
  /** Sent as `Retry-After`: when it is worth asking again. */
  retryAfterSeconds?: number;
  /** The parameter at fault, when the API names it differently from the room that found it. */
  field?: string;
}

export const kind = (status: number, vi: string, en: string, fr: string): ProblemKind => ({
  status,
  title: { vi, en, fr },
});

export const later = (seconds: number, base: ProblemKind): ProblemKind => ({
  ...base,
  retryAfterSeconds: seconds,
});

/** The store's child process restarts in about a second; state comes back when its disk does. */
export const STORE_RETRY_SECONDS = 2;
/** A disk that somebody makes room on, or a file that somebody else is sending. */
export const BUSY_RETRY_SECONDS = 10;
