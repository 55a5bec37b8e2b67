import type { Correction, CorrectionSpan, CorrectionWork } from './history.ts';
import type { CorrectionFilter } from './state.ts';

/** What a person says of values; who and when are added. */
export interface NewCorrection extends CorrectionSpan {
  work: CorrectionWork;
  note: string | null;
}

/** Recording corrections: every change is a new version, and the rollups it touches follow. */
export interface CorrectionActions {
  /** Those that apply now. */
  list(filter?: CorrectionFilter): Promise<Correction[]>;
  /** All versions of one, oldest first; empty when there is none. */
  versions(id: string): Promise<Correction[]>;
  create(correction: NewCorrection, by: string): Promise<Correction>;
  /** The next version; undefined when there is none that applies. */
  replace(id: string, correction: NewCorrection, by: string): Promise<Correction | undefined>;
  /** Takes it back, with a version that says so; false when there was none that applies. */
  remove(id: string, by: string): Promise<boolean>;
}

/** What the corrections of one device make of its values. */
export interface DeviceCorrections {
  /** Names these corrections as they stand: after any change it is another. Not empty. */
  readonly stamp: string;
  /** The value as it should have been, and whether a person doubts it; null: flagged invalid. */
  apply(metric: string, time: number, raw: number): { value: number; suspect: boolean } | null;
}

/** Corrections as they apply to values that are judged while they come. */
export interface AppliedCorrections {
  /** Those of one device; undefined when it has none, which costs one look into a map. */
  of(device: string): DeviceCorrections | undefined;
  /** Called with the span of every version, before and after, once `of` knows of the change. */
  onChange(listener: (span: CorrectionSpan) => void): () => void;
}
