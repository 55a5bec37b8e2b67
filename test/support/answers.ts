/** Answers of the API as a client sees them: times are ISO 8601 texts. */
export interface SeriesAnswer {
  items: Array<{
    device: string;
    site: string | null;
    kind: string;
    metric: string;
    unit: string;
    columns: string[];
    rows: Array<Array<string | number | null>>;
  }>;
  next: string | null;
}

export interface AlertView {
  id: string;
  rule: string;
  device: string;
  site: string | null;
  state: string;
  severity: string;
  onset: string;
  known: string;
  end: string | null;
  revision: number;
  severities: Array<{ time: string; severity: string }>;
  evidence: {
    worst: number | null;
    samples: Array<{ time: string; value: number | null }>;
  };
}
