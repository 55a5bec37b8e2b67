// The image of our own server, built from the Dockerfile as it stands. Where its base image cannot
// be pulled, a base is made of this machine's Node, npm and shell.
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';
import { call, whereIs } from '../system.mjs';
import { docker } from './daemon.mjs';
import { importImage } from './image.mjs';

const BASE = 'node:22-bookworm-slim';
const LOCAL_BASE = `sluice-local/node:${process.versions.node}`;
/** Two installations over a slow line, and a build on a small machine. */
const BUILD_TIMEOUT_MS = 600_000;
/** What npm says when it does not get to its registry. */
const UNREACHED = /npm error (code|errno) (ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENETUNREACH)/;
/** Lines of a failed build that are shown. */
const FAILURE_LINES = 30;
/** What a Dockerfile may take from its surroundings without naming it. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Builds the image: `{ image, base }`, or the `reason` why it cannot be tried here, or the `failure`
 * of what is built. Each clone has a name of its own for it, so that runs beside each other do not
 * take it from each other.
 */
export function serverImage({ environment, isOffline }) {
  const env = { ...process.env, ...environment, DOCKER_BUILDKIT: '0' };
  const base = baseImage({ env, environment, isOffline });
  const clone = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const options = [
    // The registry may be one that only this machine knows the way to.
    ...['--network', 'host', '--build-arg', `BASE_IMAGE=${base}`],
    ...PROXIES.filter((name) => process.env[name]).flatMap((name) => ['--build-arg', name]),
  ];
  const image = `sluice-local/server:${clone}`;
  // The stage that builds is named too: what has a name stays for the next run.
  const stage = ['--target', 'build', '--tag', `sluice-local/server-build:${clone}`];
  for (const tags of [stage, ['--tag', image]]) {
    const args = ['build', ...options, ...tags, '.'];
    const built = docker(args, { env, cwd: root, timeoutMs: BUILD_TIMEOUT_MS });
    if (built.ok) continue;
    if (UNREACHED.test(built.text)) {
      return { reason: 'the packages cannot be installed in a container: no way to the registry' };
    }
    const lines = built.text.split('\n').slice(-FAILURE_LINES);
    return { failure: [`docker build failed: ${built.why}`, ...lines].join('\n') };
  }
  return { image, base };
}

function baseImage({ env, environment, isOffline }) {
  if (docker(['image', 'inspect', BASE], { env }).ok) return BASE;
  if (!isOffline && docker(['pull', '--quiet', BASE], { env, timeoutMs: 60_000 }).ok) return BASE;
  importImage(LOCAL_BASE, baseRecipe(), environment);
  return LOCAL_BASE;
}

function baseRecipe() {
  const npm = path.join(path.dirname(realpathSync(whereIs('npm'))), '..');
  const registry = new URL(call('npm', ['config', 'get', 'registry']).text);
  registry.username = '';
  registry.password = '';
  const tools = ['mkdir', 'chown', 'ln', 'env', 'ls', 'cat', 'id'];
  return {
    programs: {
      '/usr/local/bin/node': process.execPath,
      '/bin/sh': whereIs('dash'),
      ...Object.fromEntries(tools.map((tool) => [`/bin/${tool}`, whereIs(tool)])),
    },
    copies: { '/usr/local/lib/node_modules/npm': npm, [CERTIFICATES]: CERTIFICATES },
    texts: {
      '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
      '/etc/group': 'root:x:0:\nnode:x:1000:\n',
      '/etc/nsswitch.conf': 'hosts: files dns\n',
      '/usr/local/etc/npmrc': `registry=${registry.href}\n`,
    },
    links: {
      '/usr/local/bin/npm': '../lib/node_modules/npm/bin/npm-cli.js',
      '/usr/local/bin/npx': '../lib/node_modules/npm/bin/npx-cli.js',
    },
    folders: ['/home/node'],
    changes: [
      'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`,
      'CMD ["node"]',
    ],
  };
}
