import { yieldToEventLoop } from '../base/clock.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { HistoryBlock } from '../contracts/history.ts';
import { isoWriter } from './instants.ts';
import { isSameSeries } from './series-page.ts';

/** Text gathered before it is handed on: about 1,500 rows, a millisecond's work. */
export const CHUNK_LENGTH = 64 * 1024;

export interface JsonHead {
  /** Names of the columns, the time's first. */
  columns: readonly string[];
  kinds: KindRegistry;
  /** The cursor of the page that follows, or null. */
  next: string | null;
}

/**
 * The answer of `/series` in JSON, in pieces. Written by hand: a year of five-minute values is
 * 105,000 rows, and building each as an object first would take several times as long.
 */
export async function* seriesJson(
  blocks: AsyncIterable<HistoryBlock> | Iterable<HistoryBlock>,
  head: JsonHead,
): AsyncGenerator<string> {
  const iso = isoWriter();
  let text = '{"items":[';
  let open: HistoryBlock | undefined;
  for await (const block of blocks) {
    const continues = open !== undefined && isSameSeries(open, block);
    if (!continues) text += `${open === undefined ? '' : ']},'}${itemStart(block, head)}`;
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
  yield `${text}${open === undefined ? '' : ']}'}],"next":${JSON.stringify(head.next)}}`;
}

function itemStart(block: HistoryBlock, { columns, kinds }: JsonHead): string {
  const metric = kinds.get(block.kind)?.metrics.find(({ name }) => name === block.metric);
  const text = JSON.stringify({
    device: block.device,
    site: block.site,
    kind: block.kind,
    metric: block.metric,
    unit: metric?.unit ?? null,
    columns,
  });
  return `${text.slice(0, -1)},"rows":[`;
}

function rowText(block: HistoryBlock, row: number, iso: (time: number) => string): string {
  let text = `["${iso(block.times[row] ?? 0)}"`;
  for (const column of block.columns) text += cellText(column[row]);
  if (block.raw !== undefined) text += cellText(block.raw[row]);
  return `${text}]`;
}

function cellText(value = Number.NaN): string {
  return Number.isFinite(value) ? `,${value}` : ',null';
}
