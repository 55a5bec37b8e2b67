import { parentPort, workerData } from 'node:worker_threads';
import { repeat } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import { isDamage } from './database.ts';
import { explain } from './explain.ts';
import type { JobRequest, ThreadOptions, ThreadReply, ThreadRequest } from './protocol.ts';
import type { JournalStore } from './store.ts';
import { openJournal } from './swap.ts';

/**
 * The journal's thread: the only one that touches the file. It answers requests in the order they
 * come. A write that failed is rolled back; when that fails too, or the file contradicts itself,
 * the thread ends after its answer: its end frees every handle, and a new one starts from the file.
 */
const IDLE_CHECK_MS = 1_000;

type Outcome = Partial<ThreadReply>;

const { file, headAtLeast } = workerData as ThreadOptions;
if (parentPort === null) throw new Error('the journal thread was not started as a thread');
const port = parentPort;
const repairs: string[] = [];
let busySinceCheck = false;

let store: JournalStore | null = null;

function open(): Outcome {
  store = openJournal(file, headAtLeast, repairs);
  try {
    // What a sync that failed before a restart left in the page cache is written once more.
    store.restartWal();
  } catch (error) {
    if (isDamage(error)) throw error;
  }
  return { sources: store.sources(), position: store.position() };
}

/** Runs `work` and sends what comes of it; false when the thread has to end. */
function answer(type: ThreadReply['type'], work: () => Outcome, buffer?: ArrayBuffer): boolean {
  const reply: ThreadReply = { type, failure: null, position: null, repairs: [] };
  let sound = true;
  try {
    Object.assign(reply, work());
  } catch (error) {
    reply.failure = explain(error, file);
    if (isDamage(error)) reply.damage = describeError(error);
    sound = reply.damage === undefined && recover(reply);
  }
  reply.repairs = repairs.splice(0);
  const transfers: ArrayBuffer[] = [];
  if (buffer !== undefined) {
    reply.buffer = buffer;
    transfers.push(buffer);
  }
  if (reply.slice !== undefined) transfers.push(reply.slice.buffer);
  port.postMessage(reply, transfers);
  return sound;
}

function recover(reply: ThreadReply): boolean {
  try {
    store?.recover();
    reply.position = store?.position() ?? null;
    return true;
  } catch (error) {
    if (isDamage(error)) reply.damage = describeError(error);
    return false;
  }
}

function perform(store: JournalStore, request: ThreadRequest): Outcome {
  if (request.type === 'commit') {
    const frames = new Uint8Array(request.buffer, 0, request.bytes);
    store.commit({ ...request, frames });
    return { position: store.position() };
  }
  const outcome = performJob(store, request);
  return { ...outcome, position: store.position() };
}

function performJob(store: JournalStore, request: JobRequest): Outcome {
  switch (request.type) {
    case 'read':
      return { slice: store.read(request.from, request.bytesMax, repairs) };
    case 'trim':
      return { more: store.trim(request.offset) };
    case 'advance':
      store.advance(request.offset);
      return {};
    case 'probe':
      store.probe();
      return {};
    case 'close':
      return {};
  }
}

/** After the answer is out, so that no acknowledgement waits for it. */
function checkpoint(store: JournalStore, idle: boolean): void {
  const checkpointFailure = store.checkpoint(idle);
  if (checkpointFailure === null) return;
  const reply = { type: 'noticed', failure: null, position: null, repairs: [] } as const;
  port.postMessage({ ...reply, repairs: [], checkpointFailure } satisfies ThreadReply);
}

function serve(store: JournalStore): void {
  const stopIdling = repeat(IDLE_CHECK_MS, () => {
    if (!busySinceCheck) checkpoint(store, true);
    busySinceCheck = false;
  });
  port.on('message', (request: ThreadRequest) => {
    busySinceCheck = true;
    const sound =
      request.type === 'commit'
        ? answer('committed', () => perform(store, request), request.buffer)
        : answer('finished', () => perform(store, request));
    if (sound && request.type !== 'close') return checkpoint(store, false);
    // Closing moves the WAL into the file; what cannot be moved is found there by the next start.
    stopIdling();
    store.close();
    port.close();
  });
}

if (answer('opened', open) && store !== null) serve(store);
