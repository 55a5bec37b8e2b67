import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { AccessApi, Principal } from '../contracts/access.ts';
import type { Session, State } from '../contracts/state.ts';
import { newSecret, sha256 } from './secrets.ts';
import { type Credential, Verifier } from './verifier.ts';

/** A phone that is not used for a month asks again; daily use never does. */
const IDLE_MS = 30 * 24 * 3_600_000;
/** Long enough to walk from the terminal to the browser. */
const SIGN_IN_CODE_MS = 30 * 60_000;

export interface SignInCode {
  /** Shown once; only its hash is kept. */
  code: string;
  expiresAt: number;
}

export type Sessions = Pick<
  AccessApi,
  'verifySession' | 'openSession' | 'closeSession' | 'exchangeSignInCode'
> & {
  listSessions(): Promise<Session[]>;
  /** Ends another person's session, for a lost phone. False when there was none. */
  removeSession(id: string): Promise<boolean>;
  createSignInCode(): Promise<SignInCode>;
  /** The token is gone, and the state has removed its sessions. */
  forgetToken(token: string): void;
};

/** Whoever spends a sign-in code holds the machine's terminal, and with it everything. */
const TERMINAL: Principal = Object.freeze({
  name: 'administrator',
  role: 'administrator',
  coops: null,
});

/** Signed-in browsers. They outlive a restart and end by hand, by idling or with their token. */
export function createSessions(options: { state: State; clock: Clock; logger: Logger }): Sessions {
  const { state, clock, logger } = options;
  const verifier = new Verifier({
    clock,
    logger,
    async find(hash) {
      const session = await state.sessions.findByHash(hash);
      return session && credentialOf(session);
    },
    async touch(credential, at) {
      const { id, endsAt } = credential as SessionCredential;
      const expiresAt = expiryAfter(at, endsAt);
      await state.sessions.touch(id, at, expiresAt);
      return expiresAt;
    },
  });

  async function removeSession(id: string): Promise<boolean> {
    const removed = await state.sessions.remove(id);
    verifier.forget((credential) => credential.id === id);
    return removed;
  }

  return {
    removeSession,
    verifySession: (cookie) => verifier.verify(cookie),
    listSessions: () => state.sessions.list(),
    forgetToken: (token) => verifier.forget(({ principal }) => principal.token === token),

    async openSession(principal) {
      const now = clock.now();
      const token = principal.token ?? null;
      const endsAt = token === null ? null : await tokenExpiry(state, token);
      const expiresAt = expiryAfter(now, endsAt);
      const cookie = newSecret();
      const session: Session = {
        id: randomUUID(),
        name: principal.name,
        role: principal.role,
        coops: principal.coops === null ? null : [...principal.coops],
        token,
        createdAt: now,
        lastUsedAt: now,
        expiresAt,
        endsAt,
      };
      await state.sessions.create(session, sha256(cookie));
      return { cookie, expiresAt };
    },

    async closeSession(cookie) {
      const session = await state.sessions.findByHash(sha256(cookie));
      if (session !== undefined) await removeSession(session.id);
    },

    async createSignInCode() {
      const code = newSecret();
      const expiresAt = clock.now() + SIGN_IN_CODE_MS;
      await state.sessions.saveCode(sha256(code), expiresAt);
      return { code, expiresAt };
    },

    async exchangeSignInCode(code) {
      const taken = await state.sessions.takeCode(sha256(code), clock.now());
      return taken ? TERMINAL : undefined;
    },
  };
}

interface SessionCredential extends Credential {
  endsAt: number | null;
}

function credentialOf(session: Session): SessionCredential {
  const { id, name, role, coops, token, expiresAt, lastUsedAt, endsAt } = session;
  const principal = Object.freeze({ name, role, coops, ...(token !== null && { token }) });
  return { id, principal, expiresAt, lastUsedAt, endsAt };
}

function expiryAfter(use: number, endsAt: number | null): number {
  return Math.min(use + IDLE_MS, endsAt ?? Number.POSITIVE_INFINITY);
}

async function tokenExpiry(state: State, id: string): Promise<number | null> {
  const tokens = await state.tokens.list();
  return tokens.find((token) => token.id === id)?.expiresAt ?? null;
}
