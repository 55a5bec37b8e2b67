import { csvText } from '../../base/csv-text.ts';
import { type LocalClock, localClock } from '../../base/local-clock.ts';
import type { DecimalSign } from '../../contracts/files.ts';
import { copyBytes, NUMBER_BYTES_MAX, NumberWriter, TIME_BYTES_MAX, TimeWriter } from './bytes.ts';
import { type RowFormat, writePieces } from './piece-writer.ts';
import { columnNames, type TableBlock, type TableBlocks, type TableShape } from './table.ts';

export interface CsvOptions {
  bom: boolean;
  decimal: DecimalSign;
  /** Adds `local_time` in this IANA zone. */
  localZone: string | null;
}

const BOM = '\ufeff';

/** RFC 4180: CRLF behind each record, quotes where a cell needs them. */
export async function* csvFile(
  shape: TableShape,
  blocks: TableBlocks,
  options: CsvOptions,
): AsyncGenerator<Uint8Array> {
  const separator = options.decimal === 'comma' ? ';' : ',';
  const names = columnNames(shape, options.localZone === null ? ['time'] : ['time', 'local_time']);
  const header = `${names.map((name) => csvText(name, separator)).join(separator)}\r\n`;
  yield Buffer.from(options.bom ? BOM + header : header);
  yield* writePieces(new CsvRows(shape, options, separator), blocks);
}

class CsvRows implements RowFormat {
  readonly #shape: TableShape;
  readonly #separator: string;
  readonly #separatorByte: number;
  readonly #time = new TimeWriter();
  readonly #localTime = new TimeWriter('');
  readonly #zone: LocalClock | null;
  readonly #decimal: DecimalSign;
  /** One for each column: numbers of one column are alike. */
  #numbers: NumberWriter[] = [];
  #block: TableBlock | undefined;
  #tags: Uint8Array = new Uint8Array(0);
  readonly #endings = new Map<string, Uint8Array>();

  constructor(shape: TableShape, { decimal, localZone }: CsvOptions, separator: string) {
    this.#shape = shape;
    this.#separator = separator;
    this.#separatorByte = separator.charCodeAt(0);
    this.#zone = localZone === null ? null : localClock(localZone);
    this.#decimal = decimal;
  }

  begin(block: TableBlock): number {
    const { long, quality } = this.#shape;
    const cells = long ? [block.device, block.metric] : [block.device];
    const text = cells.map((cell) => this.#separator + csvText(cell, this.#separator)).join('');
    this.#block = block;
    this.#tags = Buffer.from(text);
    while (this.#numbers.length < block.columns.length) {
      this.#numbers.push(new NumberWriter(this.#decimal));
    }
    for (const word of quality ? new Set(block.quality ?? ['good']) : ['']) this.#ending(word);
    const ending = Math.max(...[...this.#endings.values()].map((bytes) => bytes.length));
    return (
      2 * TIME_BYTES_MAX +
      1 +
      this.#tags.length +
      block.columns.length * (NUMBER_BYTES_MAX + 1) +
      ending
    );
  }

  write(target: Uint8Array, from: number, row: number): number {
    const { times, columns, quality } = this.#block as TableBlock;
    const time = times[row] as number;
    let at = this.#time.write(target, from, time);
    if (this.#zone !== null) {
      target[at++] = this.#separatorByte;
      at = this.#localTime.write(target, at, time + this.#zone.offset(time));
    }
    at = copyBytes(target, at, this.#tags);
    for (let place = 0; place < columns.length; place++) {
      target[at++] = this.#separatorByte;
      const value = (columns[place] as Float64Array)[row] as number;
      if (Number.isFinite(value)) {
        at = (this.#numbers[place] as NumberWriter).write(target, at, value);
      }
    }
    const word = this.#shape.quality ? (quality === undefined ? 'good' : quality[row]) : '';
    return copyBytes(target, at, this.#ending(word ?? 'good'));
  }

  #ending(word: string): Uint8Array {
    let bytes = this.#endings.get(word);
    if (bytes === undefined) {
      bytes = Buffer.from(word === '' ? '\r\n' : `${this.#separator}${word}\r\n`);
      this.#endings.set(word, bytes);
    }
    return bytes;
  }
}
