/** One part's word on whether it can do its work now. */
export interface ReadinessCheck {
  /** The part, such as `journal`, `series`, `state`, `broker`. */
  name: string;
  ok: boolean;
  /** One sentence for the operator: what is wrong and what to do, or how it is. */
  detail: string;
  /** Of a store that is written from the journal: whether it answers, and frames it has to take. */
  store?: { available: boolean; behind: number };
}
