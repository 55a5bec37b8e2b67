import { repeat } from '../../base/clock.ts';
import { AppError, describeError } from '../../base/errors.ts';
import { classifyOpenError, isDamage, isFatal } from './database.ts';
import { Engine } from './engine.ts';
import {
  type CallName,
  type Calls,
  EXIT_CLOSED,
  EXIT_DATABASE_FAILED,
  EXIT_OPEN_FAILED,
  type Notice,
  type OpenRequest,
  type Reply,
  type Request,
  toWireError,
} from './protocol.ts';

/** How often a due checkpoint is looked for; the parent hears the state each time. */
const LOOK_EVERY_MS = 1_000;

let engine: Engine | undefined;
let checkpointing = false;

function opened(): Engine {
  if (engine === undefined) throw new AppError('SERIES_UNAVAILABLE', 'the store is not open');
  return engine;
}

type Handlers = { [N in CallName]: (input: Calls[N]['input']) => Promise<Calls[N]['output']> };

const handlers: Handlers = {
  async open(request) {
    engine = await openOrExit(request);
    repeat(LOOK_EVERY_MS, lookAfter);
    void verifyArchive(engine);
    return engine.status();
  },
  async write(batch) {
    const result = await opened().write(batch);
    void checkpointWhenDue();
    return result;
  },
  async rollups(changes) {
    await opened().replaceRollups(changes);
    void checkpointWhenDue();
    return null;
  },
  query: ({ stream, query }) => opened().streams.start(stream, query),
  more: ({ stream }) => opened().streams.more(stream),
  async cancel({ stream }) {
    opened().streams.cancel(stream);
    return null;
  },
  latest: () => opened().latest(),
  counts: (range) => opened().counts(range),
  expire: (input) => opened().archivist.expire(input),
  async snapshot({ dir }) {
    await opened().snapshot(dir);
    return null;
  },
  async close() {
    await opened().checkpoint();
    return null;
  },
};

async function openOrExit(request: OpenRequest): Promise<Engine> {
  try {
    const opening = await Engine.open(request, (repair) => notify({ repair }));
    // What was in the log is in the main file from here on, whatever happened before.
    await opening.checkpoint();
    return opening;
  } catch (error) {
    // After a failed open the engine must not be used again in the same process.
    const openFailure = { fault: classifyOpenError(error), message: describeError(error) };
    return await leave({ openFailure }, EXIT_OPEN_FAILED);
  }
}

/** Behind the open, which does not wait for every file to be read. */
async function verifyArchive({ archivist }: Engine): Promise<void> {
  try {
    await archivist.verify();
  } catch (error) {
    await leaveIfBroken(error, { trouble: describeError(error) });
    notify({ trouble: `the archive could not be verified: ${describeError(error)}` });
  }
}

/** Ends the process when only a new one, perhaps with another file, can go on. */
async function leaveIfBroken(error: unknown, words: Reply | Notice): Promise<void> {
  if (isDamage(error)) {
    const openFailure = { fault: 'damaged', message: describeError(error) } as const;
    await leave({ openFailure }, EXIT_OPEN_FAILED);
  }
  if (isFatal(error)) await leave(words, EXIT_DATABASE_FAILED);
}

async function lookAfter(): Promise<void> {
  await checkpointWhenDue();
  engine?.archivist.sweep();
  if (engine !== undefined) notify({ status: engine.status() });
}

async function checkpointWhenDue(): Promise<void> {
  if (engine === undefined || checkpointing || !engine.checkpointDue()) return;
  checkpointing = true;
  try {
    await engine.checkpoint();
    notify({ status: engine.status() });
  } catch (error) {
    const failure = { trouble: `checkpoint failed: ${describeError(error)}` };
    await leaveIfBroken(error, failure);
    notify(failure);
  } finally {
    checkpointing = false;
  }
}

async function answer<N extends CallName>({ id, name, input }: Request<N>): Promise<void> {
  try {
    const output = await handlers[name](input);
    send({ id, status: engine?.status() ?? null, output });
    if (name === 'close') process.exit(EXIT_CLOSED);
  } catch (error) {
    const failure = { id, status: null, error: toWireError(asAppError(error)) };
    await leaveIfBroken(error, failure);
    send(failure);
  }
}

function asAppError(error: unknown): AppError {
  if (isFatal(error)) {
    return new AppError('SERIES_UNAVAILABLE', 'the database failed and is opened anew', {
      cause: error,
    });
  }
  if (error instanceof AppError) return error;
  if (/Out of Memory/i.test(describeError(error))) {
    return new AppError('QUERY_TOO_LARGE', 'the query needs more memory than the store may use', {
      hint: 'Ask for a shorter time range, fewer devices or fewer functions.',
    });
  }
  return new AppError('SERIES_FAILED', describeError(error));
}

function send(message: Reply | Notice): void {
  process.send?.(message);
}

function notify(notice: Notice): void {
  if (process.connected) send(notice);
}

/** Says the last words and exits once they are on their way. */
function leave(words: Reply | Notice, code: number): Promise<never> {
  return new Promise(() => {
    process.send?.(words, () => process.exit(code));
  });
}

process.on('message', (request: Request) => void answer(request));
// The parent is gone: nothing is lost by an abrupt end, and threads at work cannot hold it up.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A signal to the whole group is the parent's to act on: it closes us in order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
