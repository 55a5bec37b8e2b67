// `npm test`: sets up, installs the Debian packages the suites use when it may, then runs types,
// lint and every suite. Arguments go to vitest: `npm test -- test/broker`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareContainers } from './containers.mjs';
import { root, setUp } from './setup.mjs';
import { has, mayInstall } from './system.mjs';

/** What the suites need from the system: a command, the package that has it, who asks for it. */
const TOOLS = [
  {
    command: 'mosquitto_pub',
    packages: ['mosquitto-clients'],
    suites: 'clients nobody here wrote',
  },
  { command: 'chromium', packages: ['chromium'], suites: 'the page in a browser' },
  { command: 'strace', packages: ['strace'], suites: 'the order of system calls' },
  { command: 'influxd', packages: ['influxdb'], suites: 'InfluxDB 1.6 as a plain process' },
  { command: 'openssl', packages: ['openssl'], suites: 'MQTT over TLS' },
  {
    command: 'aiosmtpd',
    packages: ['python3-aiosmtpd'],
    suites: 'a mail server nobody here wrote',
  },
  { command: 'dockerd', packages: ['docker.io'], suites: 'servers in containers' },
  { command: 'docker-compose', packages: ['docker-compose'], suites: 'the Compose file' },
];

/** Debian Policy 9.3.3.1 by way of invoke-rc.d(8): 101 forbids what was asked. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

/** The files for which Docker and images are prepared; arguments choose as they do for vitest. */
const NEEDS_DOCKER = ['test/containers/compose.test.ts', 'test/containers/influxdb.test.ts'];
const [NEEDS_SERVER] = NEEDS_DOCKER;

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1;
}

/**
 * Keeps packages from starting their services: an InfluxDB open to the network is not what somebody
 * wants who runs tests. Debian asks this file; one that is there already has its own reasons.
 */
function withoutServices(install) {
  const mine = !existsSync(SERVICE_POLICY);
  if (mine) writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    if (mine) rmSync(SERVICE_POLICY, { force: true });
  }
}

function installTools() {
  const missing = TOOLS.filter(({ command }) => !has(command));
  if (missing.length === 0) return;
  if (mayInstall()) {
    const packages = missing.flatMap((tool) => tool.packages);
    process.stdout.write(`Installing ${packages.join(', ')} …\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
    run('apt-get', ['update', '-qq'], quiet);
    withoutServices(() =>
      run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet),
    );
  }
  for (const { command, packages, suites } of TOOLS) {
    if (has(command)) continue;
    const why = mayInstall() ? 'its installation failed' : 'only root on Debian installs it';
    process.stdout.write(`Skipped: ${suites} (${packages.join(', ')} is missing; ${why}).\n`);
  }
}

function check(title, args) {
  process.stdout.write(`${title} …\n`);
  return run(process.execPath, args) === 0 ? 0 : 1;
}

/** The suites, with containers prepared and taken down around them when they are among them. */
function runPrepared(args) {
  const chosen = args.filter((arg) => !arg.startsWith('-'));
  const wanted = (file) => chosen.length === 0 || chosen.some((part) => file.includes(part));
  if (!NEEDS_DOCKER.some(wanted)) return runSuites(args);
  const { environment, release } = prepareContainers({ withServer: wanted(NEEDS_SERVER) });
  // Ctrl-C ends the suites; taking down what they started comes after them.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
  Object.assign(process.env, environment);
  try {
    return runSuites(args);
  } finally {
    release();
  }
}

function runSuites(args) {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  const report = path.join(dir, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = run(process.execPath, [
    'node_modules/vitest/vitest.mjs',
    'run',
    ...reporters,
    ...args,
  ]);
  const counts = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  rmSync(dir, { recursive: true, force: true });
  return { status, counts };
}

setUp();
const suites = process.argv.slice(2);
const tool = (name) => path.join('node_modules', name);
let failed = 0;
if (suites.length === 0) {
  installTools();
  failed += check('Types', [tool('typescript/bin/tsc'), '--noEmit']);
  failed += check('Types of the tests', [tool('typescript/bin/tsc'), '--noEmit', '-p', 'test']);
  failed += check('Types of the page', [tool('typescript/bin/tsc'), '--noEmit', '-p', 'web']);
  failed += check('Format and lint', [
    tool('@biomejs/biome/bin/biome'),
    'check',
    '--error-on-warnings',
    '.',
  ]);
}
const { status, counts } = runPrepared(suites);
const passedTests = counts?.numPassedTests ?? 0;
const failedTests = (counts?.numFailedTests ?? 0) + failed;
const broken = counts === undefined || (status !== 0 && failedTests === 0);
const skipped = (counts?.numPendingTests ?? 0) + (counts?.numTodoTests ?? 0);
process.stdout.write(
  `${passedTests} passed, ${failedTests + (broken ? 1 : 0)} failed, ${skipped} skipped\n`,
);
process.exitCode = status !== 0 || failedTests > 0 || broken ? 1 : 0;
