import type { ApiToken, Role } from './state.ts';

/** Who is asking, as far as rights go. */
export interface Principal {
  /** The person's or token's name, as it stands in timelines and logs. */
  name: string;
  role: Role;
  /** Null: all cooperatives. */
  coops: readonly string[] | null;
  /** Id of the API token that vouches for it: a session opened by it ends with it. */
  token?: string;
}

/**
 * What a role may do, from the harmless to the grave. Each role may do what the one before it may:
 * viewer `read`; farmer `answer-alerts`, `record-field-work` and `stop-devices`; agronomist
 * `resolve-alerts`, `correct-values`, `edit-rules`, `command-devices` and `edit-programmes`; operator
 * `manage-sites`, `manage-devices`, `manage-actuators`, `manage-maintenance` and `manage-people`;
 * administrator `manage-coops`, `manage-tokens` and
 * `manage-backups`.
 */
export const ACTIONS = [
  'read',
  'answer-alerts',
  'record-field-work',
  'stop-devices',
  'resolve-alerts',
  'correct-values',
  'edit-rules',
  'command-devices',
  'edit-programmes',
  'manage-sites',
  'manage-devices',
  'manage-actuators',
  'manage-maintenance',
  'manage-people',
  'manage-coops',
  'manage-tokens',
  'manage-backups',
] as const;
export type Action = (typeof ACTIONS)[number];

export interface NewToken {
  name: string;
  role: Role;
  /** Null: all cooperatives. */
  coops: readonly string[] | null;
  expiresAt: number | null;
}

export interface NewSession {
  /** The cookie's value; a random text that says nothing. */
  cookie: string;
  expiresAt: number;
}

/** People, programs and their rights, as the API needs them. */
export interface AccessApi {
  /** Undefined for a token that is unknown, expired or removed. */
  verifyToken(text: string): Promise<Principal | undefined>;
  verifySession(cookie: string): Promise<Principal | undefined>;
  openSession(principal: Principal): Promise<NewSession>;
  closeSession(cookie: string): Promise<void>;
  /** Spends a one-time sign-in code; undefined when it is unknown, spent or too old. */
  exchangeSignInCode(code: string): Promise<Principal | undefined>;
  /** The text is shown once; only its hash is kept. */
  createToken(token: NewToken): Promise<{ token: ApiToken; text: string }>;
  listTokens(): Promise<ApiToken[]>;
  /** False when there was none. Its sessions end with it. */
  removeToken(id: string): Promise<boolean>;
  /** A new device secret of 32 random bytes, as text. */
  newDeviceSecret(): string;
  /** SHA-256 of a secret, as it is stored. */
  hashSecret(text: string): Uint8Array;
  allows(principal: Principal, action: Action): boolean;
}
