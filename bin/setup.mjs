// Makes a fresh clone runnable: installs the packages and builds, each only when it is out of date.
// Plain JavaScript without dependencies, because it runs before there are any.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const NODE_MIN = [20, 19];
const SOURCES = ['src', 'devices', 'simulators', 'schemas', 'bench', 'web'];
const BUILD_INPUTS = ['tsconfig.json', 'package.json'];

function inRoot(...parts) {
  return path.join(root, ...parts);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  fail(`Sluice needs Node ${NODE_MIN.join('.')} or newer; this is ${process.versions.node}.`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Runs a step quietly; its output is shown only when it fails. */
function step(title, command, args) {
  process.stderr.write(`${title} …\n`);
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  fail(`${title} failed (${result.error?.message ?? `exit code ${result.status}`}).`);
}

function stampIs(file, value) {
  return existsSync(file) && readFileSync(file, 'utf8') === value;
}

function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .digest('hex');
  const stamp = inRoot('node_modules', '.sluice-lock');
  if (stampIs(stamp, lock)) return;
  step('Installing packages', 'npm', ['ci', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

function newestChange(file) {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let newest = stat.mtimeMs;
  for (const name of readdirSync(file))
    newest = Math.max(newest, newestChange(path.join(file, name)));
  return newest;
}

/** Compiles the server and the page. */
export function build() {
  rmSync(inRoot('dist'), { recursive: true, force: true });
  const tool = (name) => inRoot('node_modules', name);
  step('Building the server', process.execPath, [tool('typescript/bin/tsc')]);
  step('Building the page', process.execPath, [
    tool('vite/bin/vite.js'),
    'build',
    'web',
    '--logLevel',
    'warn',
  ]);
  mkdirSync(inRoot('dist'), { recursive: true });
  writeFileSync(inRoot('dist', '.built'), String(Date.now()));
}

function ensureBuilt() {
  const stamp = inRoot('dist', '.built');
  // An image ships the build without the sources.
  if (!existsSync(inRoot('src'))) return;
  const inputs = [...SOURCES, ...BUILD_INPUTS].map((name) => inRoot(name)).filter(existsSync);
  const changed = Math.max(...inputs.map(newestChange));
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= changed) return;
  build();
}

export function setUp() {
  checkNode();
  if (existsSync(inRoot('src'))) ensureInstalled();
  ensureBuilt();
}
