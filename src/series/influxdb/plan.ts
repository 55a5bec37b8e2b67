import { Decision, type Row, type StagedBatch } from './batch.ts';

interface PlannedRow {
  offset: number;
  index: number;
  dropped?: string[];
  charged?: string[];
  merged?: true;
  /** Metric, coop and site of the values that no longer count. */
  superseded?: Array<[string, string, string | null]>;
  restored?: string[];
}

/**
 * The decisions about a batch, kept in the ledger before its first line leaves. When the write or
 * the commit fails, the server may hold any part of the batch, so that asking it again what was
 * there before would call our own values repeats. Which reports need a decision follows from the
 * order of the journal alone; so the plan fits however the journal is cut into batches next time.
 */
export class Plan {
  /** Every report below this offset is decided: by an entry, or it is new. */
  readonly next: number;
  readonly #rows: Map<string, PlannedRow>;

  constructor(text: string | null) {
    const { next, rows } = text === null ? { next: 0, rows: [] } : (JSON.parse(text) as Text);
    this.next = next;
    this.#rows = new Map(rows.map((row) => [keyOf(row), row]));
  }

  covers(row: Row): boolean {
    return row.observation.offset < this.next;
  }

  decision(row: Row): Decision | null {
    const planned = this.#rows.get(keyOf(row.observation));
    if (planned === undefined) return null;
    const decision = new Decision();
    for (const metric of planned.dropped ?? []) decision.dropped.add(metric);
    for (const metric of planned.charged ?? []) decision.charged.add(metric);
    for (const metric of planned.restored ?? []) decision.restored.add(metric);
    decision.merged = planned.merged ?? false;
    const { device } = row.place;
    for (const [metric, coop, site] of planned.superseded ?? []) {
      decision.superseded.push([metric, row.kind.place(row.entry, { coop, site, device })]);
    }
    return decision;
  }
}

interface Text {
  next: number;
  rows: PlannedRow[];
}

/** The plan for a batch whose rows are decided. */
export function planText({ next, rows }: StagedBatch): string {
  const planned = rows.flatMap(({ observation: { offset, index }, decision }): PlannedRow[] => {
    if (decision === null) return [];
    const { dropped, charged, merged, superseded, restored } = decision;
    return [
      {
        offset,
        index,
        ...(dropped.size > 0 && { dropped: [...dropped] }),
        ...(charged.size > 0 && { charged: [...charged] }),
        ...(merged && { merged }),
        ...(superseded.length > 0 && {
          superseded: superseded.map(([metric, { coop, site }]) => [metric, coop, site]),
        }),
        ...(restored.size > 0 && { restored: [...restored] }),
      },
    ];
  });
  return JSON.stringify({ next, rows: planned } satisfies Text);
}

function keyOf({ offset, index }: { offset: number; index: number }): string {
  return `${offset}/${index}`;
}
