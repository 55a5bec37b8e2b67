import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { AccessApi, NewToken } from '../contracts/access.ts';
import type { ApiToken, State } from '../contracts/state.ts';
import { newTokenText, SECRET_LENGTH_MIN, sha256 } from './secrets.ts';
import { type Credential, Verifier } from './verifier.ts';

/** The token whose text is the setting SLUICE_ADMIN_TOKEN. */
const ENVIRONMENT_ID = 'environment';

export interface TokensOptions {
  state: State;
  clock: Clock;
  logger: Logger;
  /** Called after a token is gone: its sessions are gone with it. */
  onRemoved: (id: string) => void;
}

export type Tokens = Pick<
  AccessApi,
  'verifyToken' | 'createToken' | 'listTokens' | 'removeToken'
> & {
  /** The setting's text becomes an administrator's token, or stops being one. */
  followSetting(text: string | undefined): Promise<void>;
};

/** API tokens: texts that speak for a program or a person, until they expire or are removed. */
export function createTokens({ state, clock, logger, onRemoved }: TokensOptions): Tokens {
  const verifier = new Verifier({
    clock,
    logger,
    async find(hash) {
      const token = await state.tokens.findByHash(hash);
      return token && credentialOf(token);
    },
    async touch({ id, expiresAt }, at) {
      await state.tokens.touch(id, at);
      return expiresAt;
    },
  });

  function forget(removed: string): void {
    verifier.forget(({ id }) => id === removed);
    onRemoved(removed);
  }

  return {
    verifyToken: (text) => verifier.verify(text),
    listTokens: () => state.tokens.list(),

    async createToken({ name, role, coops, expiresAt }) {
      const createdAt = clock.now();
      await assertSensible({ name, role, coops, expiresAt }, state, createdAt);
      const text = newTokenText();
      const token: ApiToken = {
        id: randomUUID(),
        name,
        role,
        coops: coops === null ? null : [...coops],
        createdAt,
        expiresAt,
        lastUsedAt: null,
      };
      await state.tokens.create(token, sha256(text));
      return { token, text };
    },

    async removeToken(id) {
      if (id === ENVIRONMENT_ID) {
        throw new AppError('TOKEN_FROM_SETTING', 'this token comes from SLUICE_ADMIN_TOKEN', {
          hint: 'Change or unset SLUICE_ADMIN_TOKEN and start again.',
        });
      }
      const removed = await state.tokens.remove(id);
      forget(id);
      return removed;
    },

    async followSetting(text) {
      if (text !== undefined && text.length < SECRET_LENGTH_MIN) {
        throw new AppError('ADMIN_TOKEN_TOO_SHORT', 'SLUICE_ADMIN_TOKEN is too easy to guess', {
          hint: `Give it at least ${SECRET_LENGTH_MIN} random characters.`,
          field: 'SLUICE_ADMIN_TOKEN',
        });
      }
      await state.transaction((tx) => followSetting(tx.tokens, text, clock.now()));
      forget(ENVIRONMENT_ID);
    },
  };
}

async function followSetting(
  tokens: State['tokens'],
  text: string | undefined,
  now: number,
): Promise<void> {
  if (text !== undefined) {
    const current = await tokens.findByHash(sha256(text));
    // Unchanged: removing it would end the sessions it opened.
    if (current?.id === ENVIRONMENT_ID) return;
  }
  await tokens.remove(ENVIRONMENT_ID);
  if (text === undefined) return;
  const token: ApiToken = {
    id: ENVIRONMENT_ID,
    name: 'administrator',
    role: 'administrator',
    coops: null,
    createdAt: now,
    expiresAt: null,
    lastUsedAt: null,
  };
  await tokens.create(token, sha256(text));
}

async function assertSensible(token: NewToken, state: State, now: number): Promise<void> {
  if (token.expiresAt !== null && token.expiresAt <= now) {
    throw new AppError('EXPIRY_PAST', 'the token would already have expired', {
      field: 'expiresAt',
    });
  }
  for (const coop of token.coops ?? []) {
    if ((await state.coops.get(coop)) !== undefined) continue;
    throw new AppError('COOP_NOT_FOUND', `there is no cooperative ${coop}`, { field: 'coops' });
  }
}

function credentialOf({ id, name, role, coops, expiresAt, lastUsedAt }: ApiToken): Credential {
  const principal = Object.freeze({ name, role, coops, token: id });
  return { id, principal, expiresAt, lastUsedAt };
}
