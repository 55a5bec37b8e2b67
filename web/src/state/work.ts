import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiProblem, type FieldFault } from '../api/client.ts';
import type { Role } from '../domain/roles.ts';
import { isAtLeast } from '../domain/roles.ts';
import { texts } from './language.ts';
import { session } from './session.ts';

/** What went wrong, in the reader's language; the server's own words where it has some. */
export function problemText(error: unknown): string {
  const words = texts.value.error;
  if (!(error instanceof ApiProblem)) return words.failed(String(error));
  if (error.status === 0) return words.unreachable;
  return error.status === 403 ? words.forbidden : words.failed(error.message || error.code);
}

export interface Loaded<T> {
  value: T | null;
  problem: string | null;
  reload(): Promise<void>;
}

/** Something read from the server when a view opens, and again when `key` changes. */
export function useLoaded<T>(load: () => Promise<T>, key = ''): Loaded<T> {
  const value = useSignal<T | null>(null);
  const problem = useSignal<string | null>(null);
  const reload = async (): Promise<void> => {
    try {
      value.value = await load();
      problem.value = null;
    } catch (error) {
      problem.value = problemText(error);
    }
  };
  useEffect(() => void reload(), [key]);
  return { value: value.value, problem: problem.value, reload };
}

export interface Work {
  busy: Signal<boolean>;
  problem: Signal<string | null>;
  /** What of it is about a field of what was sent. */
  faults: Signal<readonly FieldFault[]>;
  /** True when it worked; a second call while one runs does nothing. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

/** One thing at a time that a person asked for, with what came of it. */
export function useWork(): Work {
  const busy = useSignal(false);
  const problem = useSignal<string | null>(null);
  const faults = useSignal<readonly FieldFault[]>([]);
  return {
    busy,
    problem,
    faults,
    async run(work) {
      if (busy.value) return false;
      busy.value = true;
      problem.value = null;
      faults.value = [];
      try {
        await work();
        return true;
      } catch (error) {
        problem.value = problemText(error);
        if (error instanceof ApiProblem) faults.value = error.faults;
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}

/** Whether to offer what takes at least this role; the server decides. */
export function mayAs(least: Role): boolean {
  return session.value.state === 'in' && isAtLeast(session.value.role, least);
}
