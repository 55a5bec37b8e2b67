import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { FIELD_MEASURES, SAMPLE_FORMS } from '../../../src/pests/field-measures.ts';
import type { WireSite } from '../api/types.ts';
import type { WireFieldCount } from '../api/work-types.ts';
import { type Alert, metricOf } from '../domain/farm.ts';
import { readNumber } from '../domain/number-input.ts';
import { routeHref } from '../domain/route.ts';
import { Choice, Field, Problem } from '../parts/form.tsx';
import { farm } from '../state/farm.ts';
import { format, local, steps, texts } from '../state/language.ts';
import { api } from '../state/session.ts';
import { useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

function measureLabel(metric: string): string {
  const metrics = [...farm.value.kinds.values()].flatMap((kind) => kind.metrics);
  const found = metrics.find(({ name }) => name === metric);
  return found === undefined ? metric : local(found.label);
}

/** What the rules say of the fields' counts now. */
function adviceFor({ device, metric }: WireFieldCount): Alert[] {
  const own = [...farm.value.alerts.values()].filter((alert) => alert.device === device);
  return own.filter((alert) => alert.metric === null || alert.metric.endsWith(metric));
}

function Advice({ found }: { found: WireFieldCount }): JSX.Element {
  const words = workTexts.value.field;
  const alerts = adviceFor(found);
  if (alerts.length === 0) return <p class="soft">{words.noAdvice}</p>;
  return (
    <>
      {alerts.map((alert) => (
        <div class="group" key={alert.id}>
          <strong>{local(alert.title)}</strong>
          {alert.advises !== 'act' && (
            <p class="alert-advises" data-advises={alert.advises}>
              {texts.value.alerts.advises[alert.advises]}
            </p>
          )}
          <ol class="plain-list">
            {steps(alert.advice).map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <div class="actions">
            <a class="button" href={routeHref('alerts', { id: alert.id })}>
              {texts.value.banner.seeAlert}
            </a>
          </div>
        </div>
      ))}
    </>
  );
}

function Result({ found }: { found: WireFieldCount }): JSX.Element {
  const words = workTexts.value.field;
  const decimals = metricOf(farm.value, found.device, found.metric)?.decimals ?? 2;
  const { value, samples, cropDay } = found;
  return (
    <div class="rows" role="status">
      <div class="said" data-tone="good">
        <p>
          <strong>{measureLabel(found.metric)}</strong>
        </p>
        <p>
          {words.found(format.value.number(value, decimals))} · {words.from(samples)}
          {cropDay !== null && ` · ${words.cropDay(cropDay)}`}
        </p>
      </div>
      {cropDay === null && <p class="soft">{words.noCropDay}</p>}
      <p class="entry-label">{words.advice}</p>
      <Advice found={found} />
    </div>
  );
}

/** A count of one pest: what is asked for follows from how it is measured. */
export function FieldCount({ site }: { site: WireSite }): JSX.Element {
  const metric = useSignal(FIELD_MEASURES[0]?.metric ?? '');
  const typed = useSignal<Readonly<Record<string, string>>>({});
  const found = useSignal<WireFieldCount | null>(null);
  const { busy, problem, run } = useWork();
  const words = workTexts.value;
  const measure = FIELD_MEASURES.find((one) => one.metric === metric.value);
  const needs = measure === undefined ? [] : (SAMPLE_FORMS[measure.measure][0]?.needs ?? []);
  const nameOf = (field: string): string => words.field.fields[field] ?? field;
  const send = (): Promise<boolean> =>
    run(async () => {
      if (measure === undefined) return;
      const numbers = needs.map((field) => [field, readNumber(typed.value[field] ?? '')] as const);
      const wrong = numbers.find(([, number]) => number === null || Number.isNaN(number));
      if (wrong !== undefined) throw new Error(words.notNumber(nameOf(wrong[0])));
      const { pest, measure: how } = measure;
      const body = { site: site.id, pest, measure: how, ...Object.fromEntries(numbers) };
      found.value = await api.send<WireFieldCount>('POST', '/field-counts', body);
      typed.value = {};
    });
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <h2>{words.field.count}</h2>
      <Choice
        label={words.field.pest}
        value={metric}
        options={FIELD_MEASURES.map((one) => ({
          value: one.metric,
          text: measureLabel(one.metric),
        }))}
      />
      <div class="pair">
        {needs.map((field) => (
          <Field key={field} label={nameOf(field)}>
            {(id) => (
              <input
                id={id}
                inputMode="decimal"
                autocomplete="off"
                required
                value={typed.value[field] ?? ''}
                onInput={(event) => {
                  typed.value = { ...typed.value, [field]: event.currentTarget.value };
                }}
              />
            )}
          </Field>
        ))}
      </div>
      <Problem text={problem.value} />
      <div class="actions">
        <button type="submit" class="button primary" disabled={busy.value}>
          {words.field.send}
        </button>
      </div>
      {found.value !== null && <Result found={found.value} />}
    </form>
  );
}
