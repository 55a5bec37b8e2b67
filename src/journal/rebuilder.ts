import { parentPort, workerData } from 'node:worker_threads';
import { explain } from './explain.ts';
import type { RebuildReply, ThreadOptions } from './protocol.ts';
import { rebuildJournal } from './rebuild.ts';

/** A thread of its own for one rebuild: its end frees every handle on the damaged file. */
const { file, headAtLeast } = workerData as ThreadOptions;
const reply: RebuildReply = { failure: null, outcome: '' };
try {
  reply.outcome = rebuildJournal(file, headAtLeast);
} catch (error) {
  reply.failure = explain(error, file);
}
parentPort?.postMessage(reply);
