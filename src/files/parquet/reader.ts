import type { DuckDBConnection, DuckDBResult, DuckDBVector } from '@duckdb/node-api';
import { AppError, describeError } from '../../base/errors.ts';
import type { ReadColumn, ReadPage, ReadStart } from './protocol.ts';
import { openScratch } from './writer.ts';

/** Rows after which a page is sent: 150 KB of a long file. */
const PAGE_ROWS = 4_096;
/** Kinds of column that are numbers to us, by how the engine names their types. */
const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*)$/;

interface Column {
  name: string;
  kind: 'number' | 'time' | 'text';
}

/** Reads a file page by page, each column as what we can use it for. */
export class ParquetReader {
  readonly #columns: readonly Column[];
  readonly #result: DuckDBResult;

  /** Throws FILE_INVALID for what is no Parquet file. */
  static async open(start: ReadStart): Promise<ParquetReader> {
    const instance = await openScratch(start);
    const connection = await instance.connect();
    const source = `read_parquet('${start.file.replaceAll("'", "''")}')`;
    try {
      const columns = await describe(connection, source);
      const selected = columns.map(({ name, kind }) => {
        const quoted = `"${name.replaceAll('"', '""')}"`;
        if (kind === 'number') return `${quoted}::DOUBLE`;
        return kind === 'time' ? `epoch_us(${quoted})::DOUBLE / 1000` : `${quoted}::VARCHAR`;
      });
      const result = await connection.stream(`SELECT ${selected.join(', ')} FROM ${source}`);
      return new ParquetReader(columns, result);
    } catch (cause) {
      throw new AppError('FILE_INVALID', `the Parquet file cannot be read: ${shorten(cause)}`, {
        hint: 'Send a Parquet file as "sluice export" writes it.',
      });
    }
  }

  private constructor(columns: readonly Column[], result: DuckDBResult) {
    this.#columns = columns;
    this.#result = result;
  }

  get columns(): string[] {
    return this.#columns.map(({ name }) => name);
  }

  async page(): Promise<ReadPage> {
    const parts: ReadColumn[][] = this.#columns.map(() => []);
    let rows = 0;
    let done = false;
    while (rows < PAGE_ROWS) {
      const chunk = await this.#result.fetchChunk();
      done = chunk === null || chunk.rowCount === 0;
      if (chunk === null || done) break;
      for (const [place, { kind }] of this.#columns.entries()) {
        const vector = chunk.getColumnVector(place);
        parts[place]?.push(kind === 'text' ? texts(vector) : numbers(vector));
      }
      rows += chunk.rowCount;
    }
    return { rows, done, columns: parts.map((part) => joined(part)) };
  }
}

async function describe(connection: DuckDBConnection, source: string): Promise<Column[]> {
  const answer = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  return answer.getRows().map(([name, type]) => {
    const text = String(type);
    const kind = text.startsWith('TIMESTAMP') ? 'time' : NUMBERS.test(text) ? 'number' : 'text';
    return { name: String(name), kind };
  });
}

function numbers(vector: DuckDBVector): Float64Array {
  return Float64Array.from(
    { length: vector.itemCount },
    (_, row) => (vector.getItem(row) as number | null) ?? Number.NaN,
  );
}

function texts(vector: DuckDBVector): Array<string | null> {
  return Array.from({ length: vector.itemCount }, (_, row) => vector.getItem(row) as string | null);
}

function joined(parts: readonly ReadColumn[]): ReadColumn {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? [];
  if (Array.isArray(first)) return (parts as Array<Array<string | null>>).flat();
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts as Float64Array[]) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The engine's first line, without the path it was given. */
function shorten(error: unknown): string {
  return (describeError(error).split('\n')[0] ?? '').replace(/['"]?[^\s'"]*\/[^\s'"]*['"]?/g, 'it');
}
