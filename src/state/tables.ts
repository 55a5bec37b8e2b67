/**
 * The rows as they are stored, for every dialect alike: text, numbers and null. Times are ms since
 * 1970, truth is 0 or 1, hashes are base64url, structures are JSON.
 */
export interface Tables {
  coops: { id: string; name: string };
  sites: {
    id: string;
    coop: string;
    kind: string;
    name: string;
    location: string | null;
    area_ha: number | null;
    crop: string | null;
    species: string | null;
    started_on: string | null;
  };
  devices: {
    id: string;
    coop: string;
    site: string | null;
    kind: string;
    name: string | null;
    interval_seconds: number | null;
    tags: string;
    gateway: string | null;
    created_at: number;
  };
  device_secrets: { device: string; generation: number; hash: string; created_at: number };
  presence: {
    device: string;
    last_seen_at: number | null;
    online: number;
    firmware: string | null;
    learned_seconds: number | null;
    spacings: string | null;
  };
  tokens: {
    id: string;
    hash: string;
    name: string;
    role: string;
    coops: string | null;
    created_at: number;
    expires_at: number | null;
    last_used_at: number | null;
  };
  sessions: {
    id: string;
    hash: string;
    name: string;
    role: string;
    coops: string | null;
    token: string | null;
    created_at: number;
    last_used_at: number;
    expires_at: number;
    ends_at: number | null;
  };
  sign_in_codes: { hash: string; expires_at: number };
  alerts: {
    id: string;
    rule: string;
    coop: string;
    site: string | null;
    device: string;
    severity: string;
    state: string;
    onset: number;
    ended_at: number | null;
    body: string;
  };
  rules: { id: string; body: string };
  /** In the order they were saved, counted from 1 for each rule. */
  rule_versions: {
    rule: string;
    place: number;
    saved_at: number;
    saved_by: string;
    removed: number;
    body: string;
  };
  rule_states: { rule: string; device: string; body: string };
  received_counts: {
    coop: string;
    device: string;
    day: string;
    received: number;
    rejected: number;
    repeated: number;
    clock_faults: number;
  };
  rejections: {
    frame_offset: number;
    report_index: number;
    part: number;
    coop: string;
    device: string;
    received_at: number;
    body: string;
  };
  sequence_windows: { device: string; keys: string };
  repeats: { frame_offset: number; report_index: number };
  cursors: { consumer: string; frame_offset: number };
  settings: { name: string; value: string };
  corrections: {
    id: string;
    version: number;
    device: string;
    metric: string;
    recorded_at: number;
    removed: number;
    body: string;
  };
  sprays: { id: string; coop: string; site: string; done_at: number; body: string };
  spray_baselines: { site: string; from_day: string; coop: string; body: string };
  dirty_days: { kind: string; device: string; day: string };
  maintenance: {
    id: string;
    coop: string;
    site: string | null;
    starts_at: number;
    ends_at: number;
    begun: number;
    reason: string;
    who: string;
  };
  advice: { coop: string; rule: string; body: string };
  alert_reminders: { alert: string; due_at: number };
  alert_silences: {
    alert: string;
    coop: string;
    device: string;
    since: number;
    onset: number;
    whole: number;
    cause: string | null;
  };
  store_ledgers: { store: string; identity: string | null; cursor: number; plan: string | null };
  /** A place without a site has an empty text there, which no site's id is. */
  store_places: StorePlaceKey & { newest: number };
  store_superseded: StorePlaceKey & { metric: string; observed_at: number };
  store_counts: {
    store: string;
    day: string;
    device: string;
    coop: string;
    stored: number;
    duplicate: number;
  };
  people: { id: string; body: string };
  person_coops: { person: string; coop: string };
  duties: { coop: string; body: string };
  deliveries: {
    id: string;
    coop: string;
    person: string;
    alert: string | null;
    event: string;
    severity: string;
    step: number;
    digest: string | null;
    state: string;
    created_at: number;
    due_at: number;
    held: number;
    attempts: number;
    contact: number;
    refused: string;
    channel: string;
    answer: string | null;
    reason: string | null;
    finished_at: number | null;
  };
  escalations: {
    alert: string;
    coop: string;
    event: string;
    since: number;
    step: number;
    due_at: number;
  };
  /** `open` while something is still to come of it. */
  commands: {
    id: string;
    device: string;
    coop: string;
    site: string | null;
    state: string;
    source: string;
    sequence: number;
    open: number;
    created_at: number;
    body: string;
  };
  /** Cooperative and site are those of the device. */
  actuators: { device: string; supply: string | null; body: string };
  /** They outlast the device for its sequence; without a body when another came with its id. */
  actuator_states: { device: string; sequence: number; body: string | null };
  emergency_stops: {
    scope: string;
    coop: string;
    stopped_at: number;
    stopped_by: string;
    why: string | null;
  };
  audit: {
    number: number;
    at: number;
    coop: string | null;
    who: string;
    subject: string;
    body: string;
  };
  programmes: { id: string; coop: string; decided_at: number | null; body: string };
  programme_runs: { programme: string; starts_at: number; open: number; body: string };
  plots: { site: string; coop: string; body: string };
  balance_rows: { site: string; day: string; body: string };
  aeration_plans: { site: string; coop: string; body: string };
  forecasts: { site: string; taken_at: number; body: string };
}

interface StorePlaceKey {
  store: string;
  kind: string;
  device: string;
  coop: string;
  site: string;
}

/** Every table, each after those it refers to. */
export const TABLE_ORDER: readonly (keyof Tables)[] = [
  'coops',
  'sites',
  'devices',
  'device_secrets',
  'presence',
  'tokens',
  'sessions',
  'sign_in_codes',
  'alerts',
  'rules',
  'rule_versions',
  'rule_states',
  'received_counts',
  'rejections',
  'sequence_windows',
  'repeats',
  'cursors',
  'settings',
  'corrections',
  'dirty_days',
  'sprays',
  'spray_baselines',
  'maintenance',
  'advice',
  'alert_reminders',
  'alert_silences',
  'store_ledgers',
  'store_places',
  'store_superseded',
  'store_counts',
  'people',
  'person_coops',
  'duties',
  'deliveries',
  'escalations',
  'commands',
  'actuators',
  'actuator_states',
  'emergency_stops',
  'audit',
  'programmes',
  'programme_runs',
  'plots',
  'balance_rows',
  'aeration_plans',
  'forecasts',
];
