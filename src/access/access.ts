import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { AccessApi } from '../contracts/access.ts';
import type { Session, State } from '../contracts/state.ts';
import { allows } from './permissions.ts';
import { hashSecret, newSecret } from './secrets.ts';
import { createSessions, type SignInCode } from './sessions.ts';
import { createTokens } from './tokens.ts';

export interface AccessOptions {
  state: State;
  clock: Clock;
  logger: Logger;
}

export interface Access extends AccessApi {
  listSessions(): Promise<Session[]>;
  /** Ends a session by its id, for a lost phone. False when there was none. */
  removeSession(id: string): Promise<boolean>;
  /**
   * Makes SLUICE_ADMIN_TOKEN an administrator's token (or ends it when unset) and says whether any
   * administrator can sign in. Called once at the start. Throws ADMIN_TOKEN_TOO_SHORT.
   */
  ensureAdministrator(adminToken: string | undefined): Promise<boolean>;
  /** A one-time code, good for 30 minutes, that opens an administrator's session. */
  createSignInLink(): Promise<SignInCode>;
}

/** Who may do what: tokens, sessions, roles, and the secrets of devices. */
export function createAccess({ state, clock, logger }: AccessOptions): Access {
  const { createSignInCode, forgetToken, ...sessions } = createSessions({ state, clock, logger });
  const { followSetting, ...tokens } = createTokens({
    state,
    clock,
    logger,
    onRemoved: forgetToken,
  });

  return {
    ...tokens,
    ...sessions,
    allows,
    hashSecret,
    newDeviceSecret: newSecret,
    createSignInLink: createSignInCode,

    async ensureAdministrator(adminToken) {
      const now = clock.now();
      await state.sessions.removeExpired(now);
      await followSetting(adminToken);
      const known = [...(await state.tokens.list()), ...(await state.sessions.list())];
      return known.some(
        ({ role, coops, expiresAt }) =>
          role === 'administrator' && coops === null && (expiresAt === null || expiresAt > now),
      );
    },
  };
}
