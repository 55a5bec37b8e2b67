// `npm test`: sets up, installs the Debian packages the suites use when it may, then runs types,
// lint and every suite. Arguments go to vitest: `npm test -- test/broker`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, setUp } from './setup.mjs';

/** What the suites need from the system: a command, the package that has it, who asks for it. */
const TOOLS = [
  {
    command: 'mosquitto_pub',
    packages: ['mosquitto-clients'],
    suites: 'clients nobody here wrote',
  },
  { command: 'chromium', packages: ['chromium'], suites: 'the page in a browser' },
  { command: 'strace', packages: ['strace'], suites: 'the order of system calls' },
  { command: 'openssl', packages: ['openssl'], suites: 'MQTT over TLS' },
];

function has(command) {
  const places = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':');
  return places.some((place) => existsSync(path.join(place, command)));
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1;
}

function installTools() {
  const missing = TOOLS.filter(({ command }) => !has(command));
  if (missing.length === 0) return;
  const mayInstall = process.getuid?.() === 0 && has('apt-get');
  if (mayInstall) {
    const packages = missing.flatMap((tool) => tool.packages);
    process.stdout.write(`Installing ${packages.join(', ')} …\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
    run('apt-get', ['update', '-qq'], quiet);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet);
  }
  for (const { command, packages, suites } of TOOLS) {
    if (has(command)) continue;
    const why = mayInstall ? 'its installation failed' : 'only root on Debian installs it';
    process.stdout.write(`Skipped: ${suites} (${packages.join(', ')} is missing; ${why}).\n`);
  }
}

function check(title, args) {
  process.stdout.write(`${title} …\n`);
  return run(process.execPath, args) === 0 ? 0 : 1;
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
const { status, counts } = runSuites(suites);
const passedTests = counts?.numPassedTests ?? 0;
const failedTests = (counts?.numFailedTests ?? 0) + failed;
const broken = counts === undefined || (status !== 0 && failedTests === 0);
const skipped = (counts?.numPendingTests ?? 0) + (counts?.numTodoTests ?? 0);
process.stdout.write(
  `${passedTests} passed, ${failedTests + (broken ? 1 : 0)} failed, ${skipped} skipped\n`,
);
process.exitCode = status !== 0 || failedTests > 0 || broken ? 1 : 0;
