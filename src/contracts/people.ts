import type { Language } from './localized.ts';
import type { Severity } from './rule.ts';
import type { Page, Paged } from './state.ts';

/** One way to reach a person. */
export interface Contact {
  /** Name of a channel. */
  channel: string;
  /** As the channel has it: a mail address, a chat id, a phone number, a subscription. */
  address: string;
  /** Least severity this way is used for; everything the person wants without it. */
  from?: Severity;
}

/** What a person wants to hear, and when; times of day are local. */
export interface NotifyPolicy {
  minimum: Severity;
  /** Null: every site of the person's cooperatives. */
  sites: string[] | null;
  /** `22:00` to `05:00`: only critical alerts then; the rest waits for the end. */
  quietHours: { from: string; to: string } | null;
  /** When what is not urgent comes, in one message; null: each at once. */
  digestAt: string | null;
  /** Messages in any hour; critical ones do not count. */
  perHour: number;
}

export interface Person {
  id: string;
  name: string;
  coops: string[];
  language: Language;
  /** In the order they are tried. */
  contacts: Contact[];
  policy: NotifyPolicy;
  active: boolean;
  createdAt: number;
}

/** Who is called for a cooperative's alerts, one step after the other until somebody answers. */
export interface Duty {
  coop: string;
  steps: Array<{
    people: string[];
    /** Time to answer before the next step is called. */
    waitSeconds: number;
  }>;
  /** Least severity that climbs the ladder; milder alerts reach the first step alone. */
  escalateFrom: Severity;
}

/** The duty in force; one that nobody saved calls everybody at once. */
export interface DutyInForce extends Duty {
  saved: boolean;
}

export interface PersonFilter {
  /** People all of whose cooperatives are among these. */
  within?: readonly string[];
  /** People of this cooperative. */
  coop?: string;
}

export interface PersonRepository {
  list(filter: PersonFilter, page: Page): Promise<Paged<Person>>;
  get(id: string): Promise<Person | undefined>;
  /** Inserts or replaces by id. */
  save(person: Person): Promise<void>;
  /** False when there was none. Throws PERSON_ON_DUTY while a ladder calls them. */
  remove(id: string): Promise<boolean>;
  duty(coop: string): Promise<Duty | undefined>;
  saveDuty(duty: Duty): Promise<void>;
}
