import { createHash } from 'node:crypto';
import type { Alert } from '../contracts/alert.ts';
import type { Delivery } from '../contracts/notify.ts';
import type { Person } from '../contracts/people.ts';
import type { Severity } from '../contracts/rule.ts';
import type { Repositories } from '../contracts/state.ts';
import type { LocalTimes } from './local-times.ts';
import { gravest, type Moment, momentFor, usableContacts } from './policy.ts';

/** What a plan looks at. */
export interface Planner {
  now(): number;
  times: LocalTimes;
  /** Whether a channel can send now. */
  isReady(channel: string): boolean;
}

/** News of an alert to one person. */
export interface Call {
  alert: Alert;
  event: string;
  /** When the news came to be; with the event and the alert it names it, whatever the revision. */
  at: number;
  step: number;
  severity: Severity;
}

/** 128 bits: no two ever meet by chance. */
const ID_LENGTH = 32;

function idOf(...parts: ReadonlyArray<string | number>): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, ID_LENGTH);
}

/** A person's first way for a severity whose channel can send, else the first at all. */
export function pickContact(
  person: Person,
  severity: Severity,
  { isReady, refused = [] }: Pick<Planner, 'isReady'> & { refused?: readonly number[] },
): number | undefined {
  const usable = usableContacts(person, severity, refused);
  const channelOf = (index: number): string => person.contacts[index]?.channel ?? '';
  return usable.find((index) => isReady(channelOf(index))) ?? usable[0];
}

interface Start {
  id: string;
  coop: string;
  alert: string | null;
  event: string;
  severity: Severity;
  step: number;
}

function begin(person: Person, start: Start, moment: Moment, planner: Planner): Delivery {
  const contact = pickContact(person, start.severity, planner) ?? 0;
  return {
    ...start,
    person: person.id,
    digest: null,
    state: 'waiting',
    createdAt: planner.now(),
    dueAt: moment.dueAt,
    held: moment.held,
    attempts: 0,
    contact,
    refused: [],
    channel: person.contacts[contact]?.channel ?? '',
    answer: null,
    reason: null,
    finishedAt: null,
  };
}

/** The rows that tell a person: one, and the digest that carries it where there is none yet. */
export async function planCall(
  tx: Pick<Repositories, 'outbox'>,
  person: Person,
  { call, planner }: { call: Call; planner: Planner },
): Promise<Delivery> {
  const { alert, event, at, step, severity } = call;
  // An alert begins once, whenever it is told again.
  const occurrence = event === 'raised' ? 0 : at;
  const id = idOf(alert.id, event, occurrence, step, person.id);
  const moment = momentFor(person, severity, { now: planner.now(), times: planner.times });
  const start = { id, coop: alert.coop, alert: alert.id, event, severity, step };
  const delivery = begin(person, start, moment, planner);
  const row = moment.digest
    ? await intoDigest(tx, person, { delivery, moment, planner })
    : delivery;
  await tx.outbox.add([row]);
  return row;
}

/** The delivery as part of the person's next digest, which is made when there is none. */
export async function intoDigest(
  tx: Pick<Repositories, 'outbox'>,
  person: Person,
  { delivery, moment, planner }: { delivery: Delivery; moment: Moment; planner: Planner },
): Promise<Delivery> {
  const { coop, severity } = delivery;
  const waiting = await tx.outbox.waitingDigest(person.id, coop);
  if (waiting !== undefined) {
    const digest = {
      ...waiting,
      severity: gravest([waiting.severity, severity]),
      dueAt: Math.min(waiting.dueAt, moment.dueAt),
    };
    await tx.outbox.save([digest]);
    return { ...delivery, digest: waiting.id };
  }
  const id = idOf('digest', person.id, coop, planner.now(), moment.dueAt);
  const start = { id, coop, alert: null, event: 'digest', severity, step: 0 };
  await tx.outbox.add([begin(person, start, moment, planner)]);
  return { ...delivery, digest: id };
}
