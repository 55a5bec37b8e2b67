import type { JSX } from 'preact';
import type { WireReason } from '../api/plant-types.ts';
import { sentence } from '../state/plant.ts';

/** The steps of a reasoning as sentences, in their order. */
export function Reasons({ reasons }: { reasons: readonly WireReason[] }): JSX.Element | null {
  if (reasons.length === 0) return null;
  return (
    <ul class="reasons">
      {reasons.map((reason, index) => (
        <li key={`${index} ${reason.code}`}>{sentence(reason)}</li>
      ))}
    </ul>
  );
}
