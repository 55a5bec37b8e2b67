/** Redelivery after a lost connection repeats what was in flight: 16 to 20 messages as a rule. */
const KEPT = 20;

/**
 * The newest samples of one series, to tell a repeated report from a late one without asking the
 * store. 340 bytes once it is used: a plain array, since a typed one this small costs as much again
 * beside its numbers.
 */
export class RecentSamples {
  #cells: number[] | null = null;
  #next = 0;

  add(time: number, value: number): void {
    let cells = this.#cells;
    if (cells === null) {
      cells = new Array<number>(2 * KEPT).fill(Number.NaN);
      this.#cells = cells;
    }
    const at = this.#next;
    cells[at] = time;
    cells[at + 1] = value;
    this.#next = at + 2 === 2 * KEPT ? 0 : at + 2;
  }

  /**
   * Whether this very sample was among the newest. One that differs is forgotten: it is rewritten
   * now, and a repeat of the old value later would be a change again.
   */
  repeats(time: number, value: number): boolean {
    const cells = this.#cells;
    if (cells === null) return false;
    for (let index = 0; index < cells.length; index += 2) {
      if (cells[index] !== time) continue;
      if (cells[index + 1] === value) return true;
      cells[index] = Number.NaN;
    }
    return false;
  }
}
