import { AppError } from '../../base/errors.ts';
import type { RowBatch, RowSource, SourceRow } from './source.ts';

/** A record of 20 columns has 500 characters; what goes on beyond this is no record. */
const RECORD_LENGTH_MAX = 16 * 1024;
/** Where cells are separated by something other than commas, a comma may be a decimal sign. */
const SEPARATORS = [',', ';', '\t'];
const QUOTE = '"';

/** Reads RFC 4180, with semicolons or tabs for separators too, and with any end of line. */
export async function readCsv(body: AsyncIterable<Uint8Array>): Promise<RowSource> {
  const records = new CsvRecords();
  const pieces = textPieces(body);
  let header: SourceRow | undefined;
  while (header === undefined) {
    const { value, done } = await pieces.next();
    records.add(value ?? '', done === true);
    header = records.header();
    if (done) break;
  }
  if (header === undefined || header.fault !== undefined) throw noHeader();
  const columns = header.cells.map((cell) => String(cell).trim());
  async function* batches(): AsyncGenerator<RowBatch> {
    yield { columns, rows: records.take() };
    for await (const piece of pieces) {
      records.add(piece, false);
      yield { columns, rows: records.take() };
    }
    records.add('', true);
    yield { columns, rows: records.take() };
  }
  return { batches: batches(), hasHeader: true, decimalComma: records.separator !== ',' };
}

/** UTF-8 with or without a byte order mark; what is not UTF-8 becomes U+FFFD, which no id has. */
export async function* textPieces(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of body) yield decoder.decode(bytes, { stream: true });
  yield decoder.decode();
}

/** Cuts text into records as it comes. */
class CsvRecords {
  separator = ',';
  #text = '';
  #at = 0;
  #line = 1;
  #ended = false;
  #knowsSeparator = false;

  add(piece: string, ended: boolean): void {
    this.#text = this.#text.slice(this.#at) + piece;
    this.#at = 0;
    this.#ended = ended;
  }

  /** The first record, which also tells the separator; undefined until it is there. */
  header(): SourceRow | undefined {
    if (!this.#knowsSeparator) {
      const end = this.#text.indexOf('\n');
      if (end === -1 && !this.#ended && this.#text.length <= RECORD_LENGTH_MAX) return undefined;
      const line = end === -1 ? this.#text : this.#text.slice(0, end);
      const counts = SEPARATORS.map((sign) => line.split(sign).length);
      this.separator = SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ',';
      this.#knowsSeparator = true;
    }
    return this.#next();
  }

  take(): SourceRow[] {
    const rows: SourceRow[] = [];
    for (let row = this.#next(); row !== undefined; row = this.#next()) {
      const isEmpty = row.cells.length === 1 && row.cells[0] === '';
      if (row.fault !== undefined || !isEmpty) rows.push(row);
    }
    return rows;
  }

  #next(): SourceRow | undefined {
    const text = this.#text;
    if (this.#at >= text.length) return undefined;
    const end = text.indexOf('\n', this.#at);
    if (end === -1 && !this.#ended) {
      return text.length - this.#at > RECORD_LENGTH_MAX ? this.#tooLong() : undefined;
    }
    const lineEnd = end === -1 ? text.length : end;
    const line = text.slice(this.#at, text[lineEnd - 1] === '\r' ? lineEnd - 1 : lineEnd);
    if (line.includes(QUOTE)) return this.#quoted(lineEnd);
    const row = { line: this.#line, cells: line.split(this.separator) };
    this.#pass(lineEnd + 1);
    return row;
  }

  /** A record with quotes may go on beyond the end of its line. */
  #quoted(lineEnd: number): SourceRow | undefined {
    const parsed = parseRecord(this.#text, this.#at, this.separator);
    const line = this.#line;
    if (parsed.end === null) {
      const length = this.#text.length - this.#at;
      if (!this.#ended && length <= RECORD_LENGTH_MAX) return undefined;
    }
    if (parsed.end === null || parsed.fault !== undefined) {
      // Only this line is lost: the next may be a record again.
      this.#pass(lineEnd + 1);
      return { line, cells: [], fault: broken(parsed.fault ?? 'a quote is not closed') };
    }
    this.#pass(parsed.end);
    return { line, cells: parsed.cells };
  }

  #tooLong(): SourceRow {
    const line = this.#line;
    // Nobody can tell where the next record begins, but for the end of this line.
    this.#at = this.#text.length;
    return { line, cells: [], fault: broken(`longer than ${RECORD_LENGTH_MAX} characters`) };
  }

  #pass(to: number): void {
    for (let at = this.#text.indexOf('\n', this.#at); at !== -1 && at < to; ) {
      this.#line++;
      at = this.#text.indexOf('\n', at + 1);
    }
    this.#at = Math.min(to, this.#text.length);
  }
}

interface Parsed {
  cells: string[];
  /** Where the next record begins; null when this one has no end yet. */
  end: number | null;
  fault?: string;
}

function parseRecord(text: string, from: number, separator: string): Parsed {
  const cells: string[] = [];
  for (let at = from; ; ) {
    let cell = '';
    if (text[at] === QUOTE) {
      const closed = closingQuote(text, at + 1);
      if (closed === -1) return { cells, end: null };
      cell = text.slice(at + 1, closed).replaceAll('""', QUOTE);
      at = closed + 1;
    } else {
      const start = at;
      while (at < text.length && text[at] !== separator && text[at] !== '\n') at++;
      cell = text.slice(start, text[at] === '\n' && text[at - 1] === '\r' ? at - 1 : at);
    }
    cells.push(cell);
    if (text[at] === '\r' && (text[at + 1] === '\n' || at + 1 === text.length)) at++;
    if (at >= text.length || text[at] === '\n') return { cells, end: at + 1 };
    if (text[at] !== separator) return { cells, end: at, fault: 'text follows a closing quote' };
    at++;
  }
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf(QUOTE, from);
  while (at !== -1 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at;
}

function broken(what: string): NonNullable<SourceRow['fault']> {
  return { column: null, code: 'ROW_INVALID', message: `the line is not CSV: ${what}` };
}

function noHeader(): AppError {
  return new AppError('FILE_INVALID', 'this is no CSV file: there is no header', {
    hint: 'Its first line names the columns, such as time,device,metric,value,quality.',
  });
}
