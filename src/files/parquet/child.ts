import { AppError, describeError } from '../../base/errors.ts';
import type { Reply, Request } from './protocol.ts';
import { ParquetReader } from './reader.ts';
import { ParquetWriter } from './writer.ts';

let writer: ParquetWriter | undefined;
let reader: ParquetReader | undefined;

async function perform(request: Request): Promise<unknown> {
  switch (request.name) {
    case 'begin':
      writer = await ParquetWriter.open(request.input);
      return null;
    case 'append':
      writer?.append(request.input);
      return null;
    case 'finish':
      await writer?.finish();
      return null;
    case 'open':
      reader = await ParquetReader.open(request.input);
      return reader.columns;
    case 'page':
      return reader?.page();
  }
}

function failureOf(error: unknown): { code: string; message: string; hint?: string } {
  if (error instanceof AppError) {
    const { code, message, hint } = error;
    return { code, message, ...(hint === undefined ? {} : { hint }) };
  }
  return { code: 'FILE_WORKER_FAILED', message: describeError(error) };
}

async function answer(request: Request): Promise<void> {
  const { id } = request;
  let reply: Reply;
  try {
    reply = { id, output: await perform(request) };
  } catch (error) {
    reply = { id, error: failureOf(error) };
  }
  process.send?.(reply);
}

// One request after the other, in the order in which they came.
let turn: Promise<void> = Promise.resolve();
process.on('message', (request: Request) => {
  turn = turn.then(() => answer(request));
});
// The file is the parent's to remove; nothing is worth staying for without it.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
