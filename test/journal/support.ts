import { onTestFinished } from 'vitest';
import { systemClock } from '#src/base/clock';
import type { AppError } from '#src/base/errors';
import { createMetrics } from '#src/base/metrics';
import type { Frame, RawMessage, Source } from '#src/contracts/frame';
import { createJournal, type JournalRoom } from '#src/journal/journal';
import { quietLogger } from '../support/quiet.ts';

export async function openJournal(dir: string, bytesMax = 1e9): Promise<JournalRoom> {
  const journal = createJournal({
    dir,
    bytesMax,
    clock: systemClock,
    logger: quietLogger,
    metrics: createMetrics(),
  });
  onTestFinished(() => journal.stop());
  await journal.start(new AbortController().signal);
  return journal;
}

export const SOURCES: readonly Source[] = [
  { coop: 'tra-vinh', site: 'ao-1', device: 'ao-1', kind: 'pond-sensor' },
  { coop: 'tra-vinh', site: null, device: 'bay-7', kind: 'insect-trap' },
  { coop: 'bến-tre', site: 'vườn 2', device: 'tuoi-2', kind: 'drip-controller' },
];

const TOPICS = ['report', 'status', 'ack'] as const;

/** Message number `index`: every field follows from it, so that any reader can check it. */
export function message(index: number, bytes = 20 + ((index * 37) % 400)): RawMessage {
  const payload = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at++) payload[at] = (index * 31 + at * 7) & 0xff;
  new DataView(payload.buffer).setUint32(0, index, true);
  return {
    source: SOURCES[index % SOURCES.length] as Source,
    topic: TOPICS[index % TOPICS.length] ?? 'report',
    payload,
    receivedAt: 1_790_000_000_000 + index,
  };
}

export function append(journal: JournalRoom, what: RawMessage): Promise<AppError | null> {
  return new Promise((resolve) => journal.append(what, resolve));
}

/** Appends messages `[from, to)`, in commits of at most `perCommit`. */
export async function appendRange(
  journal: JournalRoom,
  [from, to]: readonly [number, number],
  perCommit = 50,
): Promise<void> {
  for (let start = from; start < to; start += perCommit) {
    const waiting: Promise<AppError | null>[] = [];
    for (let index = start; index < Math.min(to, start + perCommit); index++) {
      waiting.push(append(journal, message(index)));
    }
    for (const error of await Promise.all(waiting)) if (error !== null) throw error;
  }
}

export async function readAll(
  journal: JournalRoom,
  from = 0,
  bytesMax = 100_000,
): Promise<Frame[]> {
  const frames: Frame[] = [];
  let next = from;
  for (;;) {
    const batch = await journal.read(next, bytesMax);
    if (batch.next < next) throw new Error(`reading went back from ${next} to ${batch.next}`);
    frames.push(...batch.frames);
    if (batch.next === next) return frames;
    next = batch.next;
  }
}

/** What differs between the frame and message `index`, or null. */
export function difference(frame: Frame, index: number): string | null {
  const expected = message(index, frame.payload.byteLength);
  const same =
    frame.receivedAt === expected.receivedAt &&
    frame.topic === expected.topic &&
    JSON.stringify(frame.source) === JSON.stringify(expected.source) &&
    Buffer.from(frame.payload).equals(Buffer.from(expected.payload));
  return same ? null : `frame ${frame.offset} is not message ${index}`;
}

export async function until(condition: () => boolean, ms: number, what: string): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
