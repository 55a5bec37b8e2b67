import type { JSX } from 'preact';
import type { WireRule } from '../api/work-types.ts';
import { severityState } from '../domain/site-state.ts';
import { EvidenceTag } from '../parts/evidence-tag.tsx';
import { StatePill } from '../parts/state-pill.tsx';
import { texts } from '../state/language.ts';
import { workTexts } from '../state/work-texts.ts';

/** How it stands: severity, foundation, whether it is on, and what it reads. */
export function RuleMarks({ rule }: { rule: WireRule }): JSX.Element {
  const words = workTexts.value.rules;
  return (
    <div class="marks">
      <StatePill state={severityState(rule.severity)} word={texts.value.severity[rule.severity]} />
      <EvidenceTag evidence={rule.source.evidence} />
      {!rule.enabled && (
        <span class="tag" data-evidence="U">
          {words.off}
        </span>
      )}
      {rule.origin === 'saved' && <span class="tag">{words.savedHere}</span>}
      {rule.devices > 0 && <span class="soft">{words.devices(rule.devices)}</span>}
      {rule.enabled && rule.devices === 0 && (
        <span class="tag" data-evidence="U">
          {words.noDevice}
        </span>
      )}
    </div>
  );
}
