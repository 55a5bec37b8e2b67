import { parentPort, workerData } from 'node:worker_threads';
import { describeError } from '../base/errors.ts';
import { type CopyReply, type CopyRequest, SLICE_NUMBERS, type Slice } from './protocol.ts';
import { JournalStore } from './store.ts';

/** Slices of 1 MiB in one transaction: bounds the copy's WAL, and what one sync has to write. */
const SLICES_PER_COMMIT = 8;

/**
 * The thread that writes a copy of the journal. It is given commits as they were stored, and
 * answers each message, so that no more is read than it can write. Its end frees the file.
 */
const { file } = workerData as { file: string };
if (parentPort === null) throw new Error('the copier was not started as a thread');
const port = parentPort;
let slices = 0;

function addSlice(store: JournalStore, { buffer, commits }: Slice): void {
  let position = 0;
  for (let entry = 0; entry < commits.length; entry += SLICE_NUMBERS) {
    const numbers = commits.slice(entry, entry + SLICE_NUMBERS);
    const [first = 0, count = 0, bytes = 0, receivedAt = 0, crc = 0] = numbers;
    const frames = new Uint8Array(buffer, position, bytes);
    store.restore({ first, count, receivedAt, crc, frames });
    position += bytes;
  }
  slices++;
  if (slices % SLICES_PER_COMMIT !== 0) return;
  store.end();
  store.restartWal();
  store.begin();
}

function finish(store: JournalStore, request: CopyRequest & { type: 'finish' }): void {
  store.addSources(request.sources);
  store.noteGaps();
  store.end();
  store.reload();
  store.advance(request.head);
  // All of it in the file itself: only that is copied on.
  store.restartWal();
}

function serve(store: JournalStore): void {
  store.begin();
  port.on('message', (request: CopyRequest) => {
    const reply: CopyReply = { failure: null, position: null };
    try {
      if (request.type === 'slice') {
        addSlice(store, request.slice);
      } else if (request.type === 'finish') {
        finish(store, request);
        reply.position = store.position();
      }
    } catch (error) {
      const message = `the copy of the journal failed: ${describeError(error)}`;
      reply.failure = { code: 'BACKUP_FAILED', message, hint: undefined };
    }
    port.postMessage(reply);
    if (request.type !== 'slice' || reply.failure !== null) {
      store.close();
      port.close();
    }
  });
}

serve(new JournalStore(file));
