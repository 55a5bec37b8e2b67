import { type Signal, useSignal } from '@preact/signals';
import { ApiProblem } from '../api/client.ts';
import { useWork, type Work } from './work.ts';

export interface ConfirmedWork extends Omit<Work, 'run'> {
  /** What to send back once the person has said yes; null while nothing is asked. */
  question: Signal<string | null>;
  /** True when it is done; where the server asks first, `question` is set and it is not. */
  run(work: (confirmation: string | null) => Promise<unknown>): Promise<boolean>;
  cancel(): void;
}

/** What the server may want to have confirmed; a question grown old is asked again. */
export function useConfirmed(): ConfirmedWork {
  const { busy, problem, faults, run } = useWork();
  const question = useSignal<string | null>(null);
  return {
    busy,
    problem,
    faults,
    question,
    async run(work) {
      const confirmation = question.value;
      let isDone = false;
      await run(async () => {
        try {
          await work(confirmation);
          question.value = null;
          isDone = true;
        } catch (error) {
          if (!(error instanceof ApiProblem) || error.confirmation === null) throw error;
          question.value = error.confirmation;
        }
      });
      return isDone;
    },
    cancel() {
      question.value = null;
      problem.value = null;
    },
  };
}
