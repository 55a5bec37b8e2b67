import {
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  DuckDBVector,
  INTEGER,
} from '@duckdb/node-api';
import type { WriteBlock, WriteStart } from './protocol.ts';

const CHUNK_ROWS = DuckDBVector.standardSize();
const TABLE = 'rows';
/** A value of a column for one of the rows of a block; null for none. */
type Cell = (row: number) => number | null;

/** Texts of a file are few and repeat: rows hold their places in a list. */
class Words {
  readonly #places = new Map<string, number>();

  /** Lists of the engine count from 1. */
  place(word: string): number {
    let place = this.#places.get(word);
    if (place === undefined) {
      place = this.#places.size + 1;
      this.#places.set(word, place);
    }
    return place;
  }

  sql(): string {
    const words = [...this.#places.keys()].map((word) => `'${word.replaceAll("'", "''")}'`);
    return `[${words.join(', ')}]::VARCHAR[]`;
  }
}

/** Gathers rows in a table on disk and makes the file of them at the end. */
export class ParquetWriter {
  readonly #start: WriteStart;
  readonly #connection: DuckDBConnection;
  readonly #appender: DuckDBAppender;
  readonly #types: DuckDBType[];
  readonly #words = new Words();

  static async open(start: WriteStart): Promise<ParquetWriter> {
    const instance = await openScratch(start);
    const connection = await instance.connect();
    const numbers = start.numbers.map((_, place) => `n${place} DOUBLE`);
    const names = ['time DOUBLE', 'local DOUBLE', 'device INTEGER', 'metric INTEGER'];
    const columns = [...names, 'quality INTEGER', ...numbers];
    await connection.run(`CREATE TABLE ${TABLE} (${columns.join(', ')})`);
    return new ParquetWriter(start, connection, await connection.createAppender(TABLE));
  }

  private constructor(start: WriteStart, connection: DuckDBConnection, appender: DuckDBAppender) {
    this.#start = start;
    this.#connection = connection;
    this.#appender = appender;
    this.#types = [DOUBLE, DOUBLE, INTEGER, INTEGER, INTEGER, ...start.numbers.map(() => DOUBLE)];
  }

  append(block: WriteBlock): void {
    const { times, offsets, quality } = block;
    const device = this.#words.place(block.device);
    const metric = this.#words.place(block.metric);
    const good = this.#words.place('good');
    const number = (value: number | undefined): number | null =>
      value === undefined || Number.isNaN(value) ? null : value;
    const cells: Cell[] = [
      (row) => times[row] ?? null,
      (row) => (offsets === null ? null : (times[row] ?? 0) + (offsets[row] ?? 0)),
      () => device,
      () => metric,
      (row) => (quality === null ? good : this.#words.place(quality[row] ?? 'good')),
      ...block.columns.map((column) => (row: number) => number(column[row])),
    ];
    for (let start = 0; start < times.length; start += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, times.length - start);
      const chunk = DuckDBDataChunk.create(this.#types, rows);
      for (const [place, cell] of cells.entries()) {
        const vector = chunk.getColumnVector(place);
        for (let row = 0; row < rows; row++) vector.setItem(row, cell(start + row));
        vector.flush();
      }
      this.#appender.appendDataChunk(chunk);
    }
  }

  async finish(): Promise<void> {
    const { file, long, quality, numbers, localZone } = this.#start;
    this.#appender.closeSync();
    await this.#connection.run(`SET VARIABLE words = ${this.#words.sql()}`);
    const instant = (name: string): string => `make_timestamp((${name} * 1000)::BIGINT)`;
    const word = (name: string): string => `getvariable('words')[${name}] AS ${name}`;
    const columns = [
      `${instant('time')} AS time`,
      ...(localZone === null ? [] : [`${instant('local')} AS local_time`]),
      word('device'),
      ...(long ? [word('metric')] : []),
      ...numbers.map((name, place) => `n${place} AS "${name.replaceAll('"', '""')}"`),
      ...(quality ? [word('quality')] : []),
    ];
    await this.#connection.run(
      `COPY (SELECT ${columns.join(', ')} FROM ${TABLE})
       TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`,
    );
  }
}

/** A database that lives as long as this process, in a file so that memory stays small. */
export async function openScratch(start: {
  scratch: string;
  memoryLimitMb: number;
}): Promise<DuckDBInstance> {
  return DuckDBInstance.create(start.scratch, {
    memory_limit: `${start.memoryLimitMb}MB`,
    // One thread keeps the rows in their order without holding them back.
    threads: '1',
    temp_directory: `${start.scratch}.tmp`,
    checkpoint_threshold: '64MB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
}
