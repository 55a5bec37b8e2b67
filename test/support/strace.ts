import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** One system call of a traced process, `start` and `end` counting lines of the trace. */
export interface SystemCall {
  name: string;
  /** The file, socket or pipe behind the first argument, as strace names it. */
  target: string;
  /** The arguments as strace prints them: strings escaped and in full. */
  text: string;
  result: number;
  start: number;
  end: number;
}

/** The calls that show whether an answer left before its bytes were on disk. */
const TRACED = 'write,writev,pwrite64,pwritev,fdatasync,fsync,sendto,sendmsg';
/** Longer than any page or packet that a test looks into. */
const STRING_BYTES_MAX = 40_000;

/** Why traces cannot be taken here, or null. */
export function straceMissing(): string | null {
  if (process.platform !== 'linux') return 'strace exists on Linux only';
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `strace does not run here: ${error instanceof Error ? error.message.trim() : error}`;
  }
}

/**
 * The arguments that put `strace` in front of a command; the trace goes to `file`. `inject` makes
 * calls fail, in strace's own words: `fdatasync:error=EIO:when=5`.
 */
export function straceArguments(file: string, inject?: string): string[] {
  const traced = ['-f', '-y', '-s', String(STRING_BYTES_MAX), '-e', `trace=${TRACED}`, '-o', file];
  return inject === undefined ? traced : [...traced, '-e', `inject=${inject}`];
}

/** Runs a Node script to its end under strace. */
export async function traceNode(
  file: string,
  args: readonly string[],
  inject?: string,
): Promise<SystemCall[]> {
  const command = [...straceArguments(file, inject), process.execPath, ...args];
  await promisify(execFile)('strace', command, { maxBuffer: 64 * 1024 * 1024 });
  return parseTrace(readFileSync(file, 'latin1'));
}

/** Puts calls that others interrupted (`<unfinished ...>`, `resumed>`) together again. */
export function parseTrace(trace: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { text: string; start: number }>();
  trace.split('\n').forEach((line, number) => {
    const match = /^(\d+) +(.*)$/s.exec(line);
    if (match === null) return;
    const [, thread = '', rest = ''] = match;
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text: rest.slice(0, -'<unfinished ...>'.length), start: number });
      return;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    const before = resumed === null ? undefined : unfinished.get(thread);
    const text = before === undefined ? rest : before.text + rest.slice(resumed?.[0].length);
    unfinished.delete(thread);
    const call = parseCall(text);
    if (call !== null) calls.push({ ...call, start: before?.start ?? number, end: number });
  });
  return calls;
}

function parseCall(text: string): Omit<SystemCall, 'start' | 'end'> | null {
  const head = /^(\w+)\(\d+(?:<((?:[^<>\\]|\\.|->)*)>)?/.exec(text);
  const result = /\) += (-?\d+)[^=]*$/.exec(text);
  if (head === null || result === null) return null;
  return { name: head[1] ?? '', target: head[2] ?? '', text, result: Number(result[1]) };
}

export interface OrderAudit {
  calls: readonly SystemCall[];
  /** The file that makes records durable. */
  isJournal: (target: string) => boolean;
  /** Each record's token as it appears in the bytes written, and how its answer is recognised. */
  records: readonly { token: string; isAnswer: (call: SystemCall) => boolean }[];
}

/**
 * One line for each answer that left before a successful sync of the journal that began after the
 * record was written there, and for each record or answer that the trace does not show.
 */
export function auditOrder({ calls, isJournal, records }: OrderAudit): string[] {
  const writes = calls.filter((call) => /^pwrite/.test(call.name) && isJournal(call.target));
  const syncs = calls.filter(
    (call) => /^f(data)?sync$/.test(call.name) && isJournal(call.target) && call.result === 0,
  );
  const answers = calls.filter((call) => /^(write|send)/.test(call.name));
  const problems: string[] = [];
  for (const { token, isAnswer } of records) {
    const written = writes.find((call) => call.text.includes(token));
    const answered = answers.find(isAnswer);
    if (written === undefined) problems.push(`${token} was never written to the journal`);
    else if (answered === undefined) problems.push(`${token} was never answered`);
    else if (!syncs.some((sync) => sync.start > written.end && sync.end < answered.start)) {
      problems.push(`${token} was answered before its sync`);
    }
  }
  return problems;
}
