import type { JSX } from 'preact';
import type { WireProgramme, WireRun } from '../api/plant-types.ts';
import type { WirePage } from '../api/types.ts';
import { beginOf } from '../domain/programme-days.ts';
import { routeHref } from '../domain/route.ts';
import { Problem } from '../parts/form.tsx';
import { everyQuarter } from '../state/clock.ts';
import { format, texts } from '../state/language.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { useLoaded } from '../state/work.ts';
import { RunLine } from './programme-runs.tsx';

const DAYS = 14;

export async function readPreview(id: string): Promise<WireRun[]> {
  const path = `/programmes/${encodeURIComponent(id)}/preview?days=${DAYS}`;
  return (await api.get<WirePage<WireRun>>(path)).items;
}

/** A programme with its next run, and the reason of its next decision. */
export function ProgrammeCard({ programme }: { programme: WireProgramme }): JSX.Element {
  const { value, problem } = useLoaded(() => readPreview(programme.id));
  const words = plantTexts.value.programmes;
  const now = everyQuarter.value;
  const next = value?.find(({ decision }) => decision === 'run' || decision === 'propose');
  const [first] = value ?? [];
  return (
    <article class="panel programme" data-enabled={programme.enabled}>
      <h2>
        <a class="title-link" href={routeHref('programmes', { id: programme.id })}>
          {programme.name}
        </a>
      </h2>
      <p class={programme.enabled ? 'soft' : ''}>
        {programme.enabled ? words.on : <strong>{words.off}</strong>} ·{' '}
        {words.modes[programme.mode]}
      </p>
      <Problem text={problem} />
      {value === null && problem === null && <p class="soft">{texts.value.loading}</p>}
      {value !== null && programme.enabled && (
        <p>
          <strong>
            {next === undefined
              ? words.nextNone
              : words.next(format.value.shortTime(beginOf(next), now))}
          </strong>
        </p>
      )}
      {first !== undefined && <RunLine run={first} />}
    </article>
  );
}
