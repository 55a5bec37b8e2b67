// Writes the parts of the README that come from the program: the settings and the measured figures.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

const file = path.join(root, 'README.md');
const results = path.join(root, 'bench', 'results', 'latest.json');

function table(headings, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Imports a module of the built program. */
function built(name) {
  return import(pathToFileURL(path.join(root, 'dist/src', name)));
}

function rowsTable(settings) {
  const rows = settings.map(({ name, fallback, text }) => [
    `\`${name}\``,
    fallback === '' ? '' : `\`${fallback}\``,
    text,
  ]);
  return table(['setting', 'default', 'what it is'], rows);
}

async function settingsTable() {
  return rowsTable((await built('config.js')).describeSettings());
}

async function channelsTable() {
  return rowsTable(await (await built('notify/discover.js')).describeChannels());
}

async function forecastsTable() {
  return rowsTable(await (await built('irrigation/providers.js')).describeForecastProviders());
}

function figuresTable() {
  const { commit, node, cpu, date, figures } = JSON.parse(readFileSync(results, 'utf8'));
  const rows = figures.map(({ what, value, goal }) => [what, value, goal ?? '']);
  const conditions = `Measured on ${date} at commit ${commit} with Node ${node} on ${cpu}.`;
  return `${conditions}\n\n${table(['what', 'measured', 'goal'], rows)}`;
}

function replaceBetween(text, name, content) {
  const begin = `<!-- ${name}: written by a script -->`;
  const end = `<!-- end of ${name} -->`;
  const [head, rest] = text.split(begin);
  const tail = rest?.split(end)[1];
  if (tail === undefined) throw new Error(`README.md has no place for ${name}`);
  return `${head}${begin}\n${content}\n${end}${tail}`;
}

/** The README as it should be now. */
export async function renderReadme() {
  let text = readFileSync(file, 'utf8');
  text = replaceBetween(text, 'settings', await settingsTable());
  text = replaceBetween(text, 'channels', await channelsTable());
  text = replaceBetween(text, 'forecasts', await forecastsTable());
  if (existsSync(results)) text = replaceBetween(text, 'figures', figuresTable());
  return text;
}

export async function writeReadme() {
  writeFileSync(file, await renderReadme());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeReadme();
