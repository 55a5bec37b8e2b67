import type { Journal } from './contracts/journal.ts';
import type { ReadinessCheck } from './contracts/readiness.ts';
import type { SeriesStatus, SeriesStore } from './contracts/series.ts';

export interface ReadinessOptions {
  journal: Pick<Journal, 'status'>;
  state: { readiness(): ReadinessCheck };
  series: Pick<SeriesStore, 'status'>;
  /** What the store lost and could not get back. */
  losses: { lines(): string[] };
  broker: { status(): { listening: boolean; connections: number } };
  pump: { backlogs(): Record<string, number> };
  /** Work that is not needed to take reports, and tells how it fares all the same. */
  upkeep: ReadonlyArray<{ readiness(): ReadinessCheck }>;
}

/**
 * Whether reports can be taken now, part by part. A series store that is down costs backlog, not
 * reports, so it is told and does not fail the check.
 */
export function createReadiness(options: ReadinessOptions): () => ReadinessCheck[] {
  const { journal, state, series, losses, broker, pump, upkeep } = options;
  return () => [
    journalCheck(journal),
    state.readiness(),
    seriesCheck(series.status(), losses.lines(), pump.backlogs()['series'] ?? 0),
    brokerCheck(broker.status()),
    ...upkeep.map((part) => part.readiness()),
  ];
}

function journalCheck(journal: Pick<Journal, 'status'>): ReadinessCheck {
  const { failure, head, tail, bytes, bytesMax, repairs } = journal.status();
  const name = 'journal';
  if (failure !== null) {
    const hint = failure.hint === undefined ? '' : ` ${failure.hint}`;
    const detail = `reports are refused: ${failure.message}.${hint}`;
    return { name, ok: false, detail };
  }
  const share = Math.round((bytes / bytesMax) * 100);
  const said = [`${head - tail} frames kept, ${share} % of the allowed size`, ...repairs];
  return { name, ok: true, detail: said.join('; ') };
}

function seriesCheck(
  { available, reason, repairs }: SeriesStatus,
  losses: readonly string[],
  backlog: number,
): ReadinessCheck {
  const how = available
    ? 'the store answers'
    : `the store is down (${reason}); reports wait for it`;
  const behind = backlog > 0 ? [`${backlog} frames behind`] : [];
  const detail = [how, ...behind, ...repairs, ...losses].join('; ');
  return { name: 'series', ok: true, detail, store: { available, behind: backlog } };
}

function brokerCheck({
  listening,
  connections,
}: {
  listening: boolean;
  connections: number;
}): ReadinessCheck {
  const detail = listening ? `${connections} devices connected` : 'not listening';
  return { name: 'broker', ok: listening, detail };
}
