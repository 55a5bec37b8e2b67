import { z } from 'zod';
import type { Language } from '../../contracts/localized.ts';
import type { ApiScope } from '../context.ts';
import { languageOf } from '../language.ts';
import { problemOf } from '../problem-reply.ts';
import type { SignIn } from './session.ts';

const HOME: Readonly<Record<Language, string>> = {
  vi: 'Về trang chính',
  en: 'To the start page',
  fr: 'Vers la page d’accueil',
};

/** The link a person gets: spends the code, opens a session and shows the dashboard. */
export function signInRoute(scope: ApiScope, signIn: SignIn): void {
  scope.route({
    method: 'GET',
    url: '/sign-in',
    // A HEAD request, as link previews make, must not spend the code.
    exposeHeadRoute: false,
    schema: {
      tags: ['access'],
      summary: 'Open a one-time sign-in link',
      querystring: z.strictObject({ code: z.string().min(1).max(512) }),
    },
    handler: async (request, reply) => {
      try {
        await signIn.withCode(request, reply, request.query.code);
      } catch (error) {
        if (!String(request.headers.accept).includes('text/html')) throw error;
        const language = languageOf(request.headers['accept-language']);
        const { problem, headers } = problemOf(error, language, request.id);
        if (problem.status >= 500) throw error;
        const page = refusalPage({ ...problem, language, home: HOME[language] });
        return reply
          .code(problem.status)
          .headers(headers)
          .type('text/html; charset=utf-8')
          .send(page);
      }
      return reply.redirect('/', 303);
    },
  });
}

function refusalPage(text: {
  language: string;
  title: string;
  detail: string;
  home: string;
}): string {
  return `<!doctype html>
<html lang="${text.language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text.title}</title>
<h1>${text.title}</h1>
<p>${text.detail}</p>
<p><a href="/">${text.home}</a></p>
</html>
`;
}
