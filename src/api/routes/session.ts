import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { instantSchema } from '../../../schemas/common.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Localized } from '../../contracts/localized.ts';
import {
  type Authenticator,
  principalOf,
  requireOwnPage,
  SESSION_COOKIE,
  unauthorized,
} from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const ROLES = ['viewer', 'farmer', 'agronomist', 'operator', 'administrator'] as const;

const whoSchema = z
  .object({
    name: z.string(),
    role: z.enum(ROLES),
    coops: z.array(z.string()).nullable().describe('Null: all cooperatives.'),
  })
  .meta({ id: 'Principal' });

const credential = z.string().min(1).max(512);
const signInSchema = z.union([
  z.strictObject({ token: credential }),
  z.strictObject({ code: credential.describe('One-time code of a sign-in link.') }),
]);

const SIGN_IN_REFUSED: Localized = {
  vi: 'Mã này không đúng, đã dùng rồi hoặc đã hết hạn. Hãy xin một đường dẫn mới.',
  en: 'This code or token is unknown, used or too old. Ask for a new link.',
  fr: 'Ce code ou jeton est inconnu, déjà utilisé ou périmé. Demandez un nouveau lien.',
};

const present = ({ name, role, coops }: Principal): z.output<typeof whoSchema> => ({
  name,
  role,
  coops: coops === null ? null : [...coops],
});

/** Opens sessions; what comes before it has been shown to be who it says. */
export interface SignIn {
  withCode(request: FastifyRequest, reply: FastifyReply, code: string): Promise<SignedIn>;
  withToken(request: FastifyRequest, reply: FastifyReply, token: string): Promise<SignedIn>;
}

interface SignedIn {
  principal: Principal;
  expiresAt: number;
}

export function createSignIn(options: ApiOptions, authenticator: Authenticator): SignIn {
  const { access, clock } = options;

  async function open(
    request: FastifyRequest,
    reply: FastifyReply,
    principal: Principal | undefined,
  ): Promise<SignedIn> {
    if (principal === undefined) {
      authenticator.recordFailure(request.ip);
      throw unauthorized('SIGN_IN_REFUSED', SIGN_IN_REFUSED);
    }
    const { cookie, expiresAt } = await access.openSession(principal);
    reply.setCookie(SESSION_COOKIE, cookie, {
      ...cookieScope(request),
      maxAge: Math.max(0, Math.floor((expiresAt - clock.now()) / 1_000)),
    });
    reply.header('cache-control', 'no-store');
    return { principal, expiresAt };
  }

  return {
    async withCode(request, reply, code) {
      // A code is shorter-lived and more guessable than a token, so failures are counted first.
      authenticator.checkAttempts(request.ip);
      return open(request, reply, await access.exchangeSignInCode(code));
    },
    async withToken(request, reply, token) {
      return open(request, reply, await access.verifyToken(token));
    },
  };
}

function cookieScope(request: FastifyRequest): {
  path: string;
  httpOnly: boolean;
  sameSite: 'strict';
  secure: boolean;
} {
  // Many villages reach the server by plain http in their own network, where a Secure cookie
  // would never be sent back.
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' };
}

/** Sign in, see who one is, sign out. */
export function sessionRoutes(scope: ApiScope, { access }: ApiOptions, signIn: SignIn): void {
  scope.route({
    method: 'POST',
    url: '/session',
    config: { action: 'open' },
    schema: {
      tags: ['access'],
      summary: 'Sign in with a token or a one-time code; sets a cookie',
      body: signInSchema,
      response: { 200: whoSchema.extend({ expiresAt: instantSchema }), ...changeProblems },
    },
    handler: async (request, reply) => {
      // A program has no Origin; a foreign page has one and must not sign its visitor in.
      if (request.headers.origin !== undefined) requireOwnPage(request);
      const { body } = request;
      const { principal, expiresAt } =
        'code' in body
          ? await signIn.withCode(request, reply, body.code)
          : await signIn.withToken(request, reply, body.token);
      return { ...present(principal), expiresAt };
    },
  });

  scope.route({
    method: 'GET',
    url: '/session',
    config: { action: 'read' },
    schema: {
      tags: ['access'],
      summary: 'Who the caller is',
      querystring: z.strictObject({}),
      response: { 200: whoSchema, ...problems },
    },
    handler: async (request) => present(principalOf(request)),
  });

  scope.route({
    method: 'DELETE',
    url: '/session',
    config: { action: 'read' },
    schema: {
      tags: ['access'],
      summary: 'Sign out',
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const session = request.caller?.session ?? null;
      if (session !== null) await access.closeSession(session);
      reply.clearCookie(SESSION_COOKIE, cookieScope(request));
      return reply.code(204).send(null);
    },
  });
}
