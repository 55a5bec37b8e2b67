import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireAdvice, WirePlot } from '../api/plant-types.ts';
import type { WireSite } from '../api/types.ts';
import type { SiteState } from '../domain/site-state.ts';
import { AddForm } from '../parts/add-form.tsx';
import { DepletionChart } from '../parts/depletion-chart.tsx';
import { Problem } from '../parts/form.tsx';
import { StateIcon } from '../parts/icons.tsx';
import { farm } from '../state/farm.ts';
import { format, texts } from '../state/language.ts';
import { nameOf } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { mayAs, useLoaded } from '../state/work.ts';
import { PlotForm } from './plot-form.tsx';
import { Reasons } from './reasons.tsx';

const TONES: Record<WireAdvice['decision'], SiteState> = {
  irrigate: 'waiting',
  wait: 'good',
  unknown: 'silent',
};

function headline({ decision, grossMm, seconds }: WireAdvice): string {
  const words = plantTexts.value.water;
  if (decision !== 'irrigate') return words[decision];
  const depth = format.value.quantity(grossMm, 1, 'mm');
  return words.irrigate(depth, format.value.duration(seconds * 1_000));
}

interface ZoneProps {
  plot: WirePlot;
  onChange: () => Promise<void>;
}

function ZoneWater({ plot, onChange }: ZoneProps): JSX.Element {
  const isEdited = useSignal(false);
  const open = (): void => {
    isEdited.value = true;
  };
  if (!isEdited.value) return <ZoneCard plot={plot} onEdit={open} />;
  const close = (): void => {
    isEdited.value = false;
  };
  const done = async (): Promise<void> => {
    close();
    await onChange();
  };
  return <PlotForm plot={plot} sites={[]} onDone={done} onCancel={close} />;
}

function ZoneCard({ plot, onEdit }: { plot: WirePlot; onEdit: () => void }): JSX.Element {
  const path = `/sites/${encodeURIComponent(plot.site)}/irrigation-advice`;
  const { value, problem } = useLoaded(() => api.get<WireAdvice>(path));
  const { forms, water } = plantTexts.value;
  return (
    <article class="panel">
      <div class="row-head">
        <h2>{nameOf(plot.site)}</h2>
        <span class="soft">{forms.plot.crops[plot.crop] ?? plot.crop}</span>
      </div>
      <Problem text={problem} />
      {value === null && problem === null && <p class="soft">{texts.value.loading}</p>}
      {value !== null && (
        <>
          <p class="position" data-state={TONES[value.decision]} data-decision={value.decision}>
            <StateIcon state={TONES[value.decision]} />
            <strong>{headline(value)}</strong>
          </p>
          <DepletionChart rows={value.rows} />
          <div>
            <p class="entry-label">{water.why}</p>
            <Reasons reasons={value.reasons} />
          </div>
        </>
      )}
      {mayAs('agronomist') && (
        <div class="actions">
          <button type="button" class="button" onClick={onEdit}>
            {forms.plot.edit}
          </button>
        </div>
      )}
    </article>
  );
}

/** Zones of which nothing is declared yet; ponds are none. */
function undeclared(plots: readonly WirePlot[]): WireSite[] {
  const declared = new Set(plots.map(({ site }) => site));
  return [...farm.value.sites.values()].filter(
    ({ id, kind }) => kind !== 'pond' && !declared.has(id),
  );
}

/** What each zone needs tonight, the reasoning behind it, and what that is made of. */
export function WaterTab(): JSX.Element {
  const { value, problem, reload } = useLoaded(() => api.list<WirePlot>('/plots?limit=1000'));
  const words = plantTexts.value;
  const sites = undeclared(value ?? []);
  return (
    <div class="rows">
      <Problem text={problem} />
      {value !== null && mayAs('agronomist') && (
        <AddForm
          label={words.forms.plot.add}
          none={words.forms.plot.allDeclared}
          free={sites.length}
        >
          {(close) => (
            <PlotForm
              plot={null}
              sites={sites}
              onDone={async () => {
                close();
                await reload();
              }}
              onCancel={close}
            />
          )}
        </AddForm>
      )}
      {value?.length === 0 && <p class="soft">{words.water.none}</p>}
      {value?.map((plot) => (
        // What was changed is asked about anew.
        <ZoneWater key={JSON.stringify(plot)} plot={plot} onChange={reload} />
      ))}
    </div>
  );
}
