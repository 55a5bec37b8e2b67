import { randomUUID } from 'node:crypto';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import underPressure from '@fastify/under-pressure';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { isLoopback } from '../base/loopback.ts';
import { createFailedAttempts } from './attempts.ts';
import {
  type Authenticator,
  createAuthenticator,
  rateLimited,
  requireAction,
} from './authenticate.ts';
import { bodyDeadline } from './body-deadline.ts';
import type { ApiOptions, ApiScope } from './context.ts';
import { createDeviceAdmin } from './device-admin.ts';
import { hostGuard } from './hosts.ts';
import { createOpenApi } from './openapi.ts';
import { replyProblem } from './problem-reply.ts';
import { ApiError } from './problems.ts';
import { countRequests } from './request-metrics.ts';
import { accountingRoutes } from './routes/accounting.ts';
import { actuatorRoutes } from './routes/actuators.ts';
import { adviceRoutes } from './routes/advice.ts';
import { aerationRoutes } from './routes/aeration.ts';
import { alertRoutes } from './routes/alerts.ts';
import { auditRoutes } from './routes/audit.ts';
import { backupRoutes } from './routes/backups.ts';
import { bulkRoutes } from './routes/bulk.ts';
import { commandRoutes } from './routes/commands.ts';
import { coopRoutes } from './routes/coops.ts';
import { correctionRoutes } from './routes/corrections.ts';
import { deviceHealthRoutes } from './routes/device-health.ts';
import { deviceRoutes } from './routes/devices.ts';
import { docsRoutes } from './routes/docs.ts';
import { emergencyStopRoutes } from './routes/emergency-stops.ts';
import { fieldCountRoutes } from './routes/field-counts.ts';
import { healthRoutes } from './routes/health.ts';
import { importRoutes } from './routes/imports.ts';
import { kindRoutes } from './routes/kinds.ts';
import { latestRoutes } from './routes/latest.ts';
import { maintenanceRoutes } from './routes/maintenance.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { observationRoutes } from './routes/observations.ts';
import { cacheControlOf, type Dashboard, pageRoutes } from './routes/page.ts';
import { personRoutes } from './routes/people.ts';
import { plotRoutes } from './routes/plots.ts';
import { programmeRoutes } from './routes/programmes.ts';
import { rejectionRoutes } from './routes/rejections.ts';
import { ruleRoutes } from './routes/rules.ts';
import { seriesRoutes } from './routes/series.ts';
import { createSignIn, type SignIn, sessionRoutes } from './routes/session.ts';
import { signInRoute } from './routes/sign-in.ts';
import { siteWaterRoutes } from './routes/site-water.ts';
import { siteRoutes } from './routes/sites.ts';
import { sprayLedgerRoutes } from './routes/spray-ledger.ts';
import { sprayRoutes } from './routes/sprays.ts';
import { streamRoutes } from './routes/stream.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { createKnownRoutes, type KnownRoutes } from './routes-known.ts';
import { createStreamServer, type StreamServer } from './stream-server.ts';
import { compileValidator } from './validation.ts';

/** A site with a traced outline of 2,000 positions is 80 KB; nothing else comes near. */
const BODY_BYTES_MAX = 256 * 1024;
/** A body must be complete by then: a bulk of 10,000 devices over a village link takes 40 s. */
const BODY_TIMEOUT_MS = 120_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** An idle socket; streams send a heartbeat every 15 s. */
const IDLE_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
/** Sockets at once: 1,000 streams and as many pages loading. */
const CONNECTIONS_MAX = 2_000;
/** Longest id in a path, of an alert, is 200 characters. */
const PARAM_LENGTH_MAX = 256;
/** 100 requests a second from one address: a page makes ten to start, a script a few at a time. */
const REQUESTS_PER_MINUTE = 6_000;
/** Addresses whose requests are counted; 10,000 entries are about 1 MB. */
const COUNTED_ADDRESSES_MAX = 10_000;
/**
 * Turns of the event loop that are late by a second on average, over five seconds, mean that the
 * process drowns; taking reports comes first. Judged over one second, as is the plugin's habit, a
 * single pause of a busy machine would turn people away.
 */
const EVENT_LOOP_DELAY_MS_MAX = 1_000;
const EVENT_LOOP_WINDOW_MS = 5_000;
/** Smaller answers fit into one packet anyway. */
const COMPRESS_BYTES_MIN = 2_048;

/** Everything of the page comes from this server; plain http in the village must keep working. */
const PAGE_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    imgSrc: ["'self'", 'data:', 'blob:'],
    objectSrc: ["'none'"],
    baseUri: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
};

export interface ApiServer {
  app: ApiScope;
  streams: StreamServer;
}

/** Puts the parts together; nothing listens yet. */
export function createServer(options: ApiOptions): ApiServer {
  const app = createApp(options);
  const streams = createStreamServer(options.live);
  const authenticator = createAuthenticator(options.access, createFailedAttempts(options.clock));
  const signIn = createSignIn(options, authenticator);
  const known = createKnownRoutes();
  app.addHook('onRoute', (route) => known.add(route.method, route.url));
  app.addHook('preClose', async () => streams.close());
  app.addHook('onRequest', refuseForeignHosts(options));
  app.addHook('onRequest', bodyDeadline(BODY_TIMEOUT_MS));
  countRequests(app, options);
  registerPlugins(app, options);
  app.register(async (scope: ApiScope) => {
    const dashboard = pageRoutes(scope, options);
    app.setNotFoundHandler((request, reply) => answerUnknown({ request, reply, known, dashboard }));
    docsRoutes(scope);
    healthRoutes(scope, options, authenticator);
    signInRoute(scope, signIn);
  });
  app.register(
    async (scope: ApiScope) => apiRoutes(scope, { options, authenticator, signIn, streams }),
    {
      prefix: '/api/v1',
    },
  );
  return { app, streams };
}

function createApp({ logger }: ApiOptions): ApiScope {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    connectionTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    forceCloseConnections: 'idle',
    trustProxy: 'loopback',
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    frameworkErrors: (error, request, reply) => replyProblem({ error, request, reply, logger }),
  }).withTypeProvider<ZodTypeProvider>();
  app.server.maxConnections = CONNECTIONS_MAX;
  app.decorateRequest('caller', null);
  app.setValidatorCompiler(compileValidator as never);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => replyProblem({ error, request, reply, logger }));
  return app;
}

function registerPlugins(app: ApiScope, { webDir, version }: ApiOptions): void {
  app.register(helmet, {
    contentSecurityPolicy: PAGE_POLICY,
    // These make sense over TLS alone, where the proxy that ends it sets them.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
  app.register(cookie);
  app.register(compress, {
    threshold: COMPRESS_BYTES_MIN,
    encodings: ['gzip', 'identity'],
    // The fastest level: the gain of slower ones is not worth the processor of a small machine.
    zlibOptions: { level: 1 },
  });
  app.register(rateLimit, {
    max: REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    cache: COUNTED_ADDRESSES_MAX,
    // All that comes through a proxy on this machine without saying for whom is the machine's own.
    allowList: (request) => isLoopback(request.ip.replace('::ffff:', '')),
    errorResponseBuilder: (_request, { ttl }) => rateLimited(Math.ceil(ttl / 1_000)),
    addHeaders: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
  });
  app.register(fastifyStatic, {
    root: webDir,
    index: false,
    cacheControl: false,
    // The folder may be missing: then there is no dashboard, and the start page says so.
    suppressWarning: true,
    setHeaders: (reply, file) => {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', cacheControlOf(file));
    },
  });
  app.register(swagger, createOpenApi(version));
}

function refuseForeignHosts(
  options: ApiOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const isKnown = hostGuard({ host: options.host, allowedHosts: options.allowedHosts ?? [] });
  return async (request) => {
    if (isKnown(request.headers.host)) return;
    const name = (request.headers.host ?? '').slice(0, 100);
    throw new ApiError('HOST_FORBIDDEN', {
      vi: `Máy chủ này không mang tên “${name}”. Người vận hành có thể thêm tên vào danh sách cho phép.`,
      en: `This server is not called "${name}". Its operator can add the name to the allowed hosts.`,
      fr: `Ce serveur ne s’appelle pas « ${name} ». L’exploitant peut ajouter ce nom aux hôtes permis.`,
    });
  };
}

interface ApiParts {
  options: ApiOptions;
  authenticator: Authenticator;
  signIn: SignIn;
  streams: StreamServer;
}

/** All of `/api/v1`: a route that does not say who may call it does not start. */
function apiRoutes(scope: ApiScope, parts: ApiParts): void {
  const { options, authenticator, signIn, streams } = parts;
  const admin = createDeviceAdmin(options);
  scope.addHook('onRoute', (route) => {
    if (route.config?.action === undefined) throw new TypeError(`${route.url} names no action`);
  });
  scope.register(underPressure, {
    maxEventLoopDelay: EVENT_LOOP_DELAY_MS_MAX,
    sampleInterval: EVENT_LOOP_WINDOW_MS,
  });
  scope.addHook('onRequest', async (request) => {
    const action = request.routeOptions.config.action ?? 'manage-tokens';
    if (action === 'open') return;
    request.caller = await authenticator.authenticate(request);
    requireAction(options.access, request.caller.principal, action);
  });
  kindRoutes(scope, options);
  coopRoutes(scope, options);
  siteRoutes(scope, options);
  deviceRoutes(scope, options, admin);
  deviceHealthRoutes(scope, admin);
  bulkRoutes(scope, options, admin);
  latestRoutes(scope, options);
  seriesRoutes(scope, options);
  correctionRoutes(scope, options);
  importRoutes(scope, options);
  observationRoutes(scope, options, admin);
  fieldCountRoutes(scope, options, admin);
  sprayRoutes(scope, options);
  sprayLedgerRoutes(scope, options);
  alertRoutes(scope, options);
  maintenanceRoutes(scope, options);
  adviceRoutes(scope, options);
  personRoutes(scope, options);
  notificationRoutes(scope, options);
  ruleRoutes(scope, options);
  commandRoutes(scope, options);
  actuatorRoutes(scope, options);
  emergencyStopRoutes(scope, options);
  programmeRoutes(scope, options);
  plotRoutes(scope, options);
  siteWaterRoutes(scope, options);
  aerationRoutes(scope, options);
  auditRoutes(scope, options);
  rejectionRoutes(scope, options);
  accountingRoutes(scope, options);
  streamRoutes(scope, options, streams);
  sessionRoutes(scope, options, signIn);
  tokenRoutes(scope, options);
  backupRoutes(scope, options);
}

function answerUnknown(unknown: {
  request: FastifyRequest;
  reply: FastifyReply;
  known: KnownRoutes;
  dashboard: Dashboard;
}): FastifyReply {
  const { request, reply, known, dashboard } = unknown;
  if (dashboard.answers(request)) return dashboard.send(reply);
  const { pathname } = new URL(request.url, 'http://localhost');
  const allowed = known.methodsOf(pathname);
  // A path with an id longer than any we know matches no route although its method is right.
  const wrong = allowed.length > 0 && !allowed.includes(request.method);
  throw wrong ? wrongMethod(request.method, allowed) : unknownRoute(pathname);
}

function unknownRoute(path: string): ApiError {
  const shown = path.slice(0, 100);
  return new ApiError('ROUTE_NOT_FOUND', {
    vi: `Không có “${shown}”. Xem /docs.`,
    en: `There is nothing at "${shown}". See /docs.`,
    fr: `Il n’y a rien à « ${shown} ». Voir /docs.`,
  });
}

function wrongMethod(method: string, allowed: readonly string[]): ApiError {
  const list = allowed.join(', ');
  return new ApiError(
    'METHOD_NOT_ALLOWED',
    {
      vi: `Đường dẫn này không nhận ${method}; nó nhận ${list}.`,
      en: `This route does not take ${method}; it takes ${list}.`,
      fr: `Cette route n’accepte pas ${method} ; elle accepte ${list}.`,
    },
    { headers: { allow: list } },
  );
}
