import type { Alert } from '../contracts/alert.ts';
import type { Site, State } from '../contracts/state.ts';
import type { Spray, SprayBaseline, SprayLedgerLine } from '../contracts/survey.ts';
import { spraySavings } from '../pests/savings.ts';
import { resolveInstant } from './instants.ts';

/** Rows read at a time; alerts of 4 KB make a megabyte. */
const PAGE_ROWS = 250;
const DAY_MS = 86_400_000;

/** Local days, both belong. */
export interface Season {
  from: string;
  to: string;
}

interface Sources {
  state: Pick<State, 'sprays' | 'alerts'>;
  timeZone: string;
}

/** `[from, to)` in ms. */
export function instantsOf({ from, to }: Season, timeZone: string): { from: number; to: number } {
  const start = (day: string): number => resolveInstant({ date: `${day}T00:00:00.000` }, timeZone);
  const after = new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
  return { from: start(from), to: start(after) };
}

export function overlaps(one: Season, other: Season): boolean {
  return one.from <= other.to && other.from <= one.to;
}

/**
 * A site's seasons with a declared baseline that touch the range, then what was sprayed or advised
 * in the range outside them: that is told too, with nothing to hold it against.
 */
export async function ledgerOf(
  { state, timeZone }: Sources,
  site: Pick<Site, 'id'>,
  range: Season,
): Promise<SprayLedgerLine[]> {
  const declared = await state.sprays.baselines({ site: site.id });
  const baselines = declared.filter((baseline) => overlaps(baseline, range));
  const span = instantsOf(
    {
      from: [range.from, ...baselines.map(({ from }) => from)].sort()[0] ?? range.from,
      to: [range.to, ...baselines.map(({ to }) => to)].sort().at(-1) ?? range.to,
    },
    timeZone,
  );
  const sprays = await everyItem((after) =>
    state.sprays.list({ site: site.id, ...span }, { limit: PAGE_ROWS, ...after }),
  );
  const alerts = await everyItem((after) =>
    state.alerts.list({ site: site.id, ...span }, { limit: PAGE_ROWS, ...after }),
  );
  const advised = alerts.filter(isAdvice);
  const lines = baselines.map((baseline) => {
    const within = inside(instantsOf(baseline, timeZone));
    return lineOf(site.id, baseline, {
      baseline,
      done: sprays.filter(({ at }) => within(at)),
      advised: advised.filter(({ onset }) => within(onset)).length,
    });
  });
  const within = inside(instantsOf(range, timeZone));
  const seasons = declared.map((baseline) => inside(instantsOf(baseline, timeZone)));
  const isOutside = (time: number): boolean =>
    within(time) && !seasons.some((season) => season(time));
  const done = sprays.filter(({ at }) => isOutside(at));
  const more = advised.filter(({ onset }) => isOutside(onset)).length;
  if (done.length + more === 0) return lines;
  return [...lines, lineOf(site.id, range, { baseline: null, done, advised: more })];
}

/** Somebody was told to treat: not withdrawn since, and not known too late to say so. */
function isAdvice({ advises, onset, end, timeline }: Alert): boolean {
  return (
    advises === 'treat' &&
    end !== onset &&
    timeline.some(({ event }) => event === 'raised' || event === 'reopened')
  );
}

function inside({ from, to }: { from: number; to: number }): (time: number) => boolean {
  return (time) => time >= from && time < to;
}

interface Found {
  baseline: SprayBaseline | null;
  done: readonly Spray[];
  advised: number;
}

function lineOf(
  site: string,
  { from, to }: Season,
  { baseline, done, advised }: Found,
): SprayLedgerLine {
  const active = done.map(({ activeKgHa }) => activeKgHa);
  const savings =
    baseline === null
      ? null
      : spraySavings({
          baselineSprays: baseline.sprays,
          actualSprays: done.length,
          costPerSpray: baseline.costPerHa,
          ...(baseline.activeKgHa !== null && { activeKgPerSpray: baseline.activeKgHa }),
        });
  return {
    ...{ site, from, to, advised, done: done.length, baseline },
    avoided: savings?.sprays ?? null,
    savedPerHa: savings?.cost ?? null,
    savedPercent: savings?.percent ?? null,
    activeKgHa: active.includes(null)
      ? null
      : active.reduce<number>((sum, kg) => sum + (kg ?? 0), 0),
    savedActiveKgHa: savings?.activeKg ?? null,
  };
}

/** All of a list, page by page: a site's season has some tens of sprays and alerts. */
async function everyItem<Item>(
  read: (after: { after?: string }) => Promise<{ items: Item[]; next: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | null = null;
  do {
    const page = await read(after === null ? {} : { after });
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}
