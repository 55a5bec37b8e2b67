import { type Clock, sleep, withDeadline } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import type { CounterMetric, Metrics } from '../base/metrics.ts';
import type { Alert } from '../contracts/alert.ts';
import type { LivePublisher } from '../contracts/live.ts';
import type { Delivery, Message, SendOutcome } from '../contracts/notify.ts';
import type { Person } from '../contracts/people.ts';
import type { Repositories, State } from '../contracts/state.ts';
import { afterAttempt } from './attempt.ts';
import type { Calls } from './calls.ts';
import { fault } from './holds.ts';
import { late, type OpenChannels } from './open-channels.ts';
import { intoDigest, type Planner, pickContact } from './plan.ts';
import { momentFor, overflowMoment } from './policy.ts';
import type { Texts } from './texts.ts';
import { withEntry } from './timeline.ts';

export interface CourierOptions {
  state: State;
  live: LivePublisher;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  channels: OpenChannels;
  planner: Planner;
  texts: Texts;
  calls(tx: Repositories): Calls;
  /** Messages under way to a person, by any channel, the one asked about included. */
  sendingTo(person: string): number;
  deadlineMs: number;
}

const HOUR_MS = 3_600_000;
/** While the state cannot be written the outcome waits here: sending again would tell it twice. */
const SAVE_AGAIN_MS = 1_000;

/** Messages about one alert to one person: a few, unless it comes and goes. */
const RECENT_MAX = 20;

/** What is to be sent, or why not: a delivery that changed instead. */
type Ready = { person: Person; told: Array<{ item: Delivery; alert: Alert }>; message: Message };

/** What the last attempt of a channel came to. */
export interface LastAnswer {
  sentAt: number | null;
  answer: string | null;
}

/** Takes one delivery on its way and keeps what became of it. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #stopper = new AbortController();
  readonly #quiet: ReturnType<typeof repeatGuard>;
  readonly #count: { sent: CounterMetric; failed: CounterMetric; dead: CounterMetric };
  readonly #last = new Map<string, LastAnswer>();

  constructor(options: CourierOptions) {
    const { metrics, clock } = options;
    this.#options = options;
    this.#quiet = repeatGuard(clock);
    const labels = ['channel'];
    this.#count = {
      sent: metrics.counter('sluice_notify_sent_total', 'Messages a provider took.', labels),
      failed: metrics.counter('sluice_notify_failed_total', 'Attempts that failed.', labels),
      dead: metrics.counter('sluice_notify_dead_total', 'Messages given up.', labels),
    };
  }

  stop(): void {
    this.#stopper.abort();
  }

  last(channel: string): LastAnswer {
    return this.#last.get(channel) ?? { sentAt: null, answer: null };
  }

  /** Answers whether a provider was asked. Never throws: what fails is tried again. */
  async attempt({ id }: Delivery): Promise<boolean> {
    try {
      const ready = await this.#prepare(id);
      if (ready === null) return false;
      const { delivery, person } = ready;
      const address = person.contacts[delivery.contact]?.address ?? '';
      const outcome = await this.send(delivery.channel, address, ready.message);
      const isSent = outcome.state === 'sent' || outcome.state === 'delivered';
      // A send that the stop cut short is made again by the next start, under the same key.
      if (this.#stopper.signal.aborted && !isSent) return true;
      await this.#keep(ready, outcome);
      return true;
    } catch (error) {
      const { logger } = this.#options;
      this.#quiet('attempt', (suppressed) =>
        logger.warn({ error, suppressed }, 'a notification waits'),
      );
      return false;
    }
  }

  /** Sends now, with a deadline; what goes wrong is an outcome. */
  async send(channel: string, address: string, message: Message): Promise<SendOutcome> {
    const { channels, deadlineMs, clock } = this.#options;
    const deadline = new AbortController();
    const signal = AbortSignal.any([deadline.signal, this.#stopper.signal]);
    const outcome = await channels.send(channel, (opened) => {
      const sent = opened.send(address, message, signal);
      return withDeadline(sent, deadlineMs, () => {
        deadline.abort();
        return late(deadlineMs);
      });
    });
    const failed = 'reason' in outcome;
    (failed ? this.#count.failed : this.#count.sent).add(1, { channel });
    const answer = failed ? `${outcome.reason} ${outcome.answer}`.trim() : outcome.answer;
    const sentAt = failed ? this.last(channel).sentAt : clock.now();
    this.#last.set(channel, { sentAt, answer });
    return outcome;
  }

  /** What to send now; a delivery that must not be sent now is changed, and there is nothing. */
  #prepare(id: string): Promise<(Ready & { delivery: Delivery }) | null> {
    return this.#options.state.transaction(async (tx) => {
      const { planner } = this.#options;
      const delivery = await tx.outbox.get(id);
      const now = planner.now();
      if (delivery?.state !== 'waiting' || delivery.digest !== null) return null;
      const person = await tx.people.get(delivery.person);
      if (person === undefined || !person.active) {
        return this.#cancel(tx, delivery, 'the person is not called any more');
      }
      const told = await this.#stillTrue(tx, delivery);
      if (told.length === 0) return null;
      if (await this.#putOff(tx, { delivery, person, now })) return null;
      const moved = this.#onUsableContact(delivery, person);
      if (moved !== delivery) {
        await tx.outbox.save([moved]);
        return null;
      }
      const { texts } = this.#options;
      const { language } = person;
      const first = told[0];
      const message =
        delivery.event === 'digest' || first === undefined
          ? texts.digest(
              delivery,
              told.map(({ alert }) => alert),
              language,
            )
          : texts.news(delivery, first.alert, language);
      return { delivery, person, told, message };
    });
  }

  /** What the delivery can truly tell; what it cannot is cancelled, and itself with the last. */
  async #stillTrue(tx: Repositories, delivery: Delivery): Promise<Ready['told']> {
    const isDigest = delivery.event === 'digest';
    const items = isDigest ? await tx.outbox.carried(delivery.id) : [delivery];
    const told: Ready['told'] = [];
    for (const item of items) {
      const alert = item.alert === null ? undefined : await tx.alerts.get(item.alert);
      const reason = fault(item, alert) ?? (alert === undefined ? 'it was forgotten' : null);
      if (reason !== null || alert === undefined) await this.#cancel(tx, item, reason ?? '');
      else told.push({ item, alert });
    }
    if (isDigest && told.length === 0) await this.#cancel(tx, delivery, 'nothing is left to tell');
    return told;
  }

  async #cancel(tx: Repositories, delivery: Delivery, reason: string): Promise<null> {
    const finishedAt = this.#options.planner.now();
    const carried = delivery.event === 'digest' ? await tx.outbox.carried(delivery.id) : [];
    const all = [delivery, ...carried];
    await tx.outbox.save(all.map((one) => ({ ...one, state: 'cancelled', reason, finishedAt })));
    return null;
  }

  /** Whether it must wait: for the end of quiet hours, or because the hour is full. */
  async #putOff(
    tx: Repositories,
    { delivery, person, now }: { delivery: Delivery; person: Person; now: number },
  ): Promise<boolean> {
    const { planner, sendingTo } = this.#options;
    const { times } = planner;
    if (delivery.severity === 'critical') return false;
    // Its own time has come: now only the quiet hours count, which a retry may have run into.
    const { dueAt, held } = momentFor(person, 'warning', { now, times });
    if (dueAt > now) {
      await tx.outbox.save([{ ...delivery, dueAt, held }]);
      return true;
    }
    const sent = await tx.outbox.sentBetween(person.id, now - HOUR_MS, now);
    const { perHour } = person.policy;
    if (sent.length + sendingTo(person.id) - 1 < perHour) return false;
    const roomAt = (sent[sent.length - perHour] ?? now) + HOUR_MS;
    if (delivery.event === 'digest') {
      await tx.outbox.save([{ ...delivery, dueAt: roomAt, held: false }]);
      return true;
    }
    const moment = overflowMoment(person, { now, roomAt, times });
    await tx.outbox.save([await intoDigest(tx, person, { delivery, moment, planner })]);
    return true;
  }

  /** A person may have changed their contacts since. */
  #onUsableContact(delivery: Delivery, person: Person): Delivery {
    const { isReady } = this.#options.planner;
    const { severity, refused, contact } = delivery;
    const same = person.contacts[contact]?.channel === delivery.channel;
    if (same && !refused.includes(contact)) return delivery;
    const other = pickContact(person, severity, { isReady, refused });
    if (other !== undefined) {
      return { ...delivery, contact: other, channel: person.contacts[other]?.channel ?? '' };
    }
    const finishedAt = this.#options.planner.now();
    return { ...delivery, state: 'dead', reason: 'no contact is left', finishedAt };
  }

  async #keep(ready: Ready & { delivery: Delivery }, outcome: SendOutcome): Promise<void> {
    const { state, live, logger } = this.#options;
    for (;;) {
      try {
        const changed = await state.transaction((tx) => this.#finish(tx, ready, outcome));
        for (const alert of changed) live.publish({ type: 'alert', coop: alert.coop, data: alert });
        return;
      } catch (error) {
        const reason = describeError(error);
        this.#quiet('keep', (suppressed) =>
          logger.warn({ reason, suppressed }, 'what became of a notification could not be kept'),
        );
        await sleep(SAVE_AGAIN_MS, this.#stopper.signal);
        if (this.#stopper.signal.aborted) return;
      }
    }
  }

  /** Keeps the outcome with its entries on the alerts; answers the alerts that changed. */
  async #finish(
    tx: Repositories,
    { delivery, person, told }: Ready & { delivery: Delivery },
    outcome: SendOutcome,
  ): Promise<Alert[]> {
    const now = this.#options.planner.now();
    const stored = await tx.outbox.get(delivery.id);
    const failed = 'reason' in outcome;
    // Cancelled while it was under way: if it did arrive, that is what happened.
    if (stored === undefined || (stored.state !== 'waiting' && failed)) return [];
    const fresh = await tx.people.get(person.id);
    const after = afterAttempt(stored, outcome, { person: fresh, now });
    const rows = [after];
    const changed: Alert[] = [];
    if (after.state === 'waiting') {
      await tx.outbox.save(rows);
      return [];
    }
    if (after.state === 'dead') this.#count.dead.add(1, { channel: delivery.channel });
    for (const { item } of told) {
      const { state, channel, answer, reason, finishedAt } = after;
      if (item.id !== after.id) {
        rows.push({ ...item, state, channel, answer, reason, finishedAt });
      }
      const alert = item.alert === null ? undefined : await tx.alerts.get(item.alert);
      if (alert === undefined) continue;
      const entry = withEntry(alert, { delivery: after, who: person.name, at: now });
      if (entry !== null) changed.push(entry);
      const missedEnd = !failed && item.event !== 'ended' && alert.state === 'resolved';
      if (missedEnd) await this.#tellEnd(tx, { alert, person, since: stored.finishedAt ?? now });
    }
    await tx.outbox.save(rows);
    await tx.alerts.save(changed);
    if (delivery.event === 'digest') await this.#release(tx, delivery.id, now);
    return changed;
  }

  /** It ended while the message was under way: whoever gets it must hear that too, once. */
  async #tellEnd(
    tx: Repositories,
    { alert, person, since }: { alert: Alert; person: Person; since: number },
  ): Promise<void> {
    const filter = { alert: alert.id, person: person.id };
    const { items } = await tx.outbox.list(filter, { limit: RECENT_MAX });
    const isTold = items.some((one) => one.event === 'ended' && one.createdAt >= since);
    if (isTold) return;
    await this.#options.calls(tx).tellEnd(alert, this.#options.planner.now(), person.id);
  }

  /** What joined the digest while it was under way goes by itself. */
  async #release(tx: Repositories, digest: string, now: number): Promise<void> {
    const left = await tx.outbox.carried(digest);
    await tx.outbox.save(left.map((one) => ({ ...one, digest: null, dueAt: now, held: false })));
  }
}
