import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { auditOrder, parseTrace, straceMissing, traceNode } from '../support/strace.ts';
import { openJournal, readAll } from './support.ts';

const appendScript = fileURLToPath(new URL('./children/append.mjs', import.meta.url));
const missing = straceMissing();

test.skipIf(missing !== null)(
  `every acknowledgement follows the sync of its record${missing === null ? '' : ` (${missing})`}`,
  async () => {
    const dir = temporaryFolder();
    const count = 300;
    const calls = await traceNode(path.join(dir, 'trace'), [
      appendScript,
      dir,
      '0',
      '20',
      String(count),
    ]);
    const problems = auditOrder({
      calls,
      isJournal: (target) => target.endsWith('journal.db-wal'),
      records: Array.from({ length: count }, (_, index) => ({
        token: `record-${index};`,
        isAnswer: (call) => call.text.includes(`acknowledged-${index};`),
      })),
    });
    expect(problems).toEqual([]);
  },
);

/** The n-th call of the journal's thread fails, and the one after it. */
const FAULTS = [
  ...[9, 20, 41].map((n) => `fdatasync,fsync:error=EIO:when=${n}..${n + 1}`),
  ...[61, 100, 163].map((n) => `pwrite64:error=EIO:when=${n}..${n + 1}`),
  ...[50, 120].map((n) => `pwrite64:error=ENOSPC:when=${n}..${n + 1}`),
];

/** What went wrong when the journal met the fault; nothing, when it kept its promise. */
async function meetFault(inject: string): Promise<string[]> {
  const dir = temporaryFolder();
  const count = 300;
  const script = [appendScript, dir, '0', '5', String(count)];
  const calls = await traceNode(path.join(dir, 'trace'), script, inject);
  const said = calls.filter((call) => call.name === 'write').map((call) => call.text);
  const acknowledged = Array.from({ length: count }, (_, index) => index).filter((index) =>
    said.some((text) => text.includes(`acknowledged-${index};`)),
  );
  const problems = auditOrder({
    calls,
    isJournal: (target) => target.endsWith('journal.db-wal'),
    records: acknowledged.map((index) => ({
      token: `record-${index};`,
      isAnswer: (call) => call.text.includes(`acknowledged-${index};`),
    })),
  });
  if (!said.some((text) => text.includes('JOURNAL_WRITE_FAILED'))) problems.push('no refusal seen');
  // It recovered alone when the last ones were taken again.
  if ((acknowledged.at(-1) ?? 0) < count - 10) problems.push('it did not recover');
  const journal = await openJournal(dir);
  const stored = new Set((await readAll(journal)).map((frame) => frame.receivedAt));
  for (const index of acknowledged) if (!stored.has(index)) problems.push(`${index} is lost`);
  problems.push(...journal.status().repairs);
  await journal.stop();
  return problems;
}

test.skipIf(missing !== null)(
  'a disk that fails: no acknowledgement, and it recovers alone',
  async () => {
    const outcomes = await Promise.all(
      FAULTS.map(async (inject) => (await meetFault(inject)).map((text) => `${inject}: ${text}`)),
    );
    expect(outcomes.flat()).toEqual([]);
  },
);

describe('the audit itself', () => {
  const written = '7 pwrite64(9</d/journal.db-wal>, "..r-1;..", 8, 32) = 8';
  const synced = '7 fdatasync(9</d/journal.db-wal>) = 0';
  const answered = '6 write(1<pipe:[5]>, "a-1;", 4) = 4';
  const audit = (...lines: string[]): string[] =>
    auditOrder({
      calls: parseTrace(lines.join('\n')),
      isJournal: (target) => target.endsWith('-wal'),
      records: [{ token: 'r-1;', isAnswer: (call) => call.text.includes('a-1;') }],
    });

  test('accepts write, sync, answer', () => {
    expect(audit(written, synced, answered)).toEqual([]);
  });

  test('refuses an answer before the sync ended, a failed sync, a sync that began too early', () => {
    const early = ['r-1; was answered before its sync'];
    expect(audit(written, answered, synced)).toEqual(early);
    expect(audit(synced, written, answered)).toEqual(early);
    expect(audit(written, synced.replace('= 0', '= -1 EIO (I/O error)'), answered)).toEqual(early);
    expect(audit(written, synced.replace('-wal', ''), answered)).toEqual(early);
    const [start, end] = [
      '7 fdatasync(9</d/journal.db-wal> <unfinished ...>',
      '7 <... fdatasync resumed>) = 0',
    ];
    expect(audit(written, start, end, answered)).toEqual([]);
    expect(audit(written, start, answered, end)).toEqual(early);
    expect(audit(start, written, end, answered)).toEqual(early);
  });

  test('refuses what it cannot see', () => {
    expect(audit(synced, answered)).toEqual(['r-1; was never written to the journal']);
    expect(audit(written, synced)).toEqual(['r-1; was never answered']);
  });
});
