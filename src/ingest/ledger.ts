import { localDayOf } from '../base/local-day.ts';
import type { LiveEvent, LivePublisher } from '../contracts/live.ts';
import type { DeviceMessenger } from '../contracts/messenger.ts';
import type {
  Consumer,
  DecodedBatch,
  Observation,
  SequenceClaim,
} from '../contracts/observation.ts';
import type { Presence, ReceivedCount, State } from '../contracts/state.ts';
import { IntervalLearner } from './interval-learner.ts';
import { SequenceWindows } from './sequence-windows.ts';

export interface LedgerOptions {
  state: State;
  messenger: Pick<DeviceMessenger, 'send'>;
  live: LivePublisher;
  timeZone: string;
}

/** Rejections answered for one batch; a device that sends rubbish learns it from the first few. */
const ANSWERS_PER_BATCH_MAX = 100;

/**
 * The first consumer of every batch. It settles what all others must agree on: which reports are
 * repeats, what was refused, how much each device sent, and when it was last heard. The others
 * read only what the ledger has committed, without the repeats.
 */
export class Ledger implements Consumer {
  readonly name = 'ledger';
  readonly #options: LedgerOptions;
  readonly #dayOf: (time: number) => string;
  readonly #windows = new SequenceWindows();
  readonly #presence = new Map<string, Presence>();
  readonly #learner = new IntervalLearner();
  /** Report places, by frame offset, that every consumer leaves out. */
  readonly #repeats = new Map<number, Set<number>>();
  #cursor = 0;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#dayOf = localDayOf(options.timeZone);
  }

  /** Reads what was committed; call before the first batch. */
  async load(): Promise<void> {
    const { state } = this.#options;
    this.#cursor = await state.cursors.get(this.name);
    this.#windows.load(await state.ledger.sequenceWindows());
    this.#repeats.clear();
    this.#rememberRepeats(await state.ledger.repeats());
    for (const presence of await state.presence.list()) {
      this.#presence.set(presence.device, presence);
    }
    this.#learner.load(await state.presence.learned());
  }

  async cursor(): Promise<number> {
    return this.#cursor;
  }

  persisted(): number {
    return this.#cursor;
  }

  async accept(batch: DecodedBatch): Promise<void> {
    if (batch.next <= this.#cursor) return;
    const { repeats, changed } = this.#windows.settle(batch.claims);
    const presences = this.#presences(batch);
    const repeated = new Set(repeats.map(placeOf));
    const counts = this.#counts(batch, repeated);
    // A repeat without a time of its own stands where it arrived: no word on how often it reports.
    const learned = this.#learner.observe(
      repeated.size === 0
        ? batch.observations
        : batch.observations.filter((one) => !repeated.has(placeOf(one))),
    );
    await this.#options.state.transaction(async (tx) => {
      await tx.ledger.count(counts);
      await tx.ledger.saveRejections(batch.rejections);
      await tx.ledger.saveRepeats(repeats);
      await tx.ledger.saveSequenceWindows(changed);
      await tx.presence.save(presences);
      await tx.presence.saveLearned(learned);
      await tx.cursors.set(this.name, batch.next);
    });
    this.#windows.commit(changed);
    for (const presence of presences) this.#presence.set(presence.device, presence);
    this.#learner.kept(learned, batch.observations.at(-1)?.receivedAt ?? Number.NaN);
    this.#rememberRepeats(repeats);
    this.#cursor = batch.next;
    this.#announce(batch);
  }

  /** The batch without the repeats: what the other consumers are given. */
  settled(batch: DecodedBatch): DecodedBatch {
    if (this.#repeats.size === 0 || batch.claims.length === 0) return batch;
    const isRepeat = (observation: Observation): boolean =>
      this.#repeats.get(observation.offset)?.has(observation.index) ?? false;
    return { ...batch, observations: batch.observations.filter((one) => !isRepeat(one)) };
  }

  /** Forgets repeats in frames that no consumer will read again. */
  async trim(below: number): Promise<void> {
    const passed = [...this.#repeats.keys()].filter((offset) => offset < below);
    if (passed.length === 0) return;
    await this.#options.state.ledger.trimRepeats(below);
    for (const offset of passed) this.#repeats.delete(offset);
  }

  #rememberRepeats(repeats: ReadonlyArray<{ offset: number; index: number }>): void {
    for (const { offset, index } of repeats) {
      const known = this.#repeats.get(offset);
      if (known === undefined) this.#repeats.set(offset, new Set([index]));
      else known.add(index);
    }
  }

  #presences(batch: DecodedBatch): Presence[] {
    const touched = new Map<string, Presence>();
    const touch = (device: string, receivedAt: number): Presence => {
      let presence = touched.get(device);
      if (presence === undefined) {
        const known = this.#presence.get(device);
        presence = { ...(known ?? { device, lastSeenAt: null, online: false, firmware: null }) };
        touched.set(device, presence);
      }
      presence.lastSeenAt = Math.max(presence.lastSeenAt ?? 0, receivedAt);
      return presence;
    };
    for (const { source, receivedAt, imported } of batch.observations) {
      if (imported === undefined) touch(source.device, receivedAt);
    }
    for (const { source, receivedAt } of batch.rejections) touch(source.device, receivedAt);
    for (const status of batch.statuses) {
      const presence = touch(status.source.device, status.receivedAt);
      presence.online = status.online;
      presence.firmware = status.firmware ?? presence.firmware;
    }
    return [...touched.values()];
  }

  #counts(batch: DecodedBatch, repeated: ReadonlySet<string>): ReceivedCount[] {
    const counts = new Map<string, ReceivedCount>();
    const countOf = (coop: string, device: string, receivedAt: number): ReceivedCount => {
      const day = this.#dayOf(receivedAt);
      const key = `${day} ${device} ${coop}`;
      let count = counts.get(key);
      if (count === undefined) {
        count = { coop, device, day, received: 0, rejected: 0, repeated: 0, clockFaults: 0 };
        counts.set(key, count);
      }
      return count;
    };
    for (const observation of batch.observations) {
      const { source, receivedAt, values, quality } = observation;
      const count = countOf(source.coop, source.device, receivedAt);
      const size = Object.keys(values).length;
      count.received += size;
      if (quality === 'clock') count.clockFaults += size;
      if (repeated.size > 0 && repeated.has(placeOf(observation))) count.repeated += size;
    }
    for (const rejection of batch.rejections) {
      const { source, receivedAt } = rejection;
      const count = countOf(source.coop, source.device, receivedAt);
      count.received += rejection.count;
      count.rejected += rejection.count;
    }
    return [...counts.values()];
  }

  #announce(batch: DecodedBatch): void {
    const { live, messenger } = this.#options;
    for (const { source, online } of batch.statuses) {
      const { device, coop, site } = source;
      const event: LiveEvent = {
        type: 'device',
        coop,
        data: { device, coop, site, event: 'status', online },
      };
      live.publish(event);
    }
    for (const rejection of batch.rejections.slice(0, ANSWERS_PER_BATCH_MAX)) {
      const { code, sequence, source } = rejection;
      const metric = rejection.metric === null ? '' : `${rejection.metric}: `;
      const reason = `${metric}${rejection.reason}`;
      void messenger.send(source.device, 'rejected', JSON.stringify({ code, reason, sequence }));
    }
  }
}

/** Names a report by its place in the journal. */
function placeOf({ offset, index }: Pick<SequenceClaim, 'offset' | 'index'>): string {
  return `${offset}/${index}`;
}
