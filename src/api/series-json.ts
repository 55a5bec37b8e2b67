import { yieldToEventLoop } from '../base/clock.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { SeriesBlock } from '../contracts/series.ts';
import { isoWriter } from './instants.ts';

/** Text gathered before it is handed on: about 1,500 rows, a millisecond's work. */
export const CHUNK_LENGTH = 64 * 1024;

/**
 * The answer of `/series` in JSON, in pieces. Written by hand: a year of five-minute values is
 * 105,000 rows, and building each as an object first would take several times as long.
 */
export async function* seriesJson(
  blocks: AsyncIterable<SeriesBlock>,
  columns: readonly string[],
  kinds: KindRegistry,
): AsyncGenerator<string> {
  const iso = isoWriter();
  let text = '{"items":[';
  let open: SeriesBlock | undefined;
  for await (const block of blocks) {
    const continues = open !== undefined && isSameSeries(open, block);
    if (!continues) text += `${open === undefined ? '' : ']},'}${itemStart(block, columns, kinds)}`;
    let separator = continues ? ',' : '';
    for (let row = 0; row < block.times.length; row++) {
      text += `${separator}${rowText(block, row, iso)}`;
      separator = ',';
      if (text.length >= CHUNK_LENGTH) {
        yield text;
        text = '';
        await yieldToEventLoop();
      }
    }
    open = block;
  }
  yield `${text}${open === undefined ? '' : ']}'}],"next":null}`;
}

function isSameSeries(left: SeriesBlock, right: SeriesBlock): boolean {
  return (
    left.metric === right.metric &&
    left.device === right.device &&
    left.site === right.site &&
    left.coop === right.coop &&
    left.kind === right.kind
  );
}

function itemStart(block: SeriesBlock, columns: readonly string[], kinds: KindRegistry): string {
  const metric = kinds.get(block.kind)?.metrics.find(({ name }) => name === block.metric);
  const head = JSON.stringify({
    device: block.device,
    site: block.site,
    kind: block.kind,
    metric: block.metric,
    unit: metric?.unit ?? null,
    columns,
  });
  return `${head.slice(0, -1)},"rows":[`;
}

function rowText(block: SeriesBlock, row: number, iso: (time: number) => string): string {
  let text = `["${iso(block.times[row] ?? 0)}"`;
  for (const column of block.columns) {
    const value = column[row] ?? Number.NaN;
    text += `,${Number.isFinite(value) ? value : 'null'}`;
  }
  return `${text}]`;
}
