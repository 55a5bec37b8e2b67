import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const FILE_LINES_MAX = 500;
const LINE_LENGTH_MAX = 100;
const FUNCTION_LINES_MAX = 70;

interface SourceFile {
  /** Path from the root, with forward slashes. */
  name: string;
  text: string;
  lines: string[];
  imports: string[];
}

function filesBelow(dir: string, endings: RegExp): string[] {
  const absolute = path.join(root, dir);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(dir, name.split(path.sep).join('/')))
    .filter((name) => endings.test(name));
}

function read(name: string): SourceFile {
  const text = readFileSync(path.join(root, name), 'utf8');
  const imports = [...text.matchAll(/(?:from|import\(|^import) '([^']+)'/gm)].map(
    ([, specifier]) => specifier ?? '',
  );
  return { name, text, lines: text.split('\n'), imports };
}

const code = ['src', 'devices', 'simulators', 'schemas', 'web', 'bench'].flatMap((dir) =>
  filesBelow(dir, /\.(ts|tsx)$/).map(read),
);
const tests = filesBelow('test', /\.ts$/).map(read);
const scripts = filesBelow('bin', /\.mjs$/).map(read);
const sources = code.filter(({ name }) => !/^(web|bench)\//.test(name));

/** Where an import leads, as a path from the root; undefined for packages. */
function target(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return path.posix.join(path.posix.dirname(file.name), specifier);
}

/** The room a file of `src` belongs to; files directly in `src` are the hall. */
function roomOf(name: string): string {
  const [top, room, rest] = name.split('/');
  if (top !== 'src') return top ?? '';
  return rest === undefined ? 'hall' : (room ?? '');
}

/** Rooms every other may use: they import nothing but each other. */
const FOUNDATION = ['contracts', 'base', 'schemas'];
/** Formula rooms: pure, so that device kinds and simulators may use them too. */
const FORMULAS = ['water', 'pests', 'health'];
/** The hall and what stands around it may use every room. */
const OUTSIDE = ['hall', 'cli'];
/** What each may import besides itself; a room not named here may use the foundation alone. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  contracts: ['base'],
  base: [],
  schemas: ['contracts', 'base'],
  water: [],
  pests: [],
  health: ['contracts'],
  devices: [...FOUNDATION, ...FORMULAS],
  simulators: [...FOUNDATION, ...FORMULAS, 'devices'],
};

function violations(check: (file: SourceFile) => string[], files: SourceFile[] = code): string[] {
  return files.flatMap((file) => check(file).map((what) => `${file.name}: ${what}`));
}

describe('structure', () => {
  test('rooms know contracts; only the hall knows rooms', () => {
    const wrong = violations((file) => {
      const room = roomOf(file.name);
      if (OUTSIDE.includes(room)) return [];
      const allowed = [room, ...(MAY_IMPORT[room] ?? [...FOUNDATION, ...FORMULAS])];
      return file.imports.flatMap((specifier) => {
        const where = target(file, specifier);
        return where === undefined || allowed.includes(roomOf(where)) ? [] : [specifier];
      });
    }, sources);
    expect(wrong).toEqual([]);
  });

  test('the hall is entered by main and the command line alone', () => {
    const wrong = violations((file) => {
      const room = roomOf(file.name);
      if (OUTSIDE.includes(room)) return [];
      return file.imports.filter((specifier) => {
        const where = target(file, specifier);
        return where !== undefined && OUTSIDE.includes(roomOf(where));
      });
    }, sources);
    expect(wrong).toEqual([]);
  });

  test('there are no circles of imports', () => {
    const byName = new Map(code.map((file) => [file.name, file]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: SourceFile, trail: string[]): void => {
      if (trail.includes(file.name)) {
        circles.push([...trail.slice(trail.indexOf(file.name)), file.name].join(' → '));
        return;
      }
      if (done.has(file.name)) return;
      done.add(file.name);
      for (const match of file.text.matchAll(/^import (?!type)[^;]*from '(\.[^']+)'/gm)) {
        const next = byName.get(target(file, match[1] ?? '') ?? '');
        if (next !== undefined) visit(next, [...trail, file.name]);
      }
    };
    for (const file of code) visit(file, []);
    expect(circles).toEqual([]);
  });

  test('foreign libraries are wrapped once', () => {
    const homes: Record<string, RegExp> = {
      aedes: /^(src\/broker|bench)\//,
      '@duckdb/node-api': /^src\/(series\/duckdb|files\/parquet)\//,
      '@influxdata/influxdb-client': /^(src\/series\/influxdb|bench)\//,
      kysely: /^src\/state\//,
      fastify: /^src\/api\//,
      mqtt: /^(simulators|bench)\//,
      'prom-client': /^src\/base\/metrics/,
      pino: /^src\/base\/logger/,
      commander: /^src\/cli\//,
      'node-cron': /^src\/base\/cron/,
    };
    const wrong = violations(({ name, imports }) =>
      imports.filter((specifier) => homes[specifier]?.test(name) === false),
    );
    expect(wrong).toEqual([]);
  });

  test('every device kind has its cases, its README and its simulator', () => {
    const kinds = readdirSync(path.join(root, 'devices'));
    const missing = kinds.flatMap((kind) =>
      ['kind.ts', 'rules.ts', 'simulator.ts', 'README.md', 'cases']
        .filter((part) => !existsSync(path.join(root, 'devices', kind, part)))
        .map((part) => `devices/${kind}/${part}`),
    );
    expect(missing).toEqual([]);
  });

  test('nothing but their own folders names a kind or a store', () => {
    const kinds = readdirSync(path.join(root, 'devices'));
    const wrong = violations(({ name, text }) => {
      if (name.startsWith('devices/') || name.startsWith('bench/')) return [];
      const body = withoutComments(text);
      return kinds.filter((kind) => body.includes(`'${kind}'`));
    });
    expect(wrong).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

const NESTED = /^ *(?:async )?(?:function\*? )?\*?\w+\(.*\{$|=> \{$|=> \($/;

/** Lines of the function that begins at `start`, without those of functions inside it. */
function ownLines(lines: readonly string[], start: number, indent: string): number {
  let own = 1;
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] ?? '';
    own++;
    if (line.startsWith(`${indent}}`)) return own;
    if (!NESTED.test(line) || /^ *(?:if|for|while|switch) /.test(line)) continue;
    const inner = /^ */.exec(line)?.[0] ?? '';
    while (at + 1 < lines.length && !closes(lines[at + 1] ?? '', inner)) at++;
  }
  return own;
}

function closes(line: string, indent: string): boolean {
  return line.startsWith(indent) && /^[})]/.test(line.slice(indent.length));
}

describe('style', () => {
  const all = [...code, ...tests, ...scripts];

  test('files and lines are short', () => {
    const wrong = violations(({ lines }) => {
      // The formatter breaks code; what it cannot break is a text, and a text may be long.
      const isWide = (line: string): boolean =>
        line.length > LINE_LENGTH_MAX && !/['"`]/.test(line);
      const long = lines.findIndex(isWide);
      return [
        ...(lines.length > FILE_LINES_MAX ? [`${lines.length} lines`] : []),
        ...(long === -1 ? [] : [`line ${long + 1} is ${lines[long]?.length} wide`]),
      ];
    }, all);
    expect(wrong).toEqual([]);
  });

  test('functions are short', () => {
    const wrong = violations(({ lines, name }) => {
      const found: string[] = [];
      lines.forEach((line, start) => {
        const match = /^( *)(?:export )?(?:default )?(?:async )?function\*? (\w+)/.exec(line);
        if (match === null) return;
        const own = ownLines(lines, start, match[1] ?? '');
        if (own > FUNCTION_LINES_MAX) found.push(`${match[2]} has ${own} lines`);
      });
      return name.startsWith('web/') ? [] : found;
    });
    expect(wrong).toEqual([]);
  });

  test('banned words stay out', () => {
    const banned: Array<[RegExp, RegExp]> = [
      [/\bas any\b|^[^/*'`]*(: any\b|<any>)/m, /^$/],
      [/@ts-(ignore|nocheck|expect-error)|biome-ignore/, /^$/],
      [/\bFIXME\b|\bTODO\b|\bXXX\b/, /^$/],
      [/\bconsole\./, /^bin\//],
      [/\b(it|test|describe)\.(only|todo)\b/, /^$/],
    ];
    const own = 'test/tidy.test.ts';
    const wrong = violations(({ name, text }) => {
      if (name === own) return [];
      return banned
        .filter(([word, home]) => word.test(text) && !home.test(name))
        .map(([word]) => String(word));
    }, all);
    expect(wrong).toEqual([]);
  });

  test('time and chance come from outside', () => {
    const reach = /Date\.now\(|Math\.random\(|\bsetTimeout\(|\bsetInterval\(|process\.env/;
    // The clock itself, the process's edge, and programs that are processes of their own.
    const edge = /^(src\/base\/|src\/main|src\/cli\/|bench\/|web\/)/;
    const wrong = violations(({ name, text }) =>
      edge.test(name) ? [] : (withoutComments(text).match(reach) ?? []).slice(0, 1),
    );
    expect(wrong).toEqual([]);
  });

  test('every error code is explained, and every explained code exists', () => {
    const listed = new Set(
      [
        ...readFileSync(path.join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([A-Z0-9_]+)`/gm),
      ].map(([, name]) => name),
    );
    const used = new Set<string>();
    for (const { text } of sources) {
      const thrown =
        /(?:new AppError|toAppError|refuse|problem)\(\s*(?:\w+,\s*)?'([A-Z][A-Z0-9_]+)'/g;
      for (const [, name] of text.matchAll(thrown)) used.add(name ?? '');
      for (const [, name] of text.matchAll(/code: '([A-Z][A-Z0-9]*_[A-Z0-9_]+)'/g)) {
        used.add(name ?? '');
      }
    }
    expect([...used].filter((name) => !listed.has(name)).sort()).toEqual([]);
    const everything = sources.map(({ text }) => text).join('\n');
    expect(
      [...listed].filter((name) => !new RegExp(`\\b${name}\\b`).test(everything)).sort(),
    ).toEqual([]);
  });

  test('the README shows the settings and the figures as they are', async () => {
    const { renderReadme } = await import('../bin/readme.mjs');
    expect(readFileSync(path.join(root, 'README.md'), 'utf8')).toBe(await renderReadme());
  });

  test('no path of a machine and no registry is written down', () => {
    const wrong = violations(
      ({ text }) => text.match(/\/(home|work|Users)\/\w+\/|registry\.npmjs|debian\.org/g) ?? [],
      [...code, ...scripts],
    );
    expect(wrong).toEqual([]);
  });
});
