import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireSite } from '../api/types.ts';
import { Choice } from '../parts/form.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { farm } from '../state/farm.ts';
import { mayAs } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { FieldCount } from './field-count.tsx';
import { SprayLedger } from './spray-ledger.tsx';

function fields(): WireSite[] {
  return [...farm.value.sites.values()].filter(({ kind }) => kind !== 'pond');
}

/** Counts, sprays and the ledger of one field. */
export function FieldWork(): JSX.Element {
  const sites = fields();
  const chosen = useSignal(sites[0]?.id ?? '');
  const words = workTexts.value;
  const site = sites.find(({ id }) => id === chosen.value);
  return (
    <WorkPage title={words.pages.field.title}>
      {site === undefined ? (
        <p class="soft">{words.field.noField}</p>
      ) : (
        <>
          <section class="panel">
            <Choice
              label={words.site}
              value={chosen}
              options={sites.map(({ id, name }) => ({ value: id, text: name }))}
            />
          </section>
          {mayAs('farmer') && <FieldCount key={`count ${site.id}`} site={site} />}
          <SprayLedger key={`sprays ${site.id}`} site={site} />
        </>
      )}
    </WorkPage>
  );
}
