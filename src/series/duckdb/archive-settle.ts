import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { describeError } from '../../base/errors.ts';
import {
  type ArchivedFile,
  archiveFiles,
  isTemporary,
  listFolder,
  metricKey,
  readSidecar,
  type Sidecar,
  sha256Of,
  sidecarPath,
} from './archive-files.ts';
import { readLooseFile } from './archive-loose.ts';
import { duplicatesPath, inMonth, readSpans } from './archive-month.ts';
import { register, registerCounts, registeredFiles } from './archive-tables.ts';
import { allRows } from './database.ts';
import type { KindColumns } from './protocol.ts';
import { identifier, literal } from './sql.ts';

export interface SettleContext {
  connection: DuckDBConnection;
  /** Folder of the archive. */
  dir: string;
  kinds: readonly KindColumns[];
  timeZone: string;
  /** Goes into the names of what is set aside. */
  now: number;
}

/**
 * Brings the archive's files and the database together at an open: a database that was made anew
 * takes all of them over, any other removes what a step that was cut short left behind. Returns
 * lines for the operator.
 */
export async function settleArchive(context: SettleContext): Promise<string[]> {
  const { connection, dir } = context;
  for (const folder of [dir, ...kindFolders(dir)]) removeTemporary(folder);
  const [state] = await allRows(
    connection,
    `SELECT (SELECT count(*) FROM store.identity)::DOUBLE,
       (SELECT coalesce(max(next), 0) FROM store.cursor)::DOUBLE`,
  );
  const [identities = 0, cursor = 0] = (state ?? []).map(Number);
  const repairs: string[] = [];
  if (identities === 0 && cursor === 0) repairs.push(...(await adopt(context)));
  else if (identities === 0) await makeIdentity(connection, 0);
  else repairs.push(...(await removeLeftovers(context)));
  await addForgottenMetrics(context);
  return repairs;
}

function kindFolders(dir: string): string[] {
  return listFolder(dir)
    .map((name) => path.join(dir, name))
    .filter((folder) => statSync(folder).isDirectory())
    .sort();
}

function removeTemporary(folder: string): void {
  for (const name of listFolder(folder)) {
    if (isTemporary(name)) rmSync(path.join(folder, name), { force: true });
  }
}

async function makeIdentity(connection: DuckDBConnection, charged: number): Promise<void> {
  await connection.run(`INSERT INTO store.identity VALUES (${literal(randomUUID())}, ${charged})`);
}

/** Takes over every month by its newest file that is whole; all of them, or none. */
async function adopt(context: SettleContext): Promise<string[]> {
  const { connection, dir } = context;
  const repairs: string[] = [];
  const months: Array<{ path: string; sidecar: Sidecar }> = [];
  for (const folder of kindFolders(dir)) {
    const { found, lines } = await wholeFiles(context, folder);
    months.push(...found);
    repairs.push(...lines);
  }
  const duplicates = await readableDuplicates(context);
  if (duplicates === 'damaged') {
    repairs.push('how often values were repeated could not be read from the archive');
  }
  const charged = Math.max(
    duplicates === 'damaged' ? 0 : duplicates,
    ...months.map(({ sidecar }) => sidecar.next),
  );
  await connection.run('BEGIN');
  for (const { path: file, sidecar } of months) {
    const { counts, removed, format: _, ...described } = sidecar;
    if (removed) {
      await registerCounts(connection, described, counts);
      continue;
    }
    await addSources(connection, described.kind, file);
    const spans = await readSpans(connection, described.kind, file);
    await register(connection, { file: described, counts, spans });
  }
  if (duplicates !== 'damaged' && duplicates > 0) {
    await connection.run(
      `INSERT INTO store.ledger SELECT coop, device, day, duplicates
       FROM read_parquet(${literal(duplicatesPath(dir))})`,
    );
  }
  await makeIdentity(connection, charged);
  await connection.run('COMMIT');
  return [...repairs, ...adoptedLines(months.map(({ sidecar }) => sidecar))];
}

function adoptedLines(sidecars: readonly Sidecar[]): string[] {
  const kinds = new Map<string, Sidecar[]>();
  for (const sidecar of sidecars) {
    if (sidecar.removed) continue;
    kinds.set(sidecar.kind, [...(kinds.get(sidecar.kind) ?? []), sidecar]);
  }
  return [...kinds].map(([kind, files]) => {
    const values = files.reduce((sum, file) => sum + file.values, 0);
    const span = `${files[0]?.month} to ${files.at(-1)?.month}`;
    return `${values} values of ${kind} in ${files.length} months (${span}) came back from the archive`;
  });
}

/** Of each month the newest file that can be read and is what was written. */
async function wholeFiles(
  context: SettleContext,
  folder: string,
): Promise<{ found: Array<{ path: string; sidecar: Sidecar }>; lines: string[] }> {
  const found: Array<{ path: string; sidecar: Sidecar }> = [];
  const lines: string[] = [];
  const seen = new Set<string>();
  for (const { month, name } of archiveFiles(folder)) {
    if (seen.has(month)) continue;
    const file = path.join(folder, name);
    const sidecar = readSidecar(file);
    try {
      const whole = await wholeFile(context, file, sidecar);
      found.push({ path: file, sidecar: whole });
      seen.add(month);
    } catch (error) {
      lines.push(setFileAside(file, context.now, { held: sidecar, why: describeError(error) }));
    }
  }
  // Files that were removed for their age left their counts.
  for (const name of listFolder(folder)) {
    if (!name.endsWith('.json')) continue;
    const file = path.join(folder, name.replace(/\.json$/, '.parquet'));
    const sidecar = readSidecar(file);
    if (sidecar?.removed !== true || seen.has(sidecar.month)) continue;
    found.push({ path: file, sidecar });
    seen.add(sidecar.month);
  }
  return { found, lines };
}

async function wholeFile(
  { connection, timeZone }: SettleContext,
  file: string,
  sidecar: Sidecar | null,
): Promise<Sidecar> {
  if (sidecar !== null && (await sha256Of(file)) !== sidecar.sha256) {
    throw new Error('its checksum is not the one it was written with');
  }
  await allRows(connection, `SELECT count(hash(a)) FROM read_parquet(${literal(file)}) a`);
  return sidecar ?? (await readLooseFile(connection, file, timeZone));
}

/** Moves a file out of the way and says what it held. */
export function setFileAside(
  file: string,
  now: number,
  { held, why }: { held: ArchivedFile | null; why: string },
): string {
  const suffix = `.damaged-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`;
  for (const name of [file, sidecarPath(file)]) {
    if (statSync(name, { throwIfNoEntry: false }) !== undefined) renameSync(name, name + suffix);
  }
  const name = path.join('archive', path.basename(path.dirname(file)), path.basename(file));
  const values = held === null ? 'an unknown number of values' : `${held.values} values`;
  return `${name} set aside, ${values} of that month lost: ${why}`;
}

/** Frames below which repeats are in the file; 0 when there is none. */
async function readableDuplicates({ connection, dir }: SettleContext): Promise<number | 'damaged'> {
  const file = duplicatesPath(dir);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return 0;
  try {
    await allRows(connection, `SELECT count(hash(a)) FROM read_parquet(${literal(file)}) a`);
    const [row] = await allRows(
      connection,
      `SELECT decode(value)::DOUBLE FROM parquet_kv_metadata(${literal(file)})
       WHERE decode(key) = 'next'`,
    );
    return Number(row?.[0]);
  } catch {
    return 'damaged';
  }
}

async function addSources(connection: DuckDBConnection, kind: string, file: string) {
  await connection.run(
    `INSERT INTO store.source
     SELECT (SELECT coalesce(max(id), 0) FROM store.source)
         + row_number() OVER (ORDER BY device, coop, site), ${literal(kind)}, coop, site, device
     FROM (SELECT DISTINCT coop, site, device FROM read_parquet(${literal(file)})) a
     WHERE NOT EXISTS (
       SELECT 1 FROM store.source s WHERE s.kind = ${literal(kind)} AND s.device = a.device
         AND s.coop = a.coop AND s.site IS NOT DISTINCT FROM a.site)`,
  );
}

/** Files without a registration: removed when the database has their rows, else left and told. */
async function removeLeftovers(context: SettleContext): Promise<string[]> {
  const { connection, dir } = context;
  const registered = await registeredFiles(connection);
  const known = new Map(registered.map((file) => [path.join(dir, file.kind, file.file), file]));
  const foreign: string[] = [];
  for (const folder of kindFolders(dir)) {
    for (const { month, name } of archiveFiles(folder)) {
      const file = path.join(folder, name);
      if (known.has(file)) continue;
      const kind = path.basename(folder);
      const current = registered.find((one) => one.kind === kind && one.month === month);
      const newer = current === undefined ? null : path.join(folder, current.file);
      const removed = readSidecar(file)?.removed === true;
      if (removed || (await holdsRows(context, { kind, month, file, newer }))) {
        rmSync(file, { force: true });
        if (!removed) rmSync(sidecarPath(file), { force: true });
      } else {
        foreign.push(path.join('archive', kind, name));
      }
    }
    removeLoneSidecars(folder);
  }
  if (foreign.length === 0) return [];
  return [`not part of this store and left alone: ${foreign.join(', ')}`];
}

/** A step that was cut short may leave the sidecar of a file that never got its name. */
function removeLoneSidecars(folder: string): void {
  const names = new Set(listFolder(folder));
  for (const name of names) {
    if (!name.endsWith('.json') || names.has(name.replace(/\.json$/, '.parquet'))) continue;
    const file = path.join(folder, name.replace(/\.json$/, '.parquet'));
    if (readSidecar(file)?.removed === false) rmSync(sidecarPath(file));
  }
}

/** Every row of the file stands in the database, or a later report of the same instant does. */
async function holdsRows(
  { connection, kinds }: SettleContext,
  { kind, month, file, newer }: { kind: string; month: string; file: string; newer: string | null },
): Promise<boolean> {
  if (!kinds.some(({ name }) => name === kind)) return false;
  const archived =
    newer === null
      ? ''
      : `UNION ALL SELECT device, epoch_ms(time), frame_offset FROM read_parquet(${literal(newer)})`;
  try {
    const [row] = await allRows(
      connection,
      `WITH held AS (
         SELECT s.device, _observed_at AS instant, _offset AS place
         FROM ${identifier(kind)} JOIN store.source s ON s.id = _source WHERE ${inMonth(month)}
         ${archived}
       ), latest AS (SELECT device, instant, max(place) AS place FROM held GROUP BY ALL)
       SELECT count(*)::DOUBLE FROM read_parquet(${literal(file)}) a
       LEFT JOIN latest l ON l.device = a.device AND l.instant = epoch_ms(a.time)
       WHERE l.place IS NULL OR l.place < a.frame_offset`,
    );
    return row?.[0] === 0;
  } catch {
    return false;
  }
}

/** A metric nobody names any more has its column in the table, so that a merge keeps its values. */
async function addForgottenMetrics({ connection, kinds }: SettleContext): Promise<void> {
  const registered = await registeredFiles(connection);
  let added = false;
  for (const { name } of kinds) {
    const columns = await allRows(
      connection,
      `SELECT lower(column_name) FROM duckdb_columns()
       WHERE schema_name = 'main' AND table_name = ${literal(name)}`,
    );
    const known = new Set(columns.map(([column]) => String(column)));
    for (const metric of registered.flatMap((file) => (file.kind === name ? file.metrics : []))) {
      const key = metricKey(metric.name);
      if (known.has(key)) continue;
      known.add(key);
      added = true;
      await connection.run(
        `ALTER TABLE ${identifier(name)} ADD COLUMN ${identifier(metric.name)} DOUBLE`,
      );
    }
  }
  // A log that holds a change of shape may not be replayable: keep it for milliseconds only.
  if (added) await connection.run('CHECKPOINT');
}
