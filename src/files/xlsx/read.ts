import type { FileHandle } from 'node:fs/promises';
import { AppError } from '../../base/errors.ts';
import { textPieces } from '../import/read-csv.ts';
import type { Cell, RowBatch, RowSource, SourceRow } from '../import/source.ts';
import { type PackedFile, readDirectory, readPacked } from '../zip/read.ts';
import { sheetName } from './parts.ts';
import { unescapeText } from './text.ts';

/** A row of 64 columns has 5 KiB. */
const ROW_LENGTH_MAX = 64 * 1024;
const ROW_END = '</row>';
const CELL = /<c((?:\s[^>]*?)?)(?:\/>|>(.*?)<\/c>)/gs;
const REFERENCE = /\sr="([A-Z]{1,3})\d+"/;
const TYPE = /\st="(\w+)"/;
const VALUE = /<v[^>]*>(.*?)<\/v>/s;
const TEXT = /<t(?:\s[^>]*)?>(.*?)<\/t>/gs;

/**
 * Reads a workbook as we write it: texts inside their cells, sheet after sheet, each with its
 * header. A workbook that another program has saved keeps its texts elsewhere and is refused.
 */
export async function readXlsx(file: FileHandle): Promise<RowSource> {
  const entries = await readDirectory(file);
  const sheets: PackedFile[] = [];
  for (let number = 1; ; number++) {
    const sheet = entries.get(sheetName(number));
    if (sheet === undefined) break;
    sheets.push(sheet);
  }
  if (sheets.length === 0) throw notOurs('it has no sheet');
  if (entries.has('xl/sharedStrings.xml')) throw notOurs('another program has saved it');
  async function* batches(): AsyncGenerator<RowBatch> {
    for (const sheet of sheets) yield* sheetRows(readPacked(file, sheet));
  }
  return { batches: batches(), hasHeader: true, excelDates: true };
}

async function* sheetRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<RowBatch> {
  let rest = '';
  let line = 0;
  let columns: string[] | undefined;
  for await (const piece of textPieces(bytes)) {
    const parts = (rest + piece).split(ROW_END);
    rest = parts.pop() ?? '';
    if (rest.length > ROW_LENGTH_MAX) throw notOurs('a row does not end');
    const rows: SourceRow[] = [];
    for (const part of parts) {
      line++;
      const cells = cellsOf(part.slice(part.lastIndexOf('<row')));
      if (columns === undefined) columns = cells.map((cell) => String(cell ?? '').trim());
      else if (cells.some((cell) => cell !== null)) rows.push({ line, cells });
    }
    if (columns !== undefined) yield { columns, rows };
  }
}

function cellsOf(row: string): Cell[] {
  const cells: Cell[] = [];
  for (const [, attributes = '', content = ''] of row.matchAll(CELL)) {
    const column = REFERENCE.exec(attributes)?.[1];
    // Programs leave empty cells out, and say of the next which one it is.
    if (column !== undefined) while (cells.length < columnNumber(column)) cells.push(null);
    cells.push(cellOf(TYPE.exec(attributes)?.[1], content));
  }
  return cells;
}

function columnNumber(letters: string): number {
  let number = 0;
  for (const letter of letters) number = number * 26 + letter.charCodeAt(0) - 64;
  return number - 1;
}

function cellOf(type: string | undefined, content: string): Cell {
  if (type === 'inlineStr') {
    const texts = [...content.matchAll(TEXT)].map(([, text]) => unescapeText(text ?? ''));
    return texts.join('');
  }
  const value = VALUE.exec(content)?.[1];
  if (value === undefined || value === '') return null;
  return type === undefined || type === 'n' ? Number(value) : unescapeText(value);
}

function notOurs(why: string): AppError {
  return new AppError('FILE_INVALID', `this workbook cannot be read: ${why}`, {
    hint: 'Send it as "sluice export" wrote it, or save it as CSV and send that.',
  });
}
