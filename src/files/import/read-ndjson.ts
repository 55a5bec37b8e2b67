import secureJson from 'secure-json-parse';
import { textPieces } from './read-csv.ts';
import type { Cell, RowBatch, RowSource, SourceRow } from './source.ts';

/** A wide line of 64 metrics has 3 KiB. */
const LINE_LENGTH_MAX = 16 * 1024;

/** A file none of whose first lines is an object is no NDJSON. */
const LINES_WITHOUT_OBJECT_MAX = 100;

/** Reads one JSON object a line; each may have members of its own. */
export function readNdjson(body: AsyncIterable<Uint8Array>): RowSource {
  async function* batches(): AsyncGenerator<RowBatch> {
    const rows = new NdjsonRows();
    let rest = '';
    for await (const piece of textPieces(body)) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) rows.add(line);
      if (rest.length > LINE_LENGTH_MAX) {
        // Nobody can tell where the next line begins, but for the end of this one.
        rows.tooLong();
        rest = '';
      }
      yield* rows.take();
    }
    if (rest !== '') rows.add(rest);
    rows.close();
    yield* rows.take();
  }
  return { batches: batches(), hasHeader: false };
}

class NdjsonRows {
  #line = 0;
  #columns: readonly string[] = [];
  #rows: SourceRow[] = [];
  #batches: RowBatch[] = [];
  #inLongLine = false;

  add(text: string): void {
    const isRest = this.#inLongLine;
    this.#inLongLine = false;
    if (isRest) return;
    this.#line++;
    if (text.trim() === '') return;
    const object = parse(text);
    if (object === undefined) return this.#fault('the line is not a JSON object');
    const names = Object.keys(object);
    if (!this.#hasColumns(names)) {
      // Broken lines at the beginning go with the first columns there are.
      if (this.#columns.length > 0) this.close();
      this.#columns = names;
    }
    const cells = Object.values(object).map(cellOf);
    const bad = cells.indexOf(undefined);
    if (bad === -1) this.#rows.push({ line: this.#line, cells: cells as Cell[] });
    else this.#fault('the member is neither a text nor a number', names[bad]);
  }

  tooLong(): void {
    if (this.#inLongLine) return;
    this.#line++;
    this.#inLongLine = true;
    this.#fault(`the line is longer than ${LINE_LENGTH_MAX} characters`);
  }

  take(): RowBatch[] {
    const isOpen = this.#columns.length === 0 && this.#rows.length < LINES_WITHOUT_OBJECT_MAX;
    if (!isOpen) this.close();
    const batches = this.#batches;
    this.#batches = [];
    return batches;
  }

  close(): void {
    if (this.#rows.length > 0) this.#batches.push({ columns: this.#columns, rows: this.#rows });
    this.#rows = [];
  }

  #fault(message: string, column: string | null = null): void {
    const fault = { column, code: 'ROW_INVALID', message };
    this.#rows.push({ line: this.#line, cells: [], fault });
  }

  #hasColumns(names: readonly string[]): boolean {
    if (names.length !== this.#columns.length) return false;
    return names.every((name, place) => name === this.#columns[place]);
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = secureJson.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? value : undefined;
  } catch {
    return undefined;
  }
}

function cellOf(value: unknown): Cell | undefined {
  return value === null || typeof value === 'string' || typeof value === 'number'
    ? value
    : undefined;
}
