import { type LocalClock, localClock } from '../../base/local-clock.ts';
import { copyBytes, NUMBER_BYTES_MAX, NumberWriter } from '../export/bytes.ts';
import { type RowFormat, writePieces } from '../export/piece-writer.ts';
import {
  columnNames,
  type TableBlock,
  type TableBlocks,
  type TableShape,
} from '../export/table.ts';
import { offsetText } from '../offset-text.ts';
import { type ZipEntry, zipFile } from '../zip/write.ts';
import {
  contentTypes,
  PARTS,
  SHEET_END,
  sheetName,
  sheetStart,
  styles,
  workbook,
  workbookRelations,
} from './parts.ts';
import { escapeText, serialOf } from './text.ts';

/** Rows of a sheet, the header included: the limit of Excel. */
export const SHEET_ROWS_MAX = 1_048_576;

/**
 * A workbook (ECMA-376) whose times are dates as Excel knows them, in local time, with the offset
 * beside them so that the instant is not lost. A full sheet is followed by another.
 */
export function xlsxFile(
  shape: TableShape,
  blocks: TableBlocks,
  { timeZone, sheetRowsMax = SHEET_ROWS_MAX }: { timeZone: string; sheetRowsMax?: number },
): AsyncGenerator<Uint8Array> {
  const names = columnNames(shape, ['time', 'utc_offset']);
  const rows = new XlsxRows(shape, timeZone);
  async function* entries(): AsyncGenerator<ZipEntry> {
    const sheets = new SheetCutter(blocks, sheetRowsMax - 1);
    let count = 0;
    do {
      count++;
      yield { name: sheetName(count), pieces: sheet(names, rows, sheets.next()) };
    } while (await sheets.more());
    yield* PARTS.map(({ name, text }) => ({ name, pieces: once(text) }));
    yield { name: 'xl/styles.xml', pieces: once(styles()) };
    yield { name: 'xl/workbook.xml', pieces: once(workbook(count)) };
    yield { name: 'xl/_rels/workbook.xml.rels', pieces: once(workbookRelations(count)) };
    yield { name: '[Content_Types].xml', pieces: once(contentTypes(count)) };
  }
  return zipFile(entries());
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function* sheet(
  names: readonly string[],
  rows: XlsxRows,
  blocks: TableBlocks,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(sheetStart(names));
  yield* writePieces(rows, blocks);
  yield Buffer.from(SHEET_END);
}

/** Cuts blocks where a sheet is full. */
class SheetCutter {
  readonly #blocks: AsyncIterator<TableBlock>;
  readonly #rowsMax: number;
  #rest: TableBlock | undefined;

  constructor(blocks: TableBlocks, rowsMax: number) {
    async function* all(): AsyncGenerator<TableBlock> {
      yield* blocks;
    }
    this.#blocks = all();
    this.#rowsMax = rowsMax;
  }

  /** Whether rows are left for another sheet. */
  async more(): Promise<boolean> {
    while (this.#rest === undefined || this.#rest.times.length === 0) {
      const { value, done } = await this.#blocks.next();
      if (done) return false;
      this.#rest = value as TableBlock;
    }
    return true;
  }

  /** The blocks of one sheet. */
  async *next(): AsyncGenerator<TableBlock> {
    let room = this.#rowsMax;
    while (room > 0 && (await this.more())) {
      const block = this.#rest as TableBlock;
      const head = block.times.length <= room ? block : cut(block, 0, room);
      this.#rest = head === block ? undefined : cut(block, room, block.times.length);
      room -= head.times.length;
      yield head;
    }
  }
}

function cut(block: TableBlock, from: number, to: number): TableBlock {
  return {
    ...block,
    times: block.times.subarray(from, to),
    columns: block.columns.map((column) => column.subarray(from, to)),
    quality: block.quality?.slice(from, to),
  };
}

const DATE_START = Buffer.from('<row><c s="1"><v>');
const NUMBER_START = Buffer.from('<c><v>');
const NUMBER_END = Buffer.from('</v></c>');
const EMPTY = Buffer.from('<c/>');
const ROW_END = '</row>\n';

const textCell = (text: string): string =>
  `<c t="inlineStr"><is><t xml:space="preserve">${escapeText(text)}</t></is></c>`;

class XlsxRows implements RowFormat {
  readonly #shape: TableShape;
  readonly #zone: LocalClock;
  readonly #time = new NumberWriter();
  readonly #numbers: NumberWriter[];
  readonly #endings = new Map<string, Uint8Array>();
  readonly #offsets = new Map<number, Uint8Array>();
  #block: TableBlock | undefined;
  #tags: Uint8Array = new Uint8Array(0);

  constructor(shape: TableShape, timeZone: string) {
    this.#shape = shape;
    this.#zone = localClock(timeZone);
    this.#numbers = shape.numbers.map(() => new NumberWriter());
  }

  begin(block: TableBlock): number {
    const { device, metric, columns } = block;
    this.#block = block;
    this.#tags = Buffer.from(
      (this.#shape.long ? [device, metric] : [device]).map(textCell).join(''),
    );
    const qualities = this.#shape.quality ? new Set(block.quality ?? ['good']) : [''];
    for (const word of qualities) this.#ending(word);
    const fixed = [DATE_START, NUMBER_END, this.#offset(0), this.#tags, ...this.#endings.values()];
    const cellBytes = NUMBER_START.length + NUMBER_BYTES_MAX + NUMBER_END.length;
    return fixed.reduce((sum, bytes) => sum + bytes.length, cellBytes * (columns.length + 1));
  }

  write(target: Uint8Array, from: number, row: number): number {
    const { times, columns, quality } = this.#block as TableBlock;
    const time = times[row] as number;
    const offset = this.#zone.offset(time);
    let at = copyBytes(target, from, DATE_START);
    at = this.#time.write(target, at, serialOf(time + offset));
    at = copyBytes(target, at, NUMBER_END);
    at = copyBytes(target, at, this.#offset(offset));
    at = copyBytes(target, at, this.#tags);
    for (let place = 0; place < columns.length; place++) {
      const value = (columns[place] as Float64Array)[row] as number;
      if (Number.isFinite(value)) {
        at = copyBytes(target, at, NUMBER_START);
        at = (this.#numbers[place] as NumberWriter).write(target, at, value);
        at = copyBytes(target, at, NUMBER_END);
      } else at = copyBytes(target, at, EMPTY);
    }
    const word = this.#shape.quality ? (quality === undefined ? 'good' : quality[row]) : '';
    return copyBytes(target, at, this.#ending(word ?? 'good'));
  }

  #offset(offset: number): Uint8Array {
    let bytes = this.#offsets.get(offset);
    if (bytes === undefined) {
      bytes = Buffer.from(textCell(offsetText(offset)));
      this.#offsets.set(offset, bytes);
    }
    return bytes;
  }

  #ending(word: string): Uint8Array {
    let bytes = this.#endings.get(word);
    if (bytes === undefined) {
      bytes = Buffer.from((word === '' ? '' : textCell(word)) + ROW_END);
      this.#endings.set(word, bytes);
    }
    return bytes;
  }
}
