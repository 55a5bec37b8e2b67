import type { Journal } from './contracts/journal.ts';
import type { ReadinessCheck } from './contracts/readiness.ts';
import type { SeriesStore } from './contracts/series.ts';

export interface ReadinessOptions {
  journal: Pick<Journal, 'status'>;
  state: { readiness(): ReadinessCheck };
  series: Pick<SeriesStore, 'status'>;
  broker: { status(): { listening: boolean; connections: number } };
  pump: { backlogs(): Record<string, number> };
}

/**
 * Whether reports can be taken now, part by part. A series store that is down costs backlog, not
 * reports, so it is told and does not fail the check.
 */
export function createReadiness(options: ReadinessOptions): () => ReadinessCheck[] {
  const { journal, state, series, broker, pump } = options;
  return () => [
    journalCheck(journal),
    state.readiness(),
    seriesCheck(series, pump.backlogs()['series'] ?? 0),
    brokerCheck(broker.status()),
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

function seriesCheck(series: Pick<SeriesStore, 'status'>, backlog: number): ReadinessCheck {
  const { available, reason, repairs } = series.status();
  const how = available
    ? 'the store answers'
    : `the store is down (${reason}); reports wait for it`;
  const behind = backlog > 0 ? [`${backlog} frames behind`] : [];
  return { name: 'series', ok: true, detail: [how, ...behind, ...repairs].join('; ') };
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
