import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { WireCoop } from '../api/types.ts';
import type { WireDuty, WirePerson } from '../api/work-types.ts';
import { readNumber } from '../domain/number-input.ts';
import { Check, Choice, Problem } from '../parts/form.tsx';
import { format, texts } from '../state/language.ts';
import { api } from '../state/session.ts';
import { useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { severityOptions } from './person-form.tsx';

interface Step {
  people: readonly string[];
  minutes: string;
}

/** Time to wake, look and answer. */
const WAIT_MINUTES = '10';
const MINUTE_SECONDS = 60;

function StepFields(props: {
  step: Step;
  index: number;
  people: readonly WirePerson[];
  onChange: (step: Step | null) => void;
}): JSX.Element {
  const { step, index, people, onChange } = props;
  const words = workTexts.value;
  return (
    <fieldset class="group">
      <legend class="visually-hidden">{words.people.step(index + 1)}</legend>
      <p class="entry-label">{words.people.step(index + 1)}</p>
      {people.map(({ id, name }) => (
        <Check
          key={id}
          label={name}
          checked={step.people.includes(id)}
          onChange={(checked) => {
            const others = step.people.filter((one) => one !== id);
            onChange({ ...step, people: checked ? [...others, id] : others });
          }}
        />
      ))}
      <label class="entry">
        <span class="entry-label">{words.people.wait}</span>
        <input
          inputMode="decimal"
          required
          value={step.minutes}
          onInput={(event) => onChange({ ...step, minutes: event.currentTarget.value })}
        />
      </label>
      <div class="actions">
        <button type="button" class="button" onClick={() => onChange(null)}>
          {words.remove}
        </button>
      </div>
    </fieldset>
  );
}

function Ladder({ coop, people }: { coop: WireCoop; people: readonly WirePerson[] }): JSX.Element {
  const saved = useSignal<boolean | null>(null);
  const justSaved = useSignal(false);
  const steps = useSignal<readonly Step[]>([]);
  const escalateFrom = useSignal<string>('critical');
  const { busy, problem, run } = useWork();
  const words = workTexts.value;
  const path = `/coops/${encodeURIComponent(coop.id)}/duty`;
  const take = (duty: WireDuty): void => {
    saved.value = duty.saved;
    escalateFrom.value = duty.escalateFrom;
    steps.value = (duty.saved ? duty.steps : []).map((step) => ({
      people: step.people,
      minutes: format.value.number(step.waitSeconds / MINUTE_SECONDS, 0),
    }));
  };
  useEffect(() => void run(async () => take(await api.get<WireDuty>(path))), [path]);
  const save = (): Promise<boolean> =>
    run(async () => {
      justSaved.value = false;
      const body = {
        escalateFrom: escalateFrom.value,
        steps: steps.value.map((step) => ({
          people: step.people,
          waitSeconds: Math.round((readNumber(step.minutes) ?? Number.NaN) * MINUTE_SECONDS),
        })),
      };
      take(await api.send<WireDuty>('PUT', path, body));
      justSaved.value = true;
    });
  if (saved.value === null) {
    return problem.value === null ? (
      <p class="loading">{texts.value.loading}</p>
    ) : (
      <Problem text={problem.value} />
    );
  }
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {!saved.value && <p class="said">{words.people.nobodySaved}</p>}
      {steps.value.map((step, index) => (
        <StepFields
          key={index}
          {...{ step, index, people }}
          onChange={(changed) => {
            const all = [...steps.value];
            all.splice(index, 1, ...(changed === null ? [] : [changed]));
            steps.value = all;
            justSaved.value = false;
          }}
        />
      ))}
      <div class="actions">
        <button
          type="button"
          class="button"
          disabled={people.length === 0}
          onClick={() => {
            steps.value = [...steps.value, { people: [], minutes: WAIT_MINUTES }];
          }}
        >
          {words.people.addStep}
        </button>
      </div>
      <Choice label={words.people.escalateFrom} value={escalateFrom} options={severityOptions()} />
      <Problem text={problem.value} />
      {justSaved.value && (
        <p class="said" data-tone="good" role="status">
          {words.saved}
        </p>
      )}
      <div class="actions">
        <button
          type="submit"
          class="button primary"
          disabled={busy.value || steps.value.length === 0}
        >
          {words.save}
        </button>
      </div>
    </form>
  );
}

/** Who is called for a cooperative's alerts, one step after the other. */
export function DutyTab(props: {
  coops: readonly WireCoop[];
  people: readonly WirePerson[];
}): JSX.Element {
  const chosen = useSignal(props.coops[0]?.id ?? '');
  const coop = props.coops.find(({ id }) => id === chosen.value);
  const people = props.people.filter(({ coops }) => coops.includes(chosen.value));
  return (
    <section class="panel">
      <Choice
        label={workTexts.value.coop}
        value={chosen}
        options={props.coops.map(({ id, name }) => ({ value: id, text: name }))}
      />
      {coop !== undefined && <Ladder key={coop.id} coop={coop} people={people} />}
    </section>
  );
}
