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
  };
  devices: {
    id: string;
    coop: string;
    site: string | null;
    kind: string;
    name: string | null;
    interval_seconds: number | null;
    created_at: number;
  };
  device_secrets: { device: string; generation: number; hash: string; created_at: number };
  presence: {
    device: string;
    last_seen_at: number | null;
    online: number;
    firmware: string | null;
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
  rule_states: { rule: string; device: string; body: string };
  received_counts: {
    coop: string;
    device: string;
    day: string;
    received: number;
    rejected: number;
    repeated: number;
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
  dirty_days: { kind: string; device: string; day: string };
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
  'rule_states',
  'received_counts',
  'rejections',
  'sequence_windows',
  'repeats',
  'cursors',
  'settings',
  'corrections',
  'dirty_days',
  'store_ledgers',
  'store_places',
  'store_superseded',
  'store_counts',
];
