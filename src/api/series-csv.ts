import { yieldToEventLoop } from '../base/clock.ts';
import type { AggregateFunction, SeriesBlock } from '../contracts/series.ts';
import { csvNumber, csvText } from './csv.ts';
import { isoWriter } from './instants.ts';
import { CHUNK_LENGTH } from './series-json.ts';

/** The answer of `/series` in CSV (RFC 4180), one row a point, in pieces. */
export async function* seriesCsv(
  blocks: AsyncIterable<SeriesBlock>,
  functions: readonly AggregateFunction[] | null,
): AsyncGenerator<string> {
  const iso = isoWriter();
  const columns = functions ?? ['value', 'quality'];
  let text = `${['time', 'device', 'metric', ...columns].join(',')}\r\n`;
  for await (const block of blocks) {
    const tags = `,${csvText(block.device)},${csvText(block.metric)}`;
    for (let row = 0; row < block.times.length; row++) {
      text += `${iso(block.times[row] ?? 0)}${tags}`;
      for (const column of block.columns) text += `,${csvNumber(column[row] ?? Number.NaN)}`;
      if (functions === null) text += `,${block.quality?.[row] ?? 'good'}`;
      text += '\r\n';
      if (text.length >= CHUNK_LENGTH) {
        yield text;
        text = '';
        await yieldToEventLoop();
      }
    }
  }
  yield text;
}
