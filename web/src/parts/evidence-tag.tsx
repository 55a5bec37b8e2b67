import type { JSX } from 'preact';
import type { Evidence } from '../api/types.ts';
import { texts } from '../state/language.ts';

/** How well a number is founded, as a word. */
export function EvidenceTag({ evidence }: { evidence: Evidence }): JSX.Element {
  return (
    <span class="tag" data-evidence={evidence}>
      {texts.value.evidence[evidence]}
    </span>
  );
}
