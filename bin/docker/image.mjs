// Images made from files of this machine, for where none can be pulled.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { call } from '../system.mjs';
import { docker } from './daemon.mjs';

/** The label that says what an image was made of. */
const CONTENT = 'sluice.content';
/** As on Debian: the folders of the root are links into `usr`. */
const MERGED = ['bin', 'sbin', 'lib', 'lib64'];
/** The C library's parts of former days: empty shells now, still asked for by name. */
const LIBC = ['libdl.so.2', 'libpthread.so.0', 'libresolv.so.2', 'librt.so.1', 'libutil.so.1'];

/**
 * Makes the image `tag` unless it is there already, made of the same files.
 *
 * `programs` are files from here with the libraries they need, `copies` files and folders from
 * here, `texts` what is written anew, all by their place in the image; `links` name their target,
 * `changes` are lines of a Dockerfile. Throws when it cannot be made.
 */
export function importImage(tag, recipe, environment) {
  const env = { ...process.env, ...environment };
  const content = fingerprint(recipe);
  const format = `{{index .Config.Labels "${CONTENT}"}}`;
  if (docker(['image', 'inspect', '--format', format, tag], { env }).text === content) return;
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-image-'));
  try {
    assemble(folder, recipe);
    importFolder(folder, { tag, changes: [...recipe.changes, `LABEL ${CONTENT}=${content}`], env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A change of any file shows in its size or its time of change. */
function fingerprint(recipe) {
  const sources = [...Object.values(recipe.programs), ...Object.values(recipe.copies ?? {})];
  const stats = sources.map((file) => {
    const { size, mtimeMs } = statSync(file);
    return [file, size, mtimeMs];
  });
  return createHash('sha256')
    .update(JSON.stringify([recipe, stats, LIBC]))
    .digest('hex');
}

function assemble(folder, { programs, copies = {}, texts = {}, links = {}, folders = [] }) {
  const inside = (place) => path.join(folder, place);
  for (const name of MERGED) {
    mkdirSync(inside(`usr/${name}`), { recursive: true });
    symlinkSync(`usr/${name}`, inside(name));
  }
  for (const place of ['tmp', 'root', ...folders]) mkdirSync(inside(place), { recursive: true });
  chmodSync(inside('tmp'), 0o1777);
  const put = (place, write) => {
    mkdirSync(path.dirname(inside(place)), { recursive: true });
    write(inside(place));
  };
  for (const [place, file] of Object.entries(programs)) {
    put(place, (target) => cpSync(realpathSync(file), target));
    for (const library of librariesOf(file)) {
      put(library, (target) => cpSync(realpathSync(library), target));
    }
  }
  for (const [place, source] of Object.entries(copies)) {
    put(place, (target) => cpSync(realpathSync(source), target, { recursive: true }));
  }
  for (const [place, text] of Object.entries(texts)) {
    const mode = text.startsWith('#!') ? 0o755 : 0o644;
    put(place, (target) => writeFileSync(target, text, { mode }));
  }
  for (const [place, target] of Object.entries(links)) put(place, (at) => symlinkSync(target, at));
}

/**
 * What the dynamic linker would load, by the names it looks for; nothing for a static program. The
 * C library counts whole: addons that are installed in the image may ask for any file of it.
 */
function librariesOf(program) {
  const { text } = call('ldd', [program]);
  const files = [...text.matchAll(/(\/\S+) \(0x/g)].map(([, file]) => file);
  const libc = files.find((file) => path.basename(file).startsWith('libc.so'));
  const beside = libc === undefined ? [] : LIBC.map((name) => path.join(path.dirname(libc), name));
  return [...files, ...beside].filter(existsSync);
}

function importFolder(folder, { tag, changes, env }) {
  const tar = [
    ...['--create', '--directory', folder, '--sort=name', '--mtime=@0'],
    ...['--owner=0', '--group=0', '--numeric-owner', '.'],
  ];
  const archive = path.join(folder, '..', `${path.basename(folder)}.tar`);
  try {
    const packed = call('tar', [...tar, '--file', archive]);
    if (!packed.ok) throw new Error(`tar failed: ${packed.why}`);
    const options = changes.flatMap((change) => ['--change', change]);
    const imported = docker(['import', ...options, archive, tag], { env });
    if (!imported.ok) throw new Error(`docker import failed: ${imported.why}`);
  } finally {
    rmSync(archive, { force: true });
  }
}
