import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#src/base/clock';
import { openDatabase } from '#src/base/sqlite';
import { createState, type StateService } from '#src/state/state';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';
import { createRandom, seed } from '../support/random.ts';
import { bytesOf, deviceOf, hashOf, settle } from './examples.ts';
import { auditOf } from './examples-water.ts';

const CHILD = fileURLToPath(new URL('./committing-child.mjs', import.meta.url));

function newFile(): string {
  return path.join(temporaryFolder(), 'state.db');
}

async function open(file: string): Promise<StateService> {
  const state = createState({ file, clock: systemClock, logger: quietLogger });
  onTestFinished(() => state.stop());
  await state.start(new AbortController().signal);
  return state;
}

/** Runs the child until it is killed `ms` after its start, or after its first commit. */
async function runAndKill(file: string, after: 'start' | 'commit', ms: number): Promise<number> {
  const child: ChildProcess = spawn(process.execPath, [CHILD, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let doomed = false;
  const kill = (): void => {
    if (!doomed) setTimeout(() => child.kill('SIGKILL'), ms);
    doomed = true;
  };
  if (after === 'start') kill();
  child.stdout?.on('data', (chunk) => {
    text += chunk;
    if (/^\d+\n/m.test(text)) kill();
  });
  await new Promise((resolve) => child.once('close', resolve));
  // The last line may be cut off in the middle of a number.
  const numbers = text.slice(0, text.lastIndexOf('\n') + 1).match(/^\d+$/gm) ?? [];
  return Number(numbers.at(-1) ?? 0);
}

describe('kill -9', () => {
  test(`what was committed stays, whole, and nothing else (SEED=${seed})`, async () => {
    const file = newFile();
    const random = createRandom();
    let certain = 0;
    for (let round = 0; round < 12; round++) {
      const [after, ms] = round < 3 ? (['start', 300] as const) : (['commit', 80] as const);
      certain = Math.max(certain, await runAndKill(file, after, Math.round(random() * ms)));
      const state = await open(file);
      const number = await state.cursors.get('number');
      const [count] = await state.ledger.counts('2026-01-01', '2026-01-01');
      expect(number).toBeGreaterThanOrEqual(certain);
      expect(count?.received ?? 0).toBe(number);
      const newest = await state.ledger.rejections({}, { limit: 41 });
      const offsets = newest.items.map(({ offset }) => offset);
      expect(offsets.filter((offset) => offset === number)).toHaveLength(number === 0 ? 0 : 40);
      expect(Math.max(0, ...offsets)).toBe(number);
      expect(state.repairs).toEqual([]);
      certain = number;
      await state.stop();
    }
    expect(certain).toBeGreaterThan(9);
  });
});

describe('a full disk', () => {
  test.skipIf(process.platform === 'win32')('refuses writes, and loses nothing', async () => {
    const file = newFile();
    // A limit on the size of files (512-byte blocks) stands in for a disk of 1 MB.
    const script = `ulimit -f 2048; exec "${process.execPath}" "${CHILD}" "${file}"`;
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(text).toMatch(/failed STATE_UNAVAILABLE false\n$/);
    const certain = Number(text.match(/^\d+$/gm)?.at(-1));
    const state = await open(file);
    expect(await state.cursors.get('number')).toBe(certain);
    expect(state.repairs).toEqual([]);
    expect(state.readiness().ok).toBe(true);
  });
});

describe('the thread', () => {
  test('that dies is replaced: who waited is told, what was committed is there', async () => {
    const created = once(process, 'worker') as Promise<[Worker]>;
    const state = await open(newFile());
    const [thread] = await created;
    await settle(state);
    await state.devices.create(deviceOf(), hashOf('s'));
    const refused = { code: 'STATE_UNAVAILABLE' };
    const transaction = state.transaction(async (tx) => {
      await tx.cursors.set('ledger', 5);
      expect(await tx.cursors.get('ledger')).toBe(5);
      await thread.terminate();
      expect(state.readiness().ok).toBe(false);
      const answers = () => state.cursors.get('ledger').catch(() => 'unavailable');
      await expect.poll(answers, { timeout: 5_000 }).toBe(0);
      // The new thread knows nothing of this transaction, and must not take its second half.
      await tx.cursors.set('rules', 5);
    });
    const waiting = state.cursors.set('live', 7);
    await expect(transaction).rejects.toMatchObject(refused);
    await waiting;
    await expect.poll(() => state.readiness().ok, { timeout: 5_000 }).toBe(true);
    expect(await state.cursors.get('live')).toBe(7);
    expect(await state.cursors.get('rules')).toBe(0);
    await state.devices.create(deviceOf({ id: 'd-2' }), hashOf('s'));
    expect(await state.cursors.get('ledger')).toBe(0);
    expect([...state.registry.all()].map(({ id }) => id)).toEqual(['d-1', 'd-2']);
  });
});

describe('migrations', () => {
  test('run once, from nothing, and change nothing the second time', async () => {
    const file = newFile();
    const schemaOf = (): unknown[] => {
      const database = openDatabase(file, { readOnly: true });
      const rows = database
        .prepare('select type, name, sql from sqlite_schema order by name')
        .all();
      const done = database.prepare('select name, timestamp from kysely_migration').all();
      database.close();
      return [rows, done];
    };
    await (await open(file)).stop();
    const first = schemaOf();
    await (await open(file)).stop();
    expect(schemaOf()).toEqual(first);
  });

  test('of a later program are refused, and the file is left as it is', async () => {
    const file = newFile();
    await (await open(file)).stop();
    const database = openDatabase(file);
    database.exec("insert into kysely_migration values ('9999-the-future', '2031-01-01')");
    database.close();
    const before = readFileSync(file);
    await expect(open(file)).rejects.toMatchObject({ code: 'STATE_TOO_NEW' });
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(path.dirname(file))).toEqual(['state.db']);
  });
});

describe('a damaged file', () => {
  test('that is no database is set aside, and the start goes on', async () => {
    const file = newFile();
    writeFileSync(file, 'this was never a database, but it is long enough to look'.repeat(100));
    const state = await open(file);
    expect(state.repairs).toHaveLength(1);
    expect(state.repairs[0]).toContain('nothing could be read');
    const names = readdirSync(path.dirname(file)).filter((name) => name.includes('damaged'));
    expect(names).toHaveLength(1);
    expect(names[0]).toMatch(/^state\.db\.damaged-\d{4}-\d\d-\d\dT[\d-]+\.\d{3}Z$/);
    await settle(state);
    await state.stop();
    const again = await open(file);
    expect(again.repairs).toEqual([]);
    expect(await again.coops.get('an-binh')).toBeDefined();
  });

  test('gives back what can still be read: devices keep their secrets', async () => {
    const file = newFile();
    const state = await open(file);
    await settle(state);
    for (let index = 0; index < 500; index++) {
      await state.devices.create(deviceOf({ id: `d-${index}` }), hashOf(`secret ${index}`));
    }
    await state.audit.append([auditOf(), auditOf(), auditOf()]);
    await state.stop();
    spoilLeafOf(file, 'devices');
    const again = await open(file);
    expect(again.repairs[0]).toMatch(/kept 2 coops, 2 sites, \d+ devices, \d+ device_secrets/);
    expect(again.registry.size).toBeGreaterThan(300);
    expect(again.registry.size).toBeLessThan(500);
    for (const { id } of again.registry.all()) {
      const secret = bytesOf(`secret ${id.slice(2)}`);
      expect(again.registry.authenticate(id, secret)?.device).toBe(id);
    }
    await again.devices.create(deviceOf({ id: 'd-new' }), hashOf('s'));
    const { items } = await again.audit.list({}, { limit: 9 });
    expect(items.map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  test('cut short is noticed', async () => {
    const file = newFile();
    const state = await open(file);
    await settle(state);
    await state.stop();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length - 8_192));
    const again = await open(file);
    expect(again.repairs).toHaveLength(1);
    await again.settings.set('works', 'yes');
  });

  test('is not what a missing right is: then the start fails and nothing is moved', async () => {
    const folder = temporaryFolder();
    await expect(open(folder)).rejects.toBeInstanceOf(Error);
    expect(existsSync(folder)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** Overwrites one of the pages in the middle of a table's rows. */
function spoilLeafOf(file: string, table: string): void {
  const database = openDatabase(file);
  const schema = database.prepare('select rootpage from sqlite_schema where name = ?');
  const { rootpage } = schema.get(table) as { rootpage: number };
  const { page_size: size } = database.prepare('pragma page_size').get() as { page_size: number };
  database.close();
  const bytes = readFileSync(file);
  const root = (rootpage - 1) * size;
  // An inner page lists its children's numbers in cells found through the array at offset 12.
  expect(bytes[root]).toBe(5);
  const cells = bytes.readUInt16BE(root + 3);
  const cell = bytes.readUInt16BE(root + 12 + 2 * Math.floor(cells / 2));
  const child = bytes.readUInt32BE(root + cell);
  bytes.fill(0xa5, (child - 1) * size, child * size);
  writeFileSync(file, bytes);
}

describe('the file', () => {
  test('is for its owner only', async () => {
    const file = newFile();
    const state = await open(file);
    await settle(state);
    for (const suffix of ['', '-wal', '-shm']) {
      expect(statSync(file + suffix).mode & 0o077).toBe(0);
    }
  });

  test('can be copied with its WAL while the state is open', async () => {
    const file = newFile();
    const state = await open(file);
    await settle(state);
    const copy = newFile();
    for (const suffix of ['', '-wal']) copyFileSync(file + suffix, copy + suffix);
    expect(await (await open(copy)).coops.get('phu-my')).toBeDefined();
  });
});

function fillWithDevices(file: string, count: number): void {
  const database = openDatabase(file);
  const hash = Buffer.from(hashOf('s')).toString('base64url');
  database.exec(`
    create temp table numbers as with recursive n(i) as
      (select 1 union all select i + 1 from n where i < ${count}) select i from n;
    insert into devices (id, coop, kind, created_at)
      select 'd-' || i, 'an-binh', 'pond-sensor', i from numbers;
    insert into device_secrets (device, generation, hash, created_at)
      select 'd-' || i, 1, '${hash}', i from numbers;
  `);
  database.close();
}

describe('size', () => {
  test('ten thousand devices are in the registry soon after the start', async () => {
    const file = newFile();
    const state = await open(file);
    await settle(state);
    await state.stop();
    fillWithDevices(file, 10_000);
    const again = createState({ file, clock: systemClock, logger: quietLogger });
    const begin = performance.now();
    await again.start(new AbortController().signal);
    const took = performance.now() - begin;
    await again.stop();
    expect(again.registry.size).toBe(10_000);
    // About 0.3 s on a quiet machine; ten times that would no longer be a start in 1.5 s.
    expect(took).toBeLessThan(3_000);
  });
});
