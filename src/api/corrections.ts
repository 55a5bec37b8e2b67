import type { z } from 'zod';
import type { correctionInputSchema, correctionSchema } from '../../schemas/correction.ts';
import type { NewCorrection } from '../contracts/corrections.ts';
import type { Correction, CorrectionWork } from '../contracts/history.ts';
import type { Paged } from '../contracts/state.ts';
import { decodeCursor, encodeCursor } from './cursors.ts';

export type CorrectionInput = z.output<typeof correctionInputSchema>;
export type CorrectionOutput = z.output<typeof correctionSchema>;

/** The body as what is recorded. An instant, which a value has without an end, lasts one ms. */
export function correctionOf(body: CorrectionInput): NewCorrection {
  const { device, metric, to: end = null, note = null } = body;
  const work = workOf(body);
  const from = body.at ?? body.from ?? 0;
  const isInstant = body.at !== undefined || (work.type === 'value' && end === null);
  return { device, metric, from, to: isInstant ? from + 1 : end, work, note };
}

function workOf({ calibration, flag, value = 0 }: CorrectionInput): CorrectionWork {
  if (calibration !== undefined) return { type: 'calibration', ...calibration };
  return flag === undefined ? { type: 'value', value } : { type: 'flag', flag };
}

/** A correction as the API writes it: what is done stands in a field of its own, as it was sent. */
export function presentCorrection(correction: Correction): CorrectionOutput {
  const { id, version, device, metric, from, to, work, note, by, at, removed } = correction;
  const span = { id, version, device, metric, from, to };
  return { ...span, ...presentWork(work), note, by, recordedAt: at, removed };
}

function presentWork(
  work: CorrectionWork,
): Pick<CorrectionOutput, 'calibration' | 'flag' | 'value'> {
  switch (work.type) {
    case 'calibration':
      return { calibration: { gain: work.gain, offset: work.offset } };
    case 'flag':
      return { flag: work.flag };
    case 'value':
      return { value: work.value };
  }
}

type Position = readonly [device: string, metric: string, from: number, id: string];
const POSITION_SHAPE = ['string', 'string', 'number', 'string'] as const;

function positionOf({ device, metric, from, id }: Correction): Position {
  return [device, metric, from, id];
}

/** Before, after or at the same place in the list: by device, metric, start and id. */
function compare(left: Position, right: Position): number {
  for (const [index, one] of left.entries()) {
    const other = right[index] ?? '';
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** One page of corrections, by device, metric and start. Throws CURSOR_INVALID. */
export function correctionPage(
  corrections: readonly Correction[],
  page: { limit: number; cursor?: string | undefined },
): Paged<Correction> {
  const after = page.cursor === undefined ? null : decodeCursor(page.cursor, POSITION_SHAPE);
  const following = corrections
    .filter((one) => after === null || compare(positionOf(one), after) > 0)
    .sort((one, other) => compare(positionOf(one), positionOf(other)));
  const items = following.slice(0, page.limit);
  const last = items.at(-1);
  const more = following.length > items.length && last !== undefined;
  return { items, next: more ? encodeCursor(positionOf(last)) : null };
}
