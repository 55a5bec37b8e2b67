/** A state of something that changes by itself, known at one time (ms). */
export interface Timed {
  time: number;
}

/** How a state goes on while the inputs stay as they are. */
export type Step<State extends Timed, Inputs> = (
  state: State,
  until: number,
  inputs: Inputs,
) => State;

interface Mark<State, Inputs> {
  state: State;
  inputs: Inputs;
  /** Kept to save work alone: the inputs did not change here. */
  isMemo: boolean;
}

/** So long a span is worth a mark of its own: none is ever stepped through from its beginning. */
const MEMO_MS = 600_000;
/** A day of marks each ten minutes, and thousands of changes; what is asked for is younger. */
const MARKS_MAX = 4_096;

/**
 * What a pure step makes of a history of inputs, at any instant of it: a report written late still
 * says what was true when it was due.
 */
export class Timeline<State extends Timed, Inputs> {
  #marks: Array<Mark<State, Inputs>>;
  readonly #step: Step<State, Inputs>;

  constructor(state: State, inputs: Inputs, step: Step<State, Inputs>) {
    this.#marks = [{ state, inputs, isMemo: false }];
    this.#step = step;
  }

  /** The state and inputs at `time`; those of the beginning for an earlier one. */
  at(time: number): { state: State; inputs: Inputs } {
    for (;;) {
      const mark = this.#before(time);
      if (mark.state.time >= time) return mark;
      const isLast = mark === this.#marks.at(-1);
      if (!isLast || time - mark.state.time <= MEMO_MS) {
        const { inputs } = mark;
        return { state: this.#step(mark.state, time, inputs), inputs };
      }
      const { inputs } = mark;
      const state = this.#step(mark.state, mark.state.time + MEMO_MS, inputs);
      this.#push({ state, inputs, isMemo: true });
    }
  }

  /** Changes the inputs from `time` on; not before the change before it. */
  change(time: number, change: (inputs: Inputs) => Inputs): void {
    while (this.#marks.length > 1) {
      const last = this.#marks.at(-1);
      if (last === undefined || !last.isMemo || last.state.time <= time) break;
      this.#marks.pop();
    }
    const from = Math.max(time, this.#marks.at(-1)?.state.time ?? time);
    const { state, inputs } = this.at(from);
    this.#push({ state, inputs: change(inputs), isMemo: false });
  }

  #before(time: number): Mark<State, Inputs> {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#marks[middle]?.state.time ?? Number.POSITIVE_INFINITY) <= time) low = middle;
      else high = middle - 1;
    }
    const mark = this.#marks[low];
    if (mark === undefined) throw new RangeError('a timeline has at least one mark');
    return mark;
  }

  #push(mark: Mark<State, Inputs>): void {
    this.#marks.push(mark);
    if (this.#marks.length > MARKS_MAX) this.#marks = this.#marks.slice(MARKS_MAX / 2);
  }
}
