import { BackOff } from '../base/back-off.ts';
import type { Delivery, SendOutcome } from '../contracts/notify.ts';
import type { Person } from '../contracts/people.ts';
import { usableContacts } from './policy.ts';

/** The first retry comes quickly, for a connection that broke; later ones spare the provider. */
const BACK_OFF_FIRST_MS = 5_000;
const BACK_OFF_MAX_MS = 900_000;
/**
 * About 8 hours: 5, 10, 20 … 640 s, then 32 times up to 15 min. A village whose line is down for a
 * night is told in the morning; what is older helps nobody.
 */
export const ATTEMPTS_MAX = 40;
/** Failures of one contact before the person's next one is tried. */
const FAILURES_PER_CONTACT = 3;
/** A provider that says to come back later than that is asked again all the same. */
const AFTER_MS_MAX = 3_600_000;
/** What is kept of a provider's answer. */
const ANSWER_LENGTH_MAX = 500;

/** The delivery after an attempt: finished, or due again, perhaps by the person's next contact. */
export function afterAttempt(
  delivery: Delivery,
  outcome: SendOutcome,
  { person, now }: { person: Person | undefined; now: number },
): Delivery {
  const attempts = delivery.attempts + 1;
  const answer = outcome.answer.slice(0, ANSWER_LENGTH_MAX);
  const tried = { ...delivery, attempts, answer, held: false };
  if (!('reason' in outcome)) {
    return { ...tried, state: outcome.state, reason: null, finishedAt: now };
  }
  const reason = outcome.reason.slice(0, ANSWER_LENGTH_MAX);
  if (outcome.state === 'refused') {
    const refused = [...delivery.refused, delivery.contact];
    return nextContact(
      { ...tried, reason, refused },
      { person, now, afterMs: backOffMs(attempts) },
    );
  }
  if (attempts >= ATTEMPTS_MAX) return { ...tried, state: 'dead', reason, finishedAt: now };
  const afterMs = Math.max(backOffMs(attempts), Math.min(outcome.afterMs ?? 0, AFTER_MS_MAX));
  if (attempts % FAILURES_PER_CONTACT === 0) {
    return nextContact({ ...tried, reason }, { person, now, afterMs });
  }
  return { ...tried, reason, dueAt: now + afterMs };
}

function backOffMs(attempts: number): number {
  const first = Math.min(BACK_OFF_FIRST_MS * 2 ** (attempts - 1), BACK_OFF_MAX_MS);
  return Math.round(new BackOff(first, BACK_OFF_MAX_MS).after(undefined));
}

/** A contact not tried yet is tried at once; when all were, they begin anew after a while. */
function nextContact(
  delivery: Delivery,
  { person, now, afterMs }: { person: Person | undefined; now: number; afterMs: number },
): Delivery {
  const usable =
    person === undefined ? [] : usableContacts(person, delivery.severity, delivery.refused);
  const further = usable.find((index) => index > delivery.contact);
  const contact = further ?? usable[0];
  if (contact === undefined) return { ...delivery, state: 'dead', finishedAt: now };
  const channel = person?.contacts[contact]?.channel ?? '';
  return { ...delivery, contact, channel, dueAt: further === undefined ? now + afterMs : now };
}

/** The delivery as if it had just been called for, to be tried now. */
export function anew(delivery: Delivery, person: Person, now: number): Delivery {
  const contact = usableContacts(person, delivery.severity)[0] ?? 0;
  return {
    ...delivery,
    state: 'waiting',
    digest: null,
    dueAt: now,
    held: false,
    attempts: 0,
    contact,
    refused: [],
    channel: person.contacts[contact]?.channel ?? '',
    finishedAt: null,
  };
}
