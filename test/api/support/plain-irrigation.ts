import { AppError } from '#src/base/errors';
import type { Aeration, AerationDecision, AerationPlan } from '#src/contracts/aeration';
import type { Forecasts } from '#src/contracts/forecast';
import type { Programme, ProgrammeRun, Programmes, WaterBalance } from '#src/contracts/irrigation';
import type { State } from '#src/contracts/state';

const DAY_MS = 86_400_000;

/** Programmes kept and run by the letter: how they plan is tested elsewhere. */
export function plainProgrammes(state: State, now: () => number): Programmes {
  const runOf = ({ id, version, zones }: Programme, at: number): ProgrammeRun => ({
    ...{ programme: id, version, at, decision: 'run', state: 'planned', note: null },
    reasons: [{ code: 'DOSE', values: { minutes: 20, moisture: null } }],
    pieces: zones.map(({ device }) => ({
      ...{ device, from: at, seconds: 1_200, litres: null, command: null },
    })),
  });
  const find = async (id: string): Promise<Programme> => {
    const programme = await state.programmes.get(id);
    if (programme !== undefined) return programme;
    throw new AppError('PROGRAMME_NOT_FOUND', `there is no programme ${id}`);
  };
  const saveRun = async (run: ProgrammeRun): Promise<ProgrammeRun> => {
    await state.programmes.saveRun(run);
    return run;
  };
  return {
    async save(programme) {
      const { dose, zones, budget } = programme;
      const asked = dose.type === 'minutes' ? dose.minutes * 60 * zones.length : 0;
      if (asked > (budget.seconds ?? Number.POSITIVE_INFINITY)) {
        const message = `its ${asked} s are more than its budget`;
        throw new AppError('PROGRAMME_INVALID', message, { field: 'budget.seconds' });
      }
      const before = await state.programmes.get(programme.id);
      const saved = { ...programme, version: (before?.version ?? 0) + 1 };
      await state.programmes.save(saved);
      return saved;
    },
    remove: (id) => state.programmes.remove(id),
    get: (id) => state.programmes.get(id),
    list: (filter, page) => state.programmes.list(filter, page),
    runs: (id, page) => state.programmes.runs(id, page),
    preview: async (programme, from, days) =>
      Array.from({ length: days }, (_, day) => runOf(programme, from + day * DAY_MS)),
    async accept(id, at) {
      const open = await state.programmes.openRuns();
      const run = open.find((one) => one.programme === id && one.at === at);
      if (run?.state === 'proposed') return saveRun({ ...run, state: 'running' });
      throw new AppError('PROGRAMME_NOT_PROPOSED', 'nothing is proposed for that time');
    },
    runNow: async (id) => saveRun({ ...runOf(await find(id), now()), state: 'running' }),
    async stopRun(id) {
      const open = await state.programmes.openRuns();
      const mine = open.filter(({ programme }) => programme === id);
      for (const run of mine) await saveRun({ ...run, state: 'stopped' });
      return mine.length > 0;
    },
    async calendar(filter, language) {
      const { items } = await state.programmes.list(filter, { limit: 100 });
      const events = items.map(({ name }) => `BEGIN:VEVENT\r\nSUMMARY:${name}\r\nEND:VEVENT\r\n`);
      return `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-IN:${language}\r\n${events.join('')}END:VCALENDAR\r\n`;
    },
  };
}

/** A balance that says what was saved. */
export function plainBalance(state: State, now: () => number): WaterBalance {
  return {
    async savePlot(plot) {
      if (plot.soil.wiltingPoint >= plot.soil.fieldCapacity) {
        const message = 'the wilting point is not below field capacity';
        throw new AppError('PLOT_INVALID', message, { field: 'soil.wiltingPoint' });
      }
      await state.plots.save(plot);
      return plot;
    },
    async advice(site) {
      const rows = await state.plots.rows(site, '2026-01-01');
      return {
        ...{ site, at: now(), decision: 'irrigate', netMm: 4.2, grossMm: 4.9 },
        ...{ seconds: 7_500, litres: 9_800, rows },
        reasons: [{ code: 'DEPLETION', values: { depletion: 52, raw: 51 } }],
      };
    },
    rows: (site, from) => state.plots.rows(site, from),
    needOn: async () => null,
  };
}

export function plainForecasts(state: State): Forecasts {
  return {
    of: (site) => state.forecasts.newest(site),
    skill: async (site) => [
      {
        ...{ provider: 'csv', site, metric: 'rain', lead: 1, days: 12 },
        ...{ meanError: -0.4, meanAbsoluteError: 2.1, skill: null },
      },
    ],
  };
}

export function plainAeration(state: State, now: () => number): Aeration {
  const decisionOf = ({ site }: AerationPlan): AerationDecision => ({
    ...{ site, at: now(), decision: 'start', oxygen: 4.4, projected: 2.9 },
    reasons: [{ code: 'DAWN_LOW', values: { projected: 2.9 } }],
    energy: { day: '2026-11-22', spent: 3, baseline: 12, saved: 9 },
  });
  return {
    async save(plan) {
      if (plan.stopAbove <= plan.startBelow) {
        const message = 'stopAbove is not above startBelow';
        throw new AppError('AERATION_INVALID', message, { field: 'stopAbove' });
      }
      await state.aeration.save(plan);
      return plan;
    },
    remove: (site) => state.aeration.remove(site),
    get: (site) => state.aeration.get(site),
    list: (filter, page) => state.aeration.list(filter, page),
    async decision(site) {
      const plan = await state.aeration.get(site);
      return plan && decisionOf(plan);
    },
    async accept(site) {
      const plan = await state.aeration.get(site);
      if (plan?.mode === 'propose') return decisionOf(plan);
      throw new AppError('AERATION_NOT_PROPOSED', 'the plan proposes nothing now');
    },
  };
}
