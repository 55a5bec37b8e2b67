import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireSite } from '../api/types.ts';
import type { WireLedgerLine } from '../api/work-types.ts';
import { instantOfInput, localInput } from '../domain/local-time.ts';
import { readNumber } from '../domain/number-input.ts';
import { Problem, TextField } from '../parts/form.tsx';
import { serverNow } from '../state/clock.ts';
import { format } from '../state/language.ts';
import { api } from '../state/session.ts';
import { mayAs, useLoaded, useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

/** The number of a field, or null when it was left empty. Throws with the field's name. */
function numberOf(text: string, label: string): number | null {
  const number = readNumber(text);
  if (Number.isNaN(number)) throw new Error(workTexts.value.notNumber(label));
  return number;
}

function SprayForm(props: { site: WireSite; onSaved: () => Promise<void> }): JSX.Element {
  const { site, onSaved } = props;
  const at = useSignal(localInput(serverNow()));
  const product = useSignal('');
  const active = useSignal('');
  const cost = useSignal('');
  const done = useSignal(false);
  const { busy, problem, run } = useWork();
  const words = workTexts.value;
  const save = (): Promise<boolean> =>
    run(async () => {
      done.value = false;
      await api.send('POST', '/sprays', {
        site: site.id,
        at: instantOfInput(at.value),
        product: product.value,
        activeKgHa: numberOf(active.value, words.field.active),
        costPerHa: numberOf(cost.value, words.field.cost),
      });
      product.value = '';
      done.value = true;
      await onSaved();
    });
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{words.field.spray}</h2>
      <TextField label={words.field.at} type="datetime-local" value={at} required />
      <TextField label={words.field.product} value={product} required />
      <div class="pair">
        <TextField label={words.field.active} value={active} hint={words.field.optional} number />
        <TextField label={words.field.cost} value={cost} hint={words.field.optional} number />
      </div>
      <Problem text={problem.value} />
      {done.value && (
        <p class="said" data-tone="good" role="status">
          {words.saved}
        </p>
      )}
      <div class="actions">
        <button type="submit" class="button primary" disabled={busy.value}>
          {words.save}
        </button>
      </div>
    </form>
  );
}

function BaselineForm(props: { site: WireSite; onSaved: () => Promise<void> }): JSX.Element {
  const { site, onSaved } = props;
  const today = localInput(serverNow()).slice(0, 'yyyy-MM-dd'.length);
  const from = useSignal(today);
  const to = useSignal(today);
  const sprays = useSignal('');
  const cost = useSignal('');
  const source = useSignal('');
  const fields = useSignal('1');
  const { busy, problem, run } = useWork();
  const words = workTexts.value;
  const save = (): Promise<boolean> =>
    run(async () => {
      await api.send('POST', '/sprays/baselines', {
        site: site.id,
        from: from.value,
        to: to.value,
        sprays: numberOf(sprays.value, words.field.sprays),
        costPerHa: numberOf(cost.value, words.field.cost),
        source: source.value,
        fields: numberOf(fields.value, words.field.fieldsCount),
      });
      await onSaved();
    });
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <p class="soft">{words.field.baselineNote}</p>
      <div class="pair">
        <TextField label={words.field.season} type="date" value={from} required />
        <TextField label={words.field.seasonEnd} type="date" value={to} required />
      </div>
      <div class="pair">
        <TextField label={words.field.sprays} value={sprays} required number />
        <TextField label={words.field.cost} value={cost} required number />
      </div>
      <TextField label={words.field.source} value={source} required />
      <TextField label={words.field.fieldsCount} value={fields} required number />
      <Problem text={problem.value} />
      <div class="actions">
        <button type="submit" class="button" disabled={busy.value}>
          {words.save}
        </button>
      </div>
    </form>
  );
}

function Figure(props: { term: string; value: number | null; unit?: string; decimals?: number }) {
  const { term, value, unit = '', decimals = 0 } = props;
  const text =
    value === null ? workTexts.value.field.unknown : format.value.number(value, decimals);
  return (
    <div>
      <dt>{term}</dt>
      <dd class={value !== null && value < 0 ? 'negative' : undefined}>
        {text}
        {value !== null && unit !== '' && ` ${unit}`}
      </dd>
    </div>
  );
}

/** A season: more sprayed than usual is shown as the negative it is. */
function Line({ line }: { line: WireLedgerLine }): JSX.Element {
  const words = workTexts.value.field;
  const day = (text: string): string => format.value.date(Date.parse(`${text}T12:00:00+07:00`));
  return (
    <section class="group" aria-label={`${day(line.from)} – ${day(line.to)}`}>
      <strong>
        {day(line.from)} – {day(line.to)}
      </strong>
      <dl class="figures">
        <Figure term={words.done} value={line.done} />
        <Figure term={words.advised} value={line.advised} />
        {line.baseline !== null && (
          <>
            <Figure term={words.usual} value={line.baseline.sprays} />
            <Figure term={words.avoided} value={line.avoided} />
            <Figure term={words.savedMoney} value={line.savedPerHa} unit="₫" />
            <Figure term={words.savedActive} value={line.savedActiveKgHa} unit="kg" decimals={2} />
          </>
        )}
      </dl>
      {line.baseline === null && <p class="soft">{words.noBaseline}</p>}
    </section>
  );
}

export function SprayLedger({ site }: { site: WireSite }): JSX.Element {
  const path = `/sprays/ledger?site=${encodeURIComponent(site.id)}`;
  const { value, problem, reload } = useLoaded(() => api.list<WireLedgerLine>(path), path);
  const words = workTexts.value.field;
  return (
    <>
      {mayAs('farmer') && <SprayForm site={site} onSaved={reload} />}
      <section class="panel">
        <h2>{words.ledger}</h2>
        <Problem text={problem} />
        {value?.length === 0 && <p class="soft">{words.ledgerNone}</p>}
        {value?.map((line) => (
          <Line key={line.from} line={line} />
        ))}
        {mayAs('farmer') && (
          <details>
            <summary>{words.baseline}</summary>
            <BaselineForm site={site} onSaved={reload} />
          </details>
        )}
      </section>
    </>
  );
}
