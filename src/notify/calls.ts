import type { Alert, AlertNews } from '../contracts/alert.ts';
import type { Delivery, Escalation } from '../contracts/notify.ts';
import type { Duty, DutyInForce, Person } from '../contracts/people.ts';
import type { Repositories } from '../contracts/state.ts';
import { QUIETED } from './holds.ts';
import { type Planner, planCall } from './plan.ts';
import { atLeast, gravest, wants } from './policy.ts';

export interface CallsOptions {
  planner: Planner;
  /** An alert that nobody hears of. */
  nobody(alert: Alert): void;
}

/** Time to answer where a cooperative says nothing of its own. */
const WAIT_SECONDS = 900;
/** Times the last step is called again for a critical alert that nobody answers. */
export const REPEATS_MAX = 3;
const NOBODY: ReadonlySet<string> = new Set();
/** Most people of one cooperative that are read: a page of the state. */
const PEOPLE_MAX = 1_000;

/** Who is called; where a cooperative has not said so, all of its active people at once. */
export async function dutyInForce(
  { people }: Pick<Repositories, 'people'>,
  coop: string,
): Promise<DutyInForce> {
  const saved = await people.duty(coop);
  if (saved !== undefined) return { ...saved, saved: true };
  const { items } = await people.list({ coop }, { limit: PEOPLE_MAX });
  const active = items.filter((person) => person.active).map(({ id }) => id);
  const steps = [{ people: active, waitSeconds: WAIT_SECONDS }];
  return { coop, steps, escalateFrom: 'critical', saved: false };
}

/** Who is to be called for an alert, one step after the other. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #tx: Repositories;
  readonly #duties = new Map<string, Promise<Duty>>();
  readonly #people = new Map<string, Promise<Person | undefined>>();

  /** For one transaction: what it reads it reads once. */
  constructor(options: CallsOptions, tx: Repositories) {
    this.#options = options;
    this.#tx = tx;
  }

  async take(news: AlertNews): Promise<void> {
    const { event, alert } = news;
    if (event === 'ended') return this.#end(news);
    if (event === 'acknowledged' || event === 'shelved') return this.#quit(alert.id, event);
    return this.#begin(news);
  }

  /** Calls the next step of a ladder whose time has come, or ends it. */
  async climb(escalation: Escalation): Promise<void> {
    const { outbox, alerts } = this.#tx;
    const alert = await alerts.get(escalation.alert);
    const duty = await this.#duty(escalation.coop);
    // Whoever acknowledged or put it aside ended the ladder; what is quiet calls nobody.
    const isOver = alert === undefined || alert.state !== 'open' || alert.quiet !== null;
    if (isOver || !atLeast(alert.severity, duty.escalateFrom)) {
      return outbox.removeEscalation(escalation.alert);
    }
    const { event, since: at } = escalation;
    // Whom an earlier step is still trying to reach is not called twice.
    const waiting = await outbox.waiting(alert.id);
    const busy = new Set(waiting.map(({ person }) => person));
    const last = Math.max(0, duty.steps.length - 1);
    for (let step = escalation.step + 1; step <= last; step++) {
      const called = await this.#call({ event, alert, at }, duty, { step, asks: step, busy });
      if (called.length > 0) return this.#wait({ ...escalation, step }, duty, called);
    }
    const step = Math.max(escalation.step, last) + 1;
    if (alert.severity !== 'critical' || step - last > REPEATS_MAX) {
      return outbox.removeEscalation(alert.id);
    }
    let asks = last;
    while (asks > 0 && (await this.#willing(duty, asks, alert)).length === 0) asks--;
    const called = await this.#call({ event, alert, at }, duty, { step, asks, busy });
    return this.#wait({ ...escalation, step }, duty, called);
  }

  async #begin(news: AlertNews): Promise<void> {
    const { alert, event, at } = news;
    const { outbox } = this.#tx;
    const before = await outbox.waiting(alert.id);
    await outbox.removeEscalation(alert.id);
    const duty = await this.#duty(alert.coop);
    // News of an alert that is quiet already are a word about that, not a call.
    const climbs = atLeast(alert.severity, duty.escalateFrom) && alert.quiet === null;
    for (const step of duty.steps.keys()) {
      // Milder alerts reach the first step alone.
      if (step > 0 && !climbs) break;
      const called = await this.#call(news, duty, { step, asks: step });
      if (called.length === 0) continue;
      // What waited tells less than this; the same news again is the same row, and stays.
      const isOld = ({ id }: Delivery): boolean => called.every((one) => one.id !== id);
      await this.#cancel(before.filter(isOld), event);
      if (!climbs) return;
      const escalation = { alert: alert.id, coop: alert.coop, event, since: at, step, dueAt: 0 };
      return this.#wait(escalation, duty, called);
    }
    await this.#cancel(before, event);
    this.#options.nobody(alert);
  }

  /** Calls the people of a step who want to hear it, but for those who are busy. */
  async #call(
    { event, alert, at }: AlertNews,
    duty: Duty,
    { step, asks, busy = NOBODY }: { step: number; asks: number; busy?: ReadonlySet<string> },
  ): Promise<Delivery[]> {
    const { planner } = this.#options;
    const { severity } = alert;
    const called: Delivery[] = [];
    for (const person of await this.#willing(duty, asks, alert)) {
      if (busy.has(person.id)) continue;
      const call = { alert, event: alert.quiet === null ? event : QUIETED, at, step, severity };
      called.push(await planCall(this.#tx, person, { call, planner }));
    }
    return called;
  }

  async #willing({ steps }: Duty, step: number, alert: Alert): Promise<Person[]> {
    const ids = [...new Set(steps[step]?.people)];
    const people = await Promise.all(ids.map((id) => this.#person(id)));
    return people.filter(
      (person) => person !== undefined && wants(person, alert, alert.severity),
    ) as Person[];
  }

  /** The next step is called when the people of this one had their time, from when they hear it. */
  #wait(escalation: Escalation, { steps }: Duty, called: readonly Delivery[]): Promise<void> {
    const { planner } = this.#options;
    const heard = called.length === 0 ? planner.now() : Math.min(...called.map((one) => one.dueAt));
    const seconds = steps[Math.min(escalation.step, steps.length - 1)]?.waitSeconds;
    const dueAt = heard + (seconds ?? WAIT_SECONDS) * 1_000;
    return this.#tx.outbox.saveEscalation({ ...escalation, dueAt });
  }

  /** Tells those who were told that it began. */
  async #end({ alert, at }: AlertNews): Promise<void> {
    await this.#quit(alert.id, 'ended');
    for (const id of await this.#tx.outbox.told(alert.id)) await this.tellEnd(alert, at, id);
  }

  async tellEnd(alert: Alert, at: number, id: string): Promise<void> {
    const person = await this.#person(id);
    if (person === undefined || !person.active) return;
    // It comes as urgently as what it ends: who was woken may sleep again.
    const severity = gravest([alert.severity, ...alert.severities.map((step) => step.severity)]);
    const call = { alert, event: 'ended', at, step: 0, severity };
    await planCall(this.#tx, person, { call, planner: this.#options.planner });
  }

  async #quit(alert: string, reason: string): Promise<void> {
    const { outbox } = this.#tx;
    await this.#cancel(await outbox.waiting(alert), reason);
    await outbox.removeEscalation(alert);
  }

  #cancel(deliveries: readonly Delivery[], reason: string): Promise<void> {
    const finishedAt = this.#options.planner.now();
    const state = 'cancelled' as const;
    const cancelled = deliveries.map((one) => ({ ...one, state, reason, finishedAt }));
    return this.#tx.outbox.save(cancelled);
  }

  #duty(coop: string): Promise<Duty> {
    let duty = this.#duties.get(coop);
    if (duty === undefined) {
      duty = dutyInForce(this.#tx, coop);
      this.#duties.set(coop, duty);
    }
    return duty;
  }

  #person(id: string): Promise<Person | undefined> {
    let person = this.#people.get(id);
    if (person === undefined) {
      person = this.#tx.people.get(id);
      this.#people.set(id, person);
    }
    return person;
  }
}
