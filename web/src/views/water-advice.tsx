import type { JSX } from 'preact';
import type { WireAdvice, WirePlot } from '../api/plant-types.ts';
import type { SiteState } from '../domain/site-state.ts';
import { DepletionChart } from '../parts/depletion-chart.tsx';
import { Problem } from '../parts/form.tsx';
import { StateIcon } from '../parts/icons.tsx';
import { format, texts } from '../state/language.ts';
import { nameOf } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { useLoaded } from '../state/work.ts';
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

function ZoneWater({ plot }: { plot: WirePlot }): JSX.Element {
  const path = `/sites/${encodeURIComponent(plot.site)}/irrigation-advice`;
  const { value, problem } = useLoaded(() => api.get<WireAdvice>(path));
  return (
    <article class="panel">
      <h2>{nameOf(plot.site)}</h2>
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
            <p class="entry-label">{plantTexts.value.water.why}</p>
            <Reasons reasons={value.reasons} />
          </div>
        </>
      )}
    </article>
  );
}

/** What each zone needs tonight, and the reasoning behind it. */
export function WaterTab(): JSX.Element {
  const { value, problem } = useLoaded(() => api.list<WirePlot>('/plots?limit=1000'));
  return (
    <div class="rows">
      <Problem text={problem} />
      {value?.length === 0 && <p class="soft">{plantTexts.value.water.none}</p>}
      {value?.map((plot) => (
        <ZoneWater key={plot.site} plot={plot} />
      ))}
    </div>
  );
}
