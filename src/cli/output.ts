import { createInterface } from 'node:readline/promises';
import { AppError, describeError } from '../base/errors.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';

/** Where the command speaks: results on stdout, everything else on stderr. */
export interface Terminal {
  result(text: string): void;
  note(text: string): void;
  /** Progress is drawn in place; a pipe gets plain lines instead. */
  readonly interactive: boolean;
  /** Asks a person; false also where there is nobody to ask. */
  agrees(question: string): Promise<boolean>;
}

export const processTerminal: Terminal = {
  result: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  interactive: process.stderr.isTTY === true,
  agrees: (question) => askPerson(question),
};

async function askPerson(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question}\nType yes to go on: `).catch(() => '');
  lines.close();
  return answer.trim().toLowerCase() === 'yes';
}

/** What a failed command prints, and the exit code it ends with. */
export function reportFailure(error: unknown, terminal: Terminal, json: boolean): number {
  if (!(error instanceof AppError)) {
    terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return EXIT.internal;
  }
  if (json) {
    const { code, message, hint, field } = error;
    terminal.result(JSON.stringify({ error: { code, message, hint, field } }));
  } else {
    terminal.note(`sluice: ${error.message}`);
    if (error.cause !== undefined) terminal.note(`  because: ${describeError(error.cause)}`);
    if (error.hint !== undefined) terminal.note(`  ${error.hint}`);
    terminal.note(`  [${error.code}]`);
  }
  return exitCodeOf(error.code);
}

/** Rows as aligned columns under their headings. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(headings), ...rows.map(line)].join('\n');
}

const BAR_WIDTH = 24;
const DRAW_EVERY_MS = 120;
/** A pipe gets a line this often: enough to see life in a log, too little to fill it. */
const LINE_EVERY_MS = 5_000;

export interface Progress {
  update(done: number, total: number, detail?: string): void;
  end(text: string): void;
}

/** A bar with rate and time left on a terminal, plain lines elsewhere. */
export function startProgress(title: string, terminal: Terminal, now: () => number): Progress {
  const startedAt = now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    update(done, total, detail = '') {
      const at = now();
      if (at - drawnAt < (terminal.interactive ? DRAW_EVERY_MS : LINE_EVERY_MS)) return;
      drawnAt = at;
      const rate = done / Math.max(0.001, (at - startedAt) / 1000);
      const left = rate > 0 ? Math.ceil((total - done) / rate) : 0;
      const share = total > 0 ? Math.min(1, done / total) : 0;
      const numbers = `${Math.floor(share * 100)} %  ${Math.round(rate)}/s  ${left} s left`;
      if (!terminal.interactive) return terminal.note(`${title}: ${numbers} ${detail}`.trimEnd());
      const full = Math.round(share * BAR_WIDTH);
      const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
      process.stderr.write(`\r\x1b[K${title} ${bar} ${numbers} ${detail}`);
    },
    end(text) {
      if (terminal.interactive) process.stderr.write('\r\x1b[K');
      terminal.note(text);
    },
  };
}

export interface Counting {
  update(bytes: number, rows?: number): void;
  end(text: string | undefined): void;
}

export function bytesText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** How much has come of something whose end nobody knows. */
export function startCounting(title: string, terminal: Terminal, now: () => number): Counting {
  const startedAt = now();
  let drawnAt = startedAt;
  return {
    update(bytes, rows) {
      const at = now();
      if (at - drawnAt < (terminal.interactive ? DRAW_EVERY_MS : LINE_EVERY_MS)) return;
      drawnAt = at;
      const seconds = (at - startedAt) / 1000;
      const counted =
        rows === undefined ? '' : `, ${rows} rows, ${Math.round(rows / seconds)} rows/s`;
      const text = `${title}: ${bytesText(bytes)}${counted}, ${bytesText(bytes / seconds)}/s`;
      if (terminal.interactive) process.stderr.write(`\r\x1b[K${text}`);
      else terminal.note(text);
    },
    end(text) {
      if (terminal.interactive) process.stderr.write('\r\x1b[K');
      if (text !== undefined) terminal.note(text);
    },
  };
}
