import { Worker } from 'node:worker_threads';

export interface ThreadWork {
  /** The module; it posts messages to its parent and ends by itself. */
  module: URL;
  name: string;
  data: unknown;
}

/**
 * Runs a module in a thread of its own to its end and answers with its last message. The end of
 * the thread frees every handle it held. Earlier messages go to `onMessage`. Rejects when the
 * thread fails or ends without having said anything.
 */
export function runThread<Message>(
  { module, name, data }: ThreadWork,
  onMessage?: (message: Message, thread: Worker) => void,
): Promise<Message> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(module, { name, workerData: data });
    let last: { message: Message } | undefined;
    thread.on('message', (message: Message) => {
      last = { message };
      onMessage?.(message, thread);
    });
    thread.once('error', reject);
    thread.once('exit', (code) => {
      if (last !== undefined && code === 0) resolve(last.message);
      else reject(new Error(`the thread ${name} ended with exit code ${code}`));
    });
  });
}
