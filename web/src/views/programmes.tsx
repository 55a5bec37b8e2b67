import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireActuatorView, WireProgramme } from '../api/plant-types.ts';
import { routeHref } from '../domain/route.ts';
import { Problem } from '../parts/form.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { texts } from '../state/language.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { route } from '../state/route.ts';
import { api } from '../state/session.ts';
import { mayAs, useLoaded } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { ProgrammeCard } from './programme-card.tsx';
import { ProgrammeDetail } from './programme-detail.tsx';
import { ProgrammeForm } from './programme-form.tsx';
import { WaterTab } from './water-advice.tsx';

interface Known {
  programmes: WireProgramme[];
  views: WireActuatorView[];
}

async function readKnown(): Promise<Known> {
  const [programmes, views] = await Promise.all([
    api.list<WireProgramme>('/programmes?limit=1000'),
    api.list<WireActuatorView>('/actuators?limit=1000'),
  ]);
  return { programmes, views };
}

function List(props: Known & { onChange: () => Promise<void> }): JSX.Element {
  const { programmes, views, onChange } = props;
  const isAdding = useSignal(false);
  const words = plantTexts.value.programmes;
  const done = async (): Promise<void> => {
    isAdding.value = false;
    await onChange();
  };
  return (
    <div class="rows">
      {mayAs('agronomist') && !isAdding.value && (
        <button
          type="button"
          class="button primary"
          onClick={() => {
            isAdding.value = true;
          }}
        >
          {words.add}
        </button>
      )}
      {isAdding.value && (
        <ProgrammeForm
          programme={null}
          views={views}
          taken={programmes.map(({ id }) => id)}
          onDone={done}
          onCancel={() => {
            isAdding.value = false;
          }}
        />
      )}
      {programmes.length === 0 && !isAdding.value && <p class="soft">{words.none}</p>}
      {programmes.map((programme) => (
        <ProgrammeCard key={`${programme.id} ${programme.version}`} programme={programme} />
      ))}
    </div>
  );
}

/** What is watered when and why, and how much water each zone lacks. */
export function Programmes(): JSX.Element {
  const { value, problem, reload } = useLoaded(readKnown);
  const title = workTexts.value.pages.programmes.title;
  const words = plantTexts.value.programmes;
  const { id, tab: asked } = route.value.query;
  const programme = value?.programmes.find((one) => one.id === id);
  if (programme !== undefined && value !== null) {
    return (
      <WorkPage title={programme.name} back={routeHref('programmes')}>
        <ProgrammeDetail
          key={`${programme.id} ${programme.version}`}
          programme={programme}
          views={value.views}
          onChange={reload}
        />
      </WorkPage>
    );
  }
  const tab = asked === 'water' ? 'water' : 'list';
  return (
    <WorkPage title={title}>
      <nav class="tabs" aria-label={title}>
        {(['list', 'water'] as const).map((name) => (
          <a
            key={name}
            class="tab"
            href={routeHref('programmes', { tab: name })}
            aria-current={name === tab ? 'page' : undefined}
          >
            {words[name]}
          </a>
        ))}
      </nav>
      <Problem text={problem} />
      {value === null && problem === null && <p class="loading">{texts.value.loading}</p>}
      {tab === 'water' && <WaterTab />}
      {tab === 'list' && value !== null && <List {...value} onChange={reload} />}
    </WorkPage>
  );
}
