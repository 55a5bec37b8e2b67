import type { FastifyRequest } from 'fastify';
import type { AccessApi, Action, Principal } from '../contracts/access.ts';
import type { Localized } from '../contracts/localized.ts';
import type { FailedAttempts } from './attempts.ts';
import type { Caller } from './context.ts';
import { isSameOrigin } from './hosts.ts';
import { ApiError, notFound } from './problems.ts';

/** Holds a random text that stands for the session; the page cannot read it. */
export const SESSION_COOKIE = 'sluice_session';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const TOKEN_REQUIRED: Localized = {
  vi: 'Hãy đăng nhập, hoặc gửi “Authorization: Bearer <mã truy cập>”.',
  en: 'Sign in, or send "Authorization: Bearer <token>".',
  fr: 'Connectez-vous, ou envoyez « Authorization: Bearer <jeton> ».',
};

const TOKEN_INVALID: Localized = {
  vi: 'Mã truy cập hoặc phiên này không đúng, đã hết hạn hoặc đã bị thu hồi.',
  en: 'This token or session is unknown, has expired or was removed.',
  fr: 'Ce jeton ou cette session est inconnu, expiré ou révoqué.',
};

const ORIGIN_FORBIDDEN: Localized = {
  vi: 'Thay đổi bằng phiên đăng nhập chỉ được gửi từ chính trang này. Chương trình hãy dùng mã truy cập.',
  en: 'Changes made with a session must come from this server’s own page. Programs use a token.',
  fr: 'Les changements faits avec une session doivent venir de notre page. Un programme utilise un jeton.',
};

export interface Authenticator {
  /** Finds who is asking, or throws 401, 403 or 429. */
  authenticate(request: FastifyRequest): Promise<Caller>;
  /** Throws 429 when this address failed too often; before a code is tried. */
  checkAttempts(address: string): void;
  /** Counts a failure; throws 429 when it was one too many. */
  recordFailure(address: string): void;
}

/**
 * A good token always passes: failures are counted by address and only make the next failure wait,
 * so that nobody behind the same router can lock a neighbour out.
 */
export function createAuthenticator(access: AccessApi, attempts: FailedAttempts): Authenticator {
  function checkAttempts(address: string): void {
    const seconds = attempts.waitSeconds(address);
    if (seconds > 0) throw rateLimited(seconds);
  }

  function recordFailure(address: string): void {
    attempts.record(address);
    checkAttempts(address);
  }

  async function authenticate(request: FastifyRequest): Promise<Caller> {
    const token = bearerToken(request.headers.authorization);
    if (token !== undefined) {
      return callerOf({ session: null, verify: () => access.verifyToken(token) }, request.ip);
    }
    const cookie = request.cookies[SESSION_COOKIE];
    if (cookie === undefined || cookie === '') throw unauthorized('TOKEN_REQUIRED', TOKEN_REQUIRED);
    requireOwnPage(request);
    return callerOf({ session: cookie, verify: () => access.verifySession(cookie) }, request.ip);
  }

  async function callerOf(
    claim: { session: string | null; verify: () => Promise<Principal | undefined> },
    address: string,
  ): Promise<Caller> {
    const principal = await claim.verify();
    if (principal === undefined) {
      recordFailure(address);
      throw unauthorized('TOKEN_INVALID', TOKEN_INVALID);
    }
    return {
      principal,
      session: claim.session,
      stillValid: async () => (await claim.verify()) !== undefined,
    };
  }

  return { authenticate, checkAttempts, recordFailure };
}

function bearerToken(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const match = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header);
  if (match?.[1] === undefined) throw unauthorized('TOKEN_INVALID', TOKEN_INVALID);
  return match[1];
}

/** SameSite=Strict already keeps other sites' requests away; this holds where that fails. */
export function requireOwnPage(request: FastifyRequest): void {
  if (SAFE_METHODS.has(request.method) || isSameOrigin(request.headers)) return;
  throw new ApiError('ORIGIN_FORBIDDEN', ORIGIN_FORBIDDEN);
}

export function unauthorized(code: string, detail: Localized): ApiError {
  return new ApiError(code, detail, { headers: { 'www-authenticate': 'Bearer realm="sluice"' } });
}

export function rateLimited(seconds: number): ApiError {
  return new ApiError(
    'RATE_LIMITED',
    {
      vi: `Quá nhiều lần thử. Hãy thử lại sau ${seconds} giây.`,
      en: `Too many attempts. Try again in ${seconds} seconds.`,
      fr: `Trop de tentatives. Réessayez dans ${seconds} secondes.`,
    },
    { headers: { 'retry-after': String(seconds) } },
  );
}

export function forbidden(principal: Principal): ApiError {
  return new ApiError('ROLE_INSUFFICIENT', {
    vi: `Vai trò “${principal.role}” không được làm việc này.`,
    en: `The role "${principal.role}" may not do this.`,
    fr: `Le rôle « ${principal.role} » ne permet pas cela.`,
  });
}

/** Throws 403 when the caller's role does not reach so far. */
export function requireAction(access: AccessApi, principal: Principal, action: Action): void {
  if (!access.allows(principal, action)) throw forbidden(principal);
}

/** The caller a route of `/api/v1` may count on. */
export function principalOf(request: Pick<FastifyRequest, 'caller'>): Principal {
  if (request.caller === null) throw unauthorized('TOKEN_REQUIRED', TOKEN_REQUIRED);
  return request.caller.principal;
}

/** Whether the caller may see things of this cooperative. */
export function sees(principal: Principal, coop: string): boolean {
  return principal.coops === null || principal.coops.includes(coop);
}

/**
 * The cooperatives a list is narrowed to: those asked for, or all the caller may see. Asking for
 * one that the caller may not see answers 404, as if it were not there.
 */
export function coopFilter(
  principal: Principal,
  asked?: readonly string[],
): { coops?: readonly string[] } {
  for (const coop of asked ?? []) if (!sees(principal, coop)) throw notFound('COOP', coop);
  const coops = asked ?? principal.coops;
  return coops === null ? {} : { coops };
}
