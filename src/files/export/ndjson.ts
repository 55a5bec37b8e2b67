import { type LocalClock, localClock } from '../../base/local-clock.ts';
import { offsetText } from '../offset-text.ts';
import { copyBytes, NUMBER_BYTES_MAX, NumberWriter, TIME_BYTES_MAX, TimeWriter } from './bytes.ts';
import { type RowFormat, writePieces } from './piece-writer.ts';
import type { TableBlock, TableBlocks, TableShape } from './table.ts';

/** One JSON object a line, with the members a CSV file has as columns; null is an empty cell. */
export function ndjsonFile(
  shape: TableShape,
  blocks: TableBlocks,
  localZone: string | null,
): AsyncGenerator<Uint8Array> {
  return writePieces(new NdjsonRows(shape, localZone), blocks);
}

const NULL = Buffer.from('null');
const START = Buffer.from('{"time":"');
const LOCAL = Buffer.from('","local_time":"');
/** `+07:00`. */
const OFFSET_BYTES = 6;

class NdjsonRows implements RowFormat {
  readonly #shape: TableShape;
  readonly #time = new TimeWriter();
  readonly #localTime = new TimeWriter('');
  readonly #zone: LocalClock | null;
  readonly #names: Uint8Array[];
  readonly #numbers: NumberWriter[];
  readonly #endings = new Map<string, Uint8Array>();
  #block: TableBlock | undefined;
  #tags: Uint8Array = new Uint8Array(0);

  constructor(shape: TableShape, localZone: string | null) {
    this.#shape = shape;
    this.#zone = localZone === null ? null : localClock(localZone);
    this.#names = shape.numbers.map((name) => Buffer.from(`,${JSON.stringify(name)}:`));
    this.#numbers = shape.numbers.map(() => new NumberWriter());
  }

  begin(block: TableBlock): number {
    const { device, metric } = block;
    const tags = this.#shape.long ? { device, metric } : { device };
    this.#block = block;
    this.#tags = Buffer.from(`",${JSON.stringify(tags).slice(1, -1)}`);
    const qualities = this.#shape.quality ? new Set(block.quality ?? ['good']) : [''];
    for (const word of qualities) this.#ending(word);
    const fixed = [START, LOCAL, this.#tags, ...this.#names, ...this.#endings.values()];
    const cells = this.#names.length * NUMBER_BYTES_MAX + 2 * TIME_BYTES_MAX + OFFSET_BYTES;
    return fixed.reduce((sum, bytes) => sum + bytes.length, cells);
  }

  write(target: Uint8Array, from: number, row: number): number {
    const { times, columns, quality } = this.#block as TableBlock;
    const time = times[row] as number;
    let at = this.#time.write(target, copyBytes(target, from, START), time);
    if (this.#zone !== null) at = this.#writeLocal(this.#zone, target, { at, time });
    at = copyBytes(target, at, this.#tags);
    for (let place = 0; place < columns.length; place++) {
      at = copyBytes(target, at, this.#names[place] as Uint8Array);
      const value = (columns[place] as Float64Array)[row] as number;
      at = Number.isFinite(value)
        ? (this.#numbers[place] as NumberWriter).write(target, at, value)
        : copyBytes(target, at, NULL);
    }
    const word = this.#shape.quality ? (quality === undefined ? 'good' : quality[row]) : '';
    return copyBytes(target, at, this.#ending(word ?? 'good'));
  }

  #writeLocal(zone: LocalClock, target: Uint8Array, to: { at: number; time: number }): number {
    const offset = zone.offset(to.time);
    const start = copyBytes(target, to.at, LOCAL);
    const at = this.#localTime.write(target, start, to.time + offset);
    return copyBytes(target, at, Buffer.from(offsetText(offset)));
  }

  #ending(word: string): Uint8Array {
    let bytes = this.#endings.get(word);
    if (bytes === undefined) {
      bytes = Buffer.from(word === '' ? '}\n' : `,"quality":"${word}"}\n`);
      this.#endings.set(word, bytes);
    }
    return bytes;
  }
}
