import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiScope } from '../context.ts';

/** The reference page's program, 3.4 MB, as its package ships it: nothing comes from elsewhere. */
const SCALAR_DIR: string = path.join(
  path.dirname(fileURLToPath(import.meta.resolve('@scalar/fastify-api-reference'))),
  'js',
);
const SCALAR_FILE = 'standalone.js';

/** The program writes its own styles into the page; scripts still come from here alone. */
const DOCS_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'self'",
  "object-src 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice API</title>
</head>
<body>
<div id="app"></div>
<script src="/docs/reference.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/**
 * Kept apart from the page, because the policy allows no script inside it. What would call a
 * service elsewhere is switched off; the policy refuses it besides.
 */
const START = `Scalar.createApiReference('#app', {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
});
`;

/** `/openapi.json`, and the reference page drawn from it at `/docs`. */
export function docsRoutes(scope: ApiScope): void {
  let text: string | undefined;
  const hidden = { schema: { hide: true } };

  scope.get('/openapi.json', hidden, async (_request, reply) => {
    // Made when first asked for: building it takes longer than the rest of the start.
    text ??= JSON.stringify(scope.swagger());
    return reply.type('application/json; charset=utf-8').send(text);
  });

  for (const url of ['/docs', '/docs/']) {
    scope.get(url, hidden, async (_request, reply) =>
      reply
        .header('content-security-policy', DOCS_POLICY)
        .type('text/html; charset=utf-8')
        .send(PAGE),
    );
  }

  scope.get('/docs/start.js', hidden, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(START),
  );

  scope.get('/docs/reference.js', hidden, async (_request, reply) =>
    reply.sendFile(SCALAR_FILE, SCALAR_DIR, { maxAge: 3_600_000 }),
  );
}
