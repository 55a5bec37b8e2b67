import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { WireAuditEntry } from '../api/plant-types.ts';
import type { WirePage } from '../api/types.ts';
import { toMs } from '../domain/instant.ts';
import { Problem, TextField } from '../parts/form.tsx';
import { PlainIcon } from '../parts/icons.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { farm } from '../state/farm.ts';
import { format } from '../state/language.ts';
import { nameOf } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { replaceQuery, route } from '../state/route.ts';
import { api } from '../state/session.ts';
import { placeOfScope } from '../state/stops.ts';
import { useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

const SHOWN = 50;

function Entry({ entry }: { entry: WireAuditEntry }): JSX.Element {
  const { at, who, what, subject, why, before, after } = entry;
  const words = plantTexts.value.audit;
  const name = subject.includes(':') ? placeOfScope(subject, farm.value) : nameOf(subject);
  const states = { ...(before !== null && { before }), ...(after !== null && { after }) };
  return (
    <li class="panel">
      <p>
        <strong>{words.what[what] ?? what}</strong> · {name}
      </p>
      <p class="soft">
        {format.value.dateTime(toMs(at))} · {who}
      </p>
      {why !== null && <p>{why}</p>}
      {Object.keys(states).length > 0 && (
        <details>
          <summary>{words.details}</summary>
          <pre>{JSON.stringify(states, null, 1)}</pre>
        </details>
      )}
    </li>
  );
}

/** Who did what to the plant, newest first. */
export function Audit(): JSX.Element {
  const { subject = '', who = '' } = route.value.query;
  const typedSubject = useSignal(subject);
  const typedWho = useSignal(who);
  const entries = useSignal<readonly WireAuditEntry[] | null>(null);
  const next = useSignal<string | null>(null);
  const { busy, problem, run } = useWork();
  const words = plantTexts.value.audit;
  const filter = new URLSearchParams({ ...(subject && { subject }), ...(who && { who }) });
  const read = (after: string | null): Promise<boolean> =>
    run(async () => {
      const query = new URLSearchParams(filter);
      query.set('limit', String(SHOWN));
      if (after !== null) query.set('cursor', after);
      const page = await api.get<WirePage<WireAuditEntry>>(`/audit?${query}`);
      entries.value = [...(after === null ? [] : (entries.value ?? [])), ...page.items];
      next.value = page.next ?? null;
    });
  useEffect(() => void read(null), [subject, who]);
  const csv = new URLSearchParams(filter);
  csv.set('format', 'csv');
  return (
    <WorkPage title={workTexts.value.pages.audit.title}>
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          replaceQuery({ subject: typedSubject.value.trim(), who: typedWho.value.trim() });
        }}
      >
        <TextField label={words.device} hint={words.deviceHint} value={typedSubject} />
        <TextField label={words.person} value={typedWho} />
        <div class="actions">
          <button type="submit" class="button primary" disabled={busy.value}>
            {words.show}
          </button>
          <a class="button" href={`/api/v1/audit?${csv}`} download>
            <PlainIcon name="download" />
            {words.csv}
          </a>
        </div>
      </form>
      <Problem text={problem.value} />
      {entries.value?.length === 0 && <p class="soft">{words.none}</p>}
      <ul class="rows bare">
        {entries.value?.map((entry) => (
          <Entry key={entry.number} entry={entry} />
        ))}
      </ul>
      {next.value !== null && (
        <button
          type="button"
          class="button"
          disabled={busy.value}
          onClick={() => void read(next.value)}
        >
          {words.more}
        </button>
      )}
    </WorkPage>
  );
}
