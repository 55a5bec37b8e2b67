import type { Clock } from '../base/clock.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Plot } from '../contracts/irrigation.ts';
import type { Registry } from '../contracts/registry.ts';
import type { State } from '../contracts/state.ts';
import { refusalOf } from './declared-faults.ts';
import { plotFaults } from './plot-faults.ts';

export interface PlotsOptions {
  state: State;
  registry: Pick<Registry, 'find'>;
  kinds: KindRegistry;
  clock: Clock;
}

/** Before the first day that has a name of four digits. */
const BEFORE_ALL_DAYS = '0000-01-01';

/**
 * Keeps a plot and tells the audit. Rows of the season under way go, for they were made of what the
 * plot was before. Throws PLOT_INVALID with the field and the fix, which the audit is told too.
 */
export async function savePlot(
  { state, registry, kinds, clock }: PlotsOptions,
  plot: Plot,
  by: string,
): Promise<Plot> {
  const [fault] = plotFaults(plot, { site: await state.sites.get(plot.site), registry, kinds });
  const entry = { at: clock.now(), coop: plot.coop, who: by, subject: plot.site };
  if (fault !== undefined) {
    const { field, why } = fault;
    const told = { ...entry, what: 'plot.refused', why: `${field}: ${why}` };
    await state.audit.append([{ ...told, before: null, after: plot }]);
    throw refusalOf('PLOT_INVALID', fault);
  }
  await state.transaction(async (tx) => {
    const before = await tx.plots.get(plot.site);
    const rows = await tx.plots.rows(plot.site, BEFORE_ALL_DAYS);
    await tx.plots.remove(plot.site);
    await tx.plots.save(plot);
    await tx.plots.saveRows(
      plot.site,
      rows.filter(({ day }) => day < plot.plantedOn),
    );
    const told = { ...entry, what: 'plot.saved', why: null };
    await tx.audit.append([{ ...told, before: before ?? null, after: plot }]);
  });
  return plot;
}

const PAGE_PLOTS = 500;

/** Every plot of the instance, page by page. */
export async function* allPlots(state: Pick<State, 'plots'>): AsyncGenerator<Plot> {
  let after: string | undefined;
  do {
    const page = { limit: PAGE_PLOTS, ...(after !== undefined && { after }) };
    const { items, next } = await state.plots.list({}, page);
    yield* items;
    after = next ?? undefined;
  } while (after !== undefined);
}
