import { expect, test } from 'vitest';
import { loadKinds } from '#src/ingest/kinds';
import { seed } from '../support/random.ts';
import { checkWorld, type TrialReport } from './support/trial-checks.ts';
import { TrialWorld } from './support/trial-world.ts';

/** Simulated runs: one valve each with its orders, faults and outages. `RUNS=10000` is the proof. */
const RUNS = Number(process.env['RUNS'] ?? 600);
const BLOCKS = Math.min(200, RUNS);

test(
  `${RUNS} runs keep every promise through every outage (seed ${seed})`,
  async () => {
    const kinds = await loadKinds();
    const reports: TrialReport[] = [];
    for (let place = 0; place * BLOCKS < RUNS; place++) {
      const world = new TrialWorld(seed + place, { blocks: BLOCKS, kinds });
      try {
        await world.run();
        reports.push(await checkWorld(world));
      } finally {
        await world.close();
      }
      const [report] = reports.slice(-1);
      expect(report?.wrong, `SEED=${seed + place} RUNS=${BLOCKS} repeats it`).toEqual([]);
    }
    const sum = (pick: (report: TrialReport) => number): number =>
      reports.reduce((total, report) => total + pick(report), 0);
    const told = (pick: (report: TrialReport) => Map<string, number>): Record<string, number> => {
      const all: Record<string, number> = {};
      for (const report of reports) {
        for (const [key, count] of pick(report)) all[key] = (all[key] ?? 0) + count;
      }
      return all;
    };
    const figures = {
      runs: sum(({ runs }) => runs),
      kills: sum(({ kills }) => kills),
      overtime: Math.max(...reports.map(({ overtime }) => overtime)),
      commands: told(({ commands }) => commands),
      shown: told(({ shown }) => shown),
      found: told(({ found }) => found),
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    expect(figures.found).toEqual(figures.shown);
    expect(figures.kills).toBeGreaterThan(RUNS / 200);
    if (RUNS >= 600) expectMuchWasTried(figures);
  },
  120_000 + RUNS * 120,
);

interface Figures {
  commands: Record<string, number>;
  shown: Record<string, number>;
}

/** A run in which nothing went wrong proves nothing. */
function expectMuchWasTried({ commands, shown }: Figures): void {
  for (const state of ['effective', 'contradicted', 'unproven', 'refused', 'expired']) {
    expect(commands[state] ?? 0, state).toBeGreaterThan(20);
  }
  for (const fault of ['stuck-open', 'broken-pipe', 'stuck-closed']) {
    expect(shown[fault] ?? 0, fault).toBeGreaterThan(0);
  }
}
