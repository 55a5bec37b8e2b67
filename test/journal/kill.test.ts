import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.ts';
import { createRandom, seed } from '../support/random.ts';
import { openJournal } from './support.ts';

const script = fileURLToPath(new URL('./children/append.mjs', import.meta.url));
const ROUNDS = 20;

/** Lets a child append until it is killed; the numbers it acknowledged and its error output. */
async function killedRound(dir: string, first: number, lifeMs: number) {
  const child = spawn(process.execPath, [script, dir, String(first), '64', '1000000']);
  let output = '';
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const killed = new Promise<void>((resolve) => {
    const kill = (): void => {
      child.kill('SIGKILL');
      resolve();
    };
    // Some lives end before the journal is open.
    const last = setTimeout(kill, 5_000);
    if (lifeMs < 0) setTimeout(kill, -lifeMs);
    child.stdout.on('data', (chunk) => {
      if (output === '' && lifeMs >= 0) setTimeout(kill, lifeMs);
      output += chunk;
    });
    child.once('close', () => clearTimeout(last));
  });
  await Promise.all([killed, ended]);
  const acknowledged = [...output.matchAll(/acknowledged-(\d+);/g)].map((match) =>
    Number(match[1]),
  );
  return { acknowledged, complaint: complaint + (/refused.*/.exec(output)?.[0] ?? '') };
}

test(`kill -9, ${ROUNDS} times: nothing acknowledged is missing or changed (SEED=${seed})`, async () => {
  const random = createRandom();
  const dir = temporaryFolder();
  const acknowledged = new Set<number>();
  const found: number[] = [];
  let offset = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const first = round * 1_000_000;
    const lifeMs = round % 6 === 5 ? -(20 + random() * 150) : random() * 80;
    const life = await killedRound(dir, first, lifeMs);
    expect(life.complaint).toBe('');
    for (const number of life.acknowledged) acknowledged.add(number);
    const journal = await openJournal(dir);
    expect(journal.status().repairs).toEqual([]);
    for (;;) {
      const batch = await journal.read(offset, 1e6);
      if (batch.next === offset) break;
      for (const frame of batch.frames) {
        expect(frame.offset).toBe(offset++);
        const text = Buffer.from(frame.payload).toString();
        const number = frame.receivedAt;
        const token = `record-${number};`;
        const filler = '.'.repeat((number * 37) % 600) + '-'.repeat(40);
        if (text !== token + filler + token) throw new Error(`record ${number} was changed`);
        if (frame.source.device !== `ao-${number % 7}`) throw new Error(`${number} is misfiled`);
        found.push(number);
      }
    }
    await journal.stop();
  }
  const stored = new Set(found);
  expect([...acknowledged].filter((number) => !stored.has(number))).toEqual([]);
  // In the order sent, and none twice.
  expect(found.every((number, index) => index === 0 || number > (found[index - 1] ?? 0))).toBe(
    true,
  );
  expect(acknowledged.size).toBeGreaterThan(ROUNDS * 10);
}, 60_000);
