import type { AerationRepository } from './aeration.ts';
import type { Alert, AlertState, Maintenance } from './alert.ts';
import type { ActuatorRepository, AuditRepository, CommandRepository } from './command.ts';
import type { ForecastRepository } from './forecast.ts';
import type { Correction } from './history.ts';
import type { PlotRepository, ProgrammeRepository } from './irrigation.ts';
import type { OutboxRepository } from './notify.ts';
import type { Rejection } from './observation.ts';
import type { PersonRepository } from './people.ts';
import type { Rule, RuleVersion, Severity } from './rule.ts';
import type { SprayRepository } from './survey.ts';

export interface Coop {
  id: string;
  name: string;
}

/** A GeoJSON geometry, RFC 7946. */
export interface Geometry {
  type: string;
  coordinates: unknown;
}

export type SiteKind = 'pond' | 'field' | 'zone';

export interface Site {
  id: string;
  coop: string;
  kind: SiteKind;
  name: string;
  location: Geometry | null;
  areaHa: number | null;
  crop: string | null;
  species: string | null;
  /** Local day (`2026-11-22`) of stocking or sowing: crop days count from it. */
  startedOn: string | null;
}

export interface Device {
  id: string;
  coop: string;
  site: string | null;
  kind: string;
  name: string | null;
  /** Expected seconds between reports; null: the kind's own. */
  intervalSeconds: number | null;
  /** Words that rules may ask for; sorted, none twice. */
  tags: readonly string[];
  /** The device whose link this one's messages pass, when there is one: its silence explains ours. */
  gateway: string | null;
  /** ms since 1970; the clock of a device never seen starts here. */
  createdAt: number;
}

/** What is known of a device's connection. */
export interface Presence {
  device: string;
  /** Receive time of the last message of any topic, or null when it was never heard. */
  lastSeenAt: number | null;
  online: boolean;
  firmware: string | null;
}

/** What a device's reports taught of how often it reports. */
export interface LearnedInterval {
  device: string;
  /** Null while too little is known. */
  seconds: number | null;
  /** What it is learned from, as the learner wrote it. */
  spacings: string;
}

export type Role = 'viewer' | 'farmer' | 'agronomist' | 'operator' | 'administrator';

export interface ApiToken {
  id: string;
  name: string;
  role: Role;
  /** Null: all cooperatives. */
  coops: string[] | null;
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
}

/** A position in a list, for the next page; opaque outside. */
export interface Page {
  limit: number;
  after?: string;
}

export interface Paged<T> {
  items: T[];
  next: string | null;
}

/** Rows of these cooperatives only; absent means all. */
export interface CoopFilter {
  coops?: readonly string[];
}

export interface CoopRepository {
  list(filter: CoopFilter, page: Page): Promise<Paged<Coop>>;
  get(id: string): Promise<Coop | undefined>;
  /** Throws COOP_EXISTS. */
  create(coop: Coop): Promise<void>;
  update(id: string, change: Partial<Omit<Coop, 'id'>>): Promise<Coop | undefined>;
  /**
   * False when there was none. Throws COOP_IN_USE while it has sites or devices. Its programmes go
   * with it.
   */
  remove(id: string): Promise<boolean>;
}

export interface SiteRepository {
  list(filter: CoopFilter & { kind?: SiteKind }, page: Page): Promise<Paged<Site>>;
  get(id: string): Promise<Site | undefined>;
  /** Throws SITE_EXISTS or COOP_NOT_FOUND. */
  create(site: Site): Promise<void>;
  update(id: string, change: Partial<Omit<Site, 'id' | 'coop'>>): Promise<Site | undefined>;
  /**
   * Throws SITE_IN_USE while devices stand on it. Its plot, aeration plan, forecasts and emergency
   * stop go with it.
   */
  remove(id: string): Promise<boolean>;
}

export interface DeviceRepository {
  list(filter: CoopFilter & { site?: string; kind?: string }, page: Page): Promise<Paged<Device>>;
  get(id: string): Promise<Device | undefined>;
  /** Throws DEVICE_EXISTS, COOP_NOT_FOUND or SITE_NOT_FOUND (also for a site of another coop). */
  create(device: Device, secretHash: Uint8Array): Promise<void>;
  update(
    id: string,
    change: Partial<Pick<Device, 'site' | 'name' | 'intervalSeconds' | 'tags' | 'gateway'>>,
  ): Promise<Device | undefined>;
  /**
   * Adds a secret; the two newest stay valid, so that a device can be moved over. Throws
   * DEVICE_NOT_FOUND.
   */
  addSecret(id: string, secretHash: Uint8Array, at: number): Promise<void>;
  /**
   * Its actuator, what is known of it and its emergency stop go with it; commands and audit stay,
   * and its sequence goes on if the id comes back. Throws ACTUATOR_IN_USE while it feeds another.
   */
  remove(id: string): Promise<boolean>;
  /** Every device with the hashes of its valid secrets, for the registry. */
  credentials(): Promise<Array<{ device: Device; secretHashes: Uint8Array[] }>>;
}

export interface PresenceRepository {
  list(devices?: readonly string[]): Promise<Presence[]>;
  save(presences: readonly Presence[]): Promise<void>;
  learned(): Promise<LearnedInterval[]>;
  /** The registry offers them once they are committed. */
  saveLearned(learned: readonly LearnedInterval[]): Promise<void>;
}

export interface TokenRepository {
  list(): Promise<ApiToken[]>;
  /** Throws TOKEN_EXISTS when the id or the hash is taken. */
  create(token: ApiToken, hash: Uint8Array): Promise<void>;
  findByHash(hash: Uint8Array): Promise<ApiToken | undefined>;
  /** Its sessions end with it. */
  remove(id: string): Promise<boolean>;
  touch(id: string, at: number): Promise<void>;
}

/** A person's signed-in browser. */
export interface Session {
  id: string;
  name: string;
  role: Role;
  /** Null: all cooperatives. */
  coops: string[] | null;
  /** The token it was opened with and ends with; null when a sign-in code opened it. */
  token: string | null;
  createdAt: number;
  lastUsedAt: number;
  /** Moves on with use. */
  expiresAt: number;
  /** Beyond this no use prolongs it: the end of its token. Null: no such end. */
  endsAt: number | null;
}

export interface SessionRepository {
  list(): Promise<Session[]>;
  /** Throws TOKEN_NOT_FOUND when its token is gone. */
  create(session: Session, hash: Uint8Array): Promise<void>;
  findByHash(hash: Uint8Array): Promise<Session | undefined>;
  remove(id: string): Promise<boolean>;
  touch(id: string, at: number, expiresAt: number): Promise<void>;
  /** Keeps a one-time sign-in code. */
  saveCode(hash: Uint8Array, expiresAt: number): Promise<void>;
  /** Spends a code: true once, false when it is unknown, spent or older than `now`. */
  takeCode(hash: Uint8Array, now: number): Promise<boolean>;
  /** Forgets sessions and codes that ended before `now`. */
  removeExpired(now: number): Promise<void>;
}

export interface AlertFilter extends CoopFilter {
  states?: readonly AlertState[];
  site?: string;
  device?: string;
  devices?: readonly string[];
  rule?: string;
  severity?: Severity;
  /** Alerts that lasted at some time in [from, to), by event time. */
  from?: number;
  to?: number;
}

export interface AlertRepository {
  /** Newest onset first. */
  list(filter: AlertFilter, page: Page): Promise<Paged<Alert>>;
  get(id: string): Promise<Alert | undefined>;
  /** Inserts or replaces by id. */
  save(alerts: readonly Alert[]): Promise<void>;
  /** Forgets up to so many resolved alerts that ended before an instant; answers how many. */
  expire(before: number, most: number): Promise<number>;
}

/** What a rule remembers about one device between batches, as the engine wrote it. */
export interface RuleState {
  rule: string;
  device: string;
  body: string;
}

/** Who changes a rule, and when (ms). */
export interface RuleHand {
  by: string;
  at: number;
}

export interface RuleRepository {
  list(): Promise<Rule[]>;
  get(id: string): Promise<Rule | undefined>;
  /** With a hand the state it leaves is kept among the versions for ever, in one transaction. */
  save(rule: Rule, hand?: RuleHand): Promise<void>;
  /** With a hand the removal is kept among the versions, if there was something to remove. */
  remove(id: string, hand?: RuleHand): Promise<boolean>;
  /** Every state that was saved or taken back, newest first; also of a rule that is gone. */
  versions(id: string): Promise<RuleVersion[]>;
  states(): Promise<RuleState[]>;
  saveStates(states: readonly RuleState[]): Promise<void>;
  removeStates(rule: string, device?: string): Promise<void>;
}

/** Values received from one device in one local day, counted as they were decoded. */
export interface ReceivedCount {
  coop: string;
  device: string;
  day: string;
  /** Values, and one for each report refused as a whole. */
  received: number;
  rejected: number;
  /** Values of repeats recognised by sequence number. */
  repeated: number;
  /** Values that came with an unusable time and stand at their arrival. */
  clockFaults: number;
}

export interface LedgerRepository {
  /** Adds to the counts of (device, day). */
  count(counts: readonly ReceivedCount[]): Promise<void>;
  counts(fromDay: string, toDay: string, coops?: readonly string[]): Promise<ReceivedCount[]>;
  /** Those of one day of some devices, whatever cooperative they were of. */
  countsOf(devices: readonly string[], day: string): Promise<ReceivedCount[]>;
  /** Exactly once by (offset, index, part): one already kept is left as it is. */
  saveRejections(rejections: readonly Rejection[]): Promise<void>;
  /** Newest first. */
  rejections(
    filter: CoopFilter & { device?: string; from?: number; to?: number },
    page: Page,
  ): Promise<Paged<Rejection>>;
  /** Forgets about so many of the oldest rejections received before an instant; how many it was. */
  expireRejections(before: number, most: number): Promise<number>;
  /** The sequence keys a device's recent undated reports used, oldest first. */
  sequenceWindows(): Promise<Array<{ device: string; keys: string[] }>>;
  saveSequenceWindows(windows: ReadonlyArray<{ device: string; keys: string[] }>): Promise<void>;
  /** Places of reports recognised as repeats, so that every consumer leaves them out alike. */
  repeats(): Promise<Array<{ offset: number; index: number }>>;
  saveRepeats(repeats: ReadonlyArray<{ offset: number; index: number }>): Promise<void>;
  /** Forgets repeats below what every consumer has passed. */
  trimRepeats(below: number): Promise<void>;
}

export interface CorrectionFilter {
  devices?: readonly string[];
  metrics?: readonly string[];
}

export interface CorrectionRepository {
  /** The newest version of each that is not removed, oldest `at` of version 1 first. */
  current(filter?: CorrectionFilter): Promise<Correction[]>;
  /** All versions of one, oldest first; empty when there is none. */
  versions(id: string): Promise<Correction[]>;
  /** Throws CORRECTION_CONFLICT when that version is there already. */
  save(correction: Correction): Promise<void>;
}

/** A local day of one device whose rollups do not yet say what its points say. */
export interface DirtyDay {
  kind: string;
  device: string;
  /** `2026-11-22`, in the instance's time zone. */
  day: string;
}

export interface RollupRepository {
  dirty(): Promise<DirtyDay[]>;
  /** One that is marked already stays as it is. */
  mark(days: readonly DirtyDay[]): Promise<void>;
  clear(days: readonly DirtyDay[]): Promise<void>;
}

export interface CursorRepository {
  /** 0 for a consumer that never committed. */
  get(consumer: string): Promise<number>;
  set(consumer: string, offset: number): Promise<void>;
}

/** Setting: the identity of the series store whose rollups the dirty days tell of. */
export const ROLLUPS_IDENTITY = 'rollups-identity';

export interface SettingRepository {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

export interface MaintenanceRepository {
  /** What ends first comes first; `endsAfter` leaves out what is over by then. */
  list(filter: CoopFilter & { endsAfter?: number }, page: Page): Promise<Paged<Maintenance>>;
  get(id: string): Promise<Maintenance | undefined>;
  create(window: Maintenance): Promise<void>;
  remove(id: string): Promise<boolean>;
  /** Windows of a cooperative or its sites in which an instant lies. */
  at(coop: string, time: number): Promise<Maintenance[]>;
  /** Those in which an instant lies and whose beginning was not seen yet (`begin`). */
  beginning(time: number): Promise<Maintenance[]>;
  begin(id: string): Promise<void>;
  /** Moves those that have begun and end after `running`: the clock they were told by jumped. */
  move(running: number, byMs: number): Promise<void>;
  /** Forgets those that ended before an instant. */
  expire(before: number): Promise<void>;
}

/** Advice of a cooperative in place of a rule's own. */
export interface AdviceRepository {
  get(coop: string, rule: string): Promise<Rule['advice'] | undefined>;
  list(coop: string): Promise<Array<{ rule: string; advice: Rule['advice'] }>>;
  save(coop: string, rule: string, advice: Rule['advice']): Promise<void>;
  remove(coop: string, rule: string): Promise<boolean>;
}

/** A silence that lasts, as far as it takes to see which one explains another. */
export interface StandingSilence {
  alert: string;
  coop: string;
  device: string;
  /** The last word before it, and when it counted as silence. */
  since: number;
  onset: number;
  /** The device says nothing at all, not only one metric less. */
  whole: boolean;
  /** The alert that explains it now. */
  cause: string | null;
}

/** What the alert desk keeps beside the alerts. */
export interface DeskRepository {
  /** When an alert is to be looked at again, one time for each; null: not any more. */
  remind(alert: string, at: number | null): Promise<void>;
  /** Alerts to be looked at by then, the oldest first. */
  due(at: number, most: number): Promise<string[]>;
  reminders(): Promise<Array<{ alert: string; at: number }>>;
  saveSilence(silence: StandingSilence): Promise<void>;
  removeSilence(alert: string): Promise<void>;
  silences(coop: string): Promise<StandingSilence[]>;
}

export interface Repositories {
  coops: CoopRepository;
  sites: SiteRepository;
  devices: DeviceRepository;
  presence: PresenceRepository;
  tokens: TokenRepository;
  sessions: SessionRepository;
  alerts: AlertRepository;
  rules: RuleRepository;
  ledger: LedgerRepository;
  cursors: CursorRepository;
  settings: SettingRepository;
  corrections: CorrectionRepository;
  rollups: RollupRepository;
  sprays: SprayRepository;
  maintenance: MaintenanceRepository;
  advice: AdviceRepository;
  desk: DeskRepository;
  people: PersonRepository;
  outbox: OutboxRepository;
  commands: CommandRepository;
  actuators: ActuatorRepository;
  audit: AuditRepository;
  forecasts: ForecastRepository;
  plots: PlotRepository;
  programmes: ProgrammeRepository;
  aeration: AerationRepository;
}

/** Everything that is not a series and not a frame. Every method may throw STATE_UNAVAILABLE. */
export interface State extends Repositories {
  /** All of `work` commits, or none of it. Transactions run one after the other. */
  transaction<T>(work: (tx: Repositories) => Promise<T>): Promise<T>;
}
