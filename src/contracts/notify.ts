import type { z } from 'zod';
import { AppError } from '../base/errors.ts';
import type { PartSetting } from '../base/part-settings.ts';
import type { AlertMessenger, AlertNews, AlertState } from './alert.ts';
import type { Language, Localized } from './localized.ts';
import type { DutyInForce } from './people.ts';
import type { Severity } from './rule.ts';
import type { CoopFilter, Page, Paged } from './state.ts';

/** What is said, ready to be sent: in the person's language, times local. */
export interface Message {
  /** The same for every attempt and every restart: receivers may tell a repeat by it. */
  key: string;
  severity: Severity;
  language: Language;
  /** The first 40 characters suffice to act. */
  title: string;
  /** Plain text: what, how bad, since when, what to do. */
  text: string;
  /** Where to read and answer it, or null when the page's address is not known. */
  url: string | null;
  /** The alerts it is about; none in a test message. */
  alerts: readonly MessageAlert[];
}

export interface MessageAlert {
  id: string;
  coop: string;
  site: string | null;
  device: string;
  rule: string;
  severity: Severity;
  state: AlertState;
  onset: number;
}

/**
 * What became of an attempt. `answer` is the provider's own word, without secrets, at most 500
 * characters. `retry` may work later, `refused` never will.
 */
export type SendOutcome =
  | { state: 'sent' | 'delivered'; answer: string; providerId?: string }
  | { state: 'retry'; answer: string; reason: string; afterMs?: number }
  | { state: 'refused'; answer: string; reason: string };

/** What a channel needs of the world. */
export interface ChannelContext {
  now(): number;
  /** Publishes on the embedded broker, for a siren at the pond. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
  /** Values a channel keeps over restarts: keys it made, tokens it renewed. */
  memory: {
    get(key: string): Promise<string | undefined>;
    set(key: string, value: string): Promise<void>;
  };
  /** One line for the operator; carries no secrets. */
  print(line: string): void;
}

/** An open channel: never throws for what a provider does; gives up at `signal`. */
export interface OpenChannel {
  send(address: string, message: Message, signal: AbortSignal): Promise<SendOutcome>;
  /** Key that browsers need to subscribe, of the one channel that sends to them. */
  publicKey?(): Promise<string>;
  close?(): Promise<void>;
}

/** A channel is a value, found by reading `src/notify/channels/`: one file each. */
export interface Channel<Settings extends z.ZodType = z.ZodType> {
  /** The file's name. */
  name: string;
  title: Localized;
  /** Settings `SLUICE_NOTIFY_<NAME>_<KEY>`; secret ones carry `.meta({ secret: true })`. */
  settings: Settings;
  /** Whether these settings suffice to send; a channel that needs none is always ready. */
  isReady(settings: z.output<Settings>): boolean;
  /** What is wrong with an address, in English, or null. */
  checkAddress(address: string): string | null;
  /** Attempts a minute the provider allows; further ones wait. */
  perMinute: number;
  open(settings: z.output<Settings>, context: ChannelContext): OpenChannel;
}

/** One setting of a channel as the configuration gave it. */
export type ChannelSetting = PartSetting;

const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Checks and freezes a channel. Throws CHANNEL_INVALID. */
export function defineChannel<Settings extends z.ZodType>(
  channel: Channel<Settings>,
): Channel<Settings> {
  if (!NAME.test(channel.name) || !(channel.perMinute > 0)) {
    throw new AppError('CHANNEL_INVALID', `channel ${channel.name} has no usable name or rate`);
  }
  return Object.freeze(channel);
}

/** `dead`: given up after all attempts; `cancelled`: no longer true before it was sent. */
export type DeliveryState = 'waiting' | 'sent' | 'delivered' | 'dead' | 'cancelled';

/**
 * One message to one person on its way: a row of the outbox. One that comes in a digest names the
 * digest's delivery and is never tried by itself.
 */
export interface Delivery {
  /** A hash of the alert, its news, the step and the person, so that a repeat is the same row. */
  id: string;
  coop: string;
  person: string;
  /** Null for a digest. */
  alert: string | null;
  /** What it tells of the alert, or `digest`. */
  event: string;
  /** As it stood when it was called for; of a digest, its gravest. */
  severity: Severity;
  /** Step of the ladder that called for it, from 0. */
  step: number;
  /** The delivery that carries it. */
  digest: string | null;
  state: DeliveryState;
  createdAt: number;
  /** When it is tried (again). */
  dueAt: number;
  /** It waits for a time of day: a clock that is put right does not move it. */
  held: boolean;
  attempts: number;
  /** Index of the person's contact that is tried, and those that refused for good. */
  contact: number;
  refused: readonly number[];
  /** Channel of that contact; empty when the person has none. */
  channel: string;
  /** What the provider said last, and why it did not work. */
  answer: string | null;
  reason: string | null;
  finishedAt: number | null;
}

export interface DeliveryFilter extends CoopFilter {
  states?: readonly DeliveryState[];
  person?: string;
  alert?: string;
}

/** What the ladder has still to do for one alert. */
export interface Escalation {
  alert: string;
  coop: string;
  /** The news that began it. */
  event: AlertNews['event'];
  since: number;
  /** Step called last, beyond the last one for its repeats, and when the next one is. */
  step: number;
  dueAt: number;
}

/** Waiting and given-up deliveries of one channel. */
export interface DeliveryCount {
  channel: string;
  state: DeliveryState;
  count: number;
}

export interface OutboxRepository {
  /** One that is there already stays as it is. */
  add(deliveries: readonly Delivery[]): Promise<void>;
  get(id: string): Promise<Delivery | undefined>;
  save(deliveries: readonly Delivery[]): Promise<void>;
  /** Waiting ones of a channel due by then: critical ones first, then the oldest. */
  due(channel: string, at: number, most: number): Promise<Delivery[]>;
  /** Names of the channels for which something waits. */
  channels(): Promise<string[]>;
  /** Waiting ones of an alert, those of a digest too. */
  waiting(alert: string): Promise<Delivery[]>;
  /** Those that a digest carries, waiting ones unless another state is named; the oldest first. */
  carried(digest: string, state?: DeliveryState): Promise<Delivery[]>;
  /** The digest that a person's next mild news of a cooperative goes into. */
  waitingDigest(person: string, coop: string): Promise<Delivery | undefined>;
  /** People who were told of an alert. */
  told(alert: string): Promise<string[]>;
  /** When messages that were not critical were sent to a person in (since, until], oldest first. */
  sentBetween(person: string, since: number, until: number): Promise<number[]>;
  /** Newest first. */
  list(filter: DeliveryFilter, page: Page): Promise<Paged<Delivery>>;
  /** Of waiting and dead ones. */
  counts(): Promise<DeliveryCount[]>;
  saveEscalation(escalation: Escalation): Promise<void>;
  removeEscalation(alert: string): Promise<void>;
  dueEscalations(at: number, most: number): Promise<Escalation[]>;
  /** Moves what waits for a span of time, not for a time of day; none beyond `latest`. */
  moveDue(byMs: number, latest: number): Promise<void>;
  /** Forgets finished ones older than an instant. */
  expire(before: number, most: number): Promise<number>;
}

/** A channel as the API and the command line show it. */
export interface ChannelStatus {
  name: string;
  title: Localized;
  ready: boolean;
  /** Settings that are missing or wrong, by name; never a value. */
  missing: string[];
  waiting: number;
  /** When it last worked, and the last answer. */
  lastSentAt: number | null;
  lastAnswer: string | null;
}

/** Delivers messages; see `AlertMessenger` for how they come to it. */
export interface Notifier extends AlertMessenger {
  channels(): ChannelStatus[];
  /** Sends at once, without the outbox; answers with the provider's own word. */
  test(channel: string, address: string, language: Language): Promise<SendOutcome>;
  /** Tries a dead or waiting delivery again now. Throws DELIVERY_NOT_FOUND, DELIVERY_OVER. */
  retry(id: string): Promise<Delivery>;
  /** Who is called for a cooperative's alerts now. */
  duty(coop: string): Promise<DutyInForce>;
  /** What is wrong with a contact's channel or address, in English, or null. */
  checkContact(contact: { channel: string; address: string }): string | null;
  /** Public key for browsers that subscribe to push, or null when that channel is not there. */
  pushKey(): Promise<string | null>;
}
