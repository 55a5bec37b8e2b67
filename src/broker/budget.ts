/** Who waits for the budget; resumed in the order of waiting. */
export interface Waiter {
  resume(): void;
}

/** Messages on their way to the journal, of all devices together, in number and in bytes. */
export class Budget {
  readonly #messagesMax: number;
  readonly #bytesMax: number;
  readonly #waiting = new Set<Waiter>();
  #messages = 0;
  #bytes = 0;

  constructor(messagesMax: number, bytesMax: number) {
    this.#messagesMax = messagesMax;
    this.#bytesMax = bytesMax;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isSpent(): boolean {
    return this.#messages >= this.#messagesMax || this.#bytes >= this.#bytesMax;
  }

  take(bytes: number): void {
    this.#messages++;
    this.#bytes += bytes;
  }

  give(messages: number, bytes: number): void {
    this.#messages -= messages;
    this.#bytes -= bytes;
    // A resumed waiter takes from the budget before the next one is asked.
    for (const waiter of this.#waiting) {
      if (this.isSpent) return;
      this.#waiting.delete(waiter);
      waiter.resume();
    }
  }

  wait(waiter: Waiter): void {
    this.#waiting.add(waiter);
  }

  forget(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }
}
