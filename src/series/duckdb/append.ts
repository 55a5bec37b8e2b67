import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  DuckDBVector,
} from '@duckdb/node-api';

/** Rows a data chunk holds. */
const CHUNK_ROWS = DuckDBVector.standardSize();

export interface AppendColumn {
  type: DuckDBType;
  /** The column's value for one of the rows that are appended; null for none. */
  value(row: number): DuckDBValue;
}

export interface TableName {
  /** Absent: the database file. */
  catalog?: string;
  schema: string;
  name: string;
}

/** A column of whole numbers too large for 32 bits. */
export function wideColumn(values: Float64Array): AppendColumn {
  return { type: BIGINT, value: (row) => BigInt(values[row] ?? 0) };
}

/** A column of measured values; NaN, or no column at all, is none. */
export function valueColumn(values: Float64Array | undefined): AppendColumn {
  if (values === undefined) return { type: DOUBLE, value: () => null };
  return {
    type: DOUBLE,
    value(row) {
      const value = values[row] ?? Number.NaN;
      return Number.isNaN(value) ? null : value;
    },
  };
}

export function everyRow(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row);
}

/** Appends the named rows column by column, in the caller's transaction. */
export async function appendRows(
  connection: DuckDBConnection,
  table: TableName,
  columns: readonly AppendColumn[],
  rows: Uint32Array,
): Promise<void> {
  if (rows.length === 0) return;
  const appender = await connection.createAppender(table.name, table.schema, table.catalog);
  const types = columns.map((column) => column.type);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const size = Math.min(CHUNK_ROWS, rows.length - start);
    const chunk = DuckDBDataChunk.create(types, size);
    for (const [place, column] of columns.entries()) {
      const vector = chunk.getColumnVector(place);
      for (let index = 0; index < size; index++) {
        vector.setItem(index, column.value(rows[start + index] ?? 0));
      }
      vector.flush();
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}
