import { existsSync } from 'node:fs';
import path from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiOptions, ApiScope } from '../context.ts';

/** Built files carry a hash of their content in their name, so they never change. */
const ASSETS = '/assets/';
const YEAR_SECONDS = 31_536_000;

const HINT = `Sluice is running. The dashboard is not built here: run "npm run build" and restart.
API reference: /docs
`;

/** The dashboard's files. Any other path a person opens shows its start page: it routes itself. */
export interface Dashboard {
  /** True when the path was answered with the start page. */
  answers(request: FastifyRequest): boolean;
  send(reply: FastifyReply): FastifyReply;
}

export function pageRoutes(scope: ApiScope, { webDir }: ApiOptions): Dashboard {
  const built = existsSync(path.join(webDir, 'index.html'));
  const send = (reply: FastifyReply): FastifyReply =>
    reply.header('cache-control', 'no-cache').sendFile('index.html', webDir);

  scope.get('/', { schema: { hide: true } }, async (_request, reply) =>
    built ? send(reply) : reply.type('text/plain; charset=utf-8').send(HINT),
  );

  return {
    send,
    answers: ({ method, url, headers }) => {
      const { pathname } = new URL(url, 'http://localhost');
      const forPeople = headers.accept?.includes('text/html') ?? false;
      const isFile = path.posix.extname(pathname) !== '';
      return built && method === 'GET' && forPeople && !isFile && !pathname.startsWith('/api/');
    },
  };
}

/** How long a browser may keep a file of the dashboard without asking. */
export function cacheControlOf(file: string): string {
  return file.replaceAll(path.sep, '/').includes(ASSETS)
    ? `public, max-age=${YEAR_SECONDS}, immutable`
    : 'no-cache';
}
