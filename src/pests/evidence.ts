/** V seen in the named source, C computed from it, D our own design rule, U not verified. */
export type Evidence = 'V' | 'C' | 'D' | 'U';

/** Where a number comes from, and of which country. */
export interface PestSource {
  text: string;
  evidence: Evidence;
  region: string;
}
