import type { CommandMessage } from '../../schemas/acknowledgement.ts';
import type { Clock } from '../base/clock.ts';
import type { HistogramMetric, Metrics } from '../base/metrics.ts';
import type { Command } from '../contracts/command.ts';
import { isTerminal } from '../contracts/command.ts';
import type { DeviceMessenger } from '../contracts/messenger.ts';
import type { Book } from './book.ts';
import { mayBegin } from './floor.ts';
import type { Sitting } from './sitting.ts';

/** From a promise of 50 ms to a device that reads slowly. */
const PUBLISH_BUCKETS_MS = [2, 5, 10, 20, 50, 100, 250, 1_000, 5_000];

/** What became of handing a command over. */
export interface Handed {
  id: string;
  wasTaken: boolean;
  /** Not taken for sure: nobody listened. What a slow socket holds may still arrive. */
  isUnseen: boolean;
  at: number;
}

/** Nobody listens is known at once; who takes longer to say no was given it. */
const UNSEEN_MS_MAX = 500;

/** Publishes what is committed, and remembers what became of it until that is committed too. */
export class Sender {
  readonly #book: Book;
  readonly #messenger: DeviceMessenger;
  readonly #clock: Clock;
  readonly #tookMs: HistogramMetric;
  readonly #handed: Handed[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #told: () => void;

  constructor(options: {
    book: Book;
    messenger: DeviceMessenger;
    clock: Clock;
    metrics: Metrics;
    /** Called after each one that was handed over or not. */
    told(): void;
  }) {
    this.#book = options.book;
    this.#messenger = options.messenger;
    this.#clock = options.clock;
    this.#told = options.told;
    this.#tookMs = options.metrics.histogram(
      'sluice_command_publish_ms',
      'From the acceptance of a command to its publishing to a connected device.',
      PUBLISH_BUCKETS_MS,
    );
  }

  /** `since`: monotonic time at which it was asked for. */
  publish(id: string, since: number): void {
    const entry = this.#book.find(id);
    if (entry === undefined || isTerminal(entry.command.state)) return;
    const { command } = entry;
    const at = this.#clock.now();
    const monotonic = this.#clock.monotonic();
    if (!mayBegin({ now: at, monotonic }, entry)) {
      this.#tell({ id, wasTaken: false, isUnseen: true, at });
      return;
    }
    entry.isSending = true;
    entry.triedAt = monotonic;
    const sent = this.#messenger.send(command.device, 'command', messageOf(command));
    const handing = sent
      .catch(() => false)
      .then((wasTaken) => {
        entry.isSending = false;
        if (wasTaken && command.attempts === 1)
          this.#tookMs.observe(this.#clock.monotonic() - since);
        const isUnseen = !wasTaken && this.#clock.monotonic() - monotonic < UNSEEN_MS_MAX;
        this.#tell({ id, wasTaken, isUnseen, at });
      })
      .finally(() => this.#underWay.delete(handing));
    this.#underWay.add(handing);
  }

  /** Resolves when nothing is on its way to a socket. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Moves what was handed over; call `settled` once that is committed. */
  settle(sitting: Sitting): number {
    for (const { id, wasTaken, isUnseen, at } of this.#handed) {
      const command = sitting.command(id);
      if (command === undefined || command.state !== 'queued') {
        const isAgain = command?.state === 'sent' && wasTaken;
        if (command !== undefined && isAgain) sitting.move(command, {}, 'sent again');
        continue;
      }
      if (wasTaken) sitting.move(command, { state: 'sent', sentAt: at });
      // Nobody listened: it was no try.
      else if (isUnseen) sitting.amend(command, { attempts: Math.max(0, command.attempts - 1) });
    }
    return this.#handed.length;
  }

  settled(count: number): void {
    this.#handed.splice(0, count);
  }

  #tell(handed: Handed): void {
    this.#handed.push(handed);
    this.#told();
  }
}

/** The wire's form, DESIGN.md §4. */
export function messageOf({ id, action, maxSeconds, notAfter, sequence }: Command): string {
  const message: CommandMessage = {
    id,
    action,
    ...(maxSeconds !== null && { maxSeconds }),
    notAfter: new Date(notAfter).toISOString(),
    sequence,
  };
  return JSON.stringify(message);
}
