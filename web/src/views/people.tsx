import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireChannel, WirePerson } from '../api/work-types.ts';
import { routeHref } from '../domain/route.ts';
import { Problem } from '../parts/form.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { farm } from '../state/farm.ts';
import { texts } from '../state/language.ts';
import { route } from '../state/route.ts';
import { api } from '../state/session.ts';
import { useLoaded } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { DutyTab } from './duty.tsx';
import { MessagesTab } from './messages.tsx';
import { type PeopleKnown, PersonCard } from './person-card.tsx';
import { PersonForm } from './person-form.tsx';

const TABS = ['people', 'duty', 'messages'] as const;

async function readPeople(): Promise<PeopleKnown> {
  const [people, channels] = await Promise.all([
    api.list<WirePerson>('/people?limit=1000'),
    api.list<WireChannel>('/channels'),
  ]);
  return { people, channels };
}

function PeopleTab(props: PeopleKnown & { onChange: () => Promise<void> }): JSX.Element {
  const { people, channels, onChange } = props;
  const edited = useSignal<string | null>(null);
  const words = workTexts.value;
  const done = async (): Promise<void> => {
    edited.value = null;
    await onChange();
  };
  const form = (person: WirePerson | null): JSX.Element => (
    <PersonForm
      key={person?.id ?? ''}
      person={person}
      channels={channels}
      taken={people.map(({ id }) => id)}
      onDone={done}
      onCancel={() => {
        edited.value = null;
      }}
    />
  );
  return (
    <div class="rows">
      {edited.value === '' ? (
        form(null)
      ) : (
        <button
          type="button"
          class="button primary"
          onClick={() => {
            edited.value = '';
          }}
        >
          {words.add}
        </button>
      )}
      {people.length === 0 && edited.value === null && <p class="soft">{words.people.none}</p>}
      {people.map((person) =>
        edited.value === person.id ? (
          form(person)
        ) : (
          <PersonCard
            key={person.id}
            person={person}
            channels={channels}
            onEdit={() => {
              edited.value = person.id;
            }}
            onRemoved={onChange}
          />
        ),
      )}
    </div>
  );
}

/** Who is told of alerts, who is called first, and what became of the messages. */
export function People(): JSX.Element {
  const { value, problem, reload } = useLoaded(readPeople);
  const words = workTexts.value;
  const tab = TABS.find((name) => name === route.value.query['tab']) ?? 'people';
  return (
    <WorkPage title={words.pages.people.title}>
      <nav class="tabs" aria-label={words.pages.people.title}>
        {TABS.map((name) => (
          <a
            key={name}
            class="tab"
            href={routeHref('people', { tab: name })}
            aria-current={name === tab ? 'page' : undefined}
          >
            {words.people[name]}
          </a>
        ))}
      </nav>
      <Problem text={problem} />
      {value === null && problem === null && <p class="loading">{texts.value.loading}</p>}
      {value !== null && tab === 'people' && <PeopleTab {...value} onChange={reload} />}
      {value !== null && tab === 'duty' && (
        <DutyTab coops={[...farm.value.coops.values()]} people={value.people} />
      )}
      {value !== null && tab === 'messages' && <MessagesTab {...value} />}
    </WorkPage>
  );
}
