import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { WireAerationDecision, WireAerationPlan } from '../api/plant-types.ts';
import type { WireSite } from '../api/types.ts';
import { routeHref } from '../domain/route.ts';
import type { SiteState } from '../domain/site-state.ts';
import { AddForm } from '../parts/add-form.tsx';
import { Problem } from '../parts/form.tsx';
import { StateIcon } from '../parts/icons.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { everyQuarter } from '../state/clock.ts';
import { farm } from '../state/farm.ts';
import { format, texts } from '../state/language.ts';
import { nameOf } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { mayAs, useLoaded, useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { AerationForm } from './aeration-form.tsx';
import { Reasons } from './reasons.tsx';

const TONES: Record<WireAerationDecision['decision'], SiteState> = {
  start: 'danger',
  stop: 'good',
  keep: 'silent',
  none: 'good',
};

const REFUSALS = new Set(['aerator-refused', 'stopped-by-hand']);

function oxygenText(value: number | null): string {
  return value === null ? plantTexts.value.notKnown : format.value.quantity(value, 1, 'mg/L');
}

/** Energy since midnight: what more was used than usual is told as used, never as saved. */
function Energy({ energy }: { energy: WireAerationDecision['energy'] }): JSX.Element {
  const words = plantTexts.value.aeration;
  const kwh = (value: number): string => format.value.quantity(value, 1, 'kWh');
  const { spent, saved } = energy;
  return (
    <>
      <div>
        <dt>{words.spent}</dt>
        <dd>{kwh(spent)}</dd>
      </div>
      {saved !== null && (
        <div>
          <dt>{saved < 0 ? words.more : words.saved}</dt>
          <dd class={saved < 0 ? 'negative' : ''}>{kwh(Math.abs(saved))}</dd>
        </div>
      )}
    </>
  );
}

function Accept(props: {
  plan: WireAerationPlan;
  decision: WireAerationDecision;
  onDone: () => Promise<void>;
}): JSX.Element | null {
  const { plan, onDone } = props;
  const answer = useSignal<WireAerationDecision | null>(null);
  const { busy, problem, run } = useWork();
  const { decision } = props.decision;
  if (plan.mode !== 'propose' || !mayAs('agronomist')) return null;
  if (decision !== 'start' && decision !== 'stop') return null;
  const accept = async (): Promise<void> => {
    await run(async () => {
      const path = `/aeration/${encodeURIComponent(plan.site)}/accept`;
      answer.value = await api.send<WireAerationDecision>('POST', path);
    });
    await onDone();
  };
  // Only the answer tells which of them did not take the order.
  const refused = (answer.value?.reasons ?? []).filter(({ code }) => REFUSALS.has(code));
  return (
    <>
      <Problem text={problem.value} />
      {answer.value !== null && refused.length === 0 && (
        <p class="said" data-tone="good" role="status">
          {plantTexts.value.aeration.accepted}
        </p>
      )}
      {refused.length > 0 && (
        <div class="said" data-tone="danger" role="alert">
          <Reasons reasons={refused} />
        </div>
      )}
      <button
        type="button"
        class="button primary"
        disabled={busy.value}
        onClick={() => void accept()}
      >
        {plantTexts.value.aeration.accept[decision]}
      </button>
    </>
  );
}

interface PondProps {
  plan: WireAerationPlan;
  onChange: () => Promise<void>;
}

function Pond({ plan, onChange }: PondProps): JSX.Element {
  const isEdited = useSignal(false);
  const edit = (edited: boolean) => (): void => {
    isEdited.value = edited;
  };
  if (!isEdited.value) return <PondCard plan={plan} onEdit={edit(true)} />;
  const done = async (): Promise<void> => {
    isEdited.value = false;
    await onChange();
  };
  return <AerationForm plan={plan} sites={[]} onDone={done} onCancel={edit(false)} />;
}

function PondCard({ plan, onEdit }: { plan: WireAerationPlan; onEdit: () => void }): JSX.Element {
  const path = `/aeration/${encodeURIComponent(plan.site)}/decision`;
  const { value, problem, reload } = useLoaded(() => api.get<WireAerationDecision>(path));
  const words = plantTexts.value.aeration;
  const now = everyQuarter.value;
  useEffect(() => {
    if (value !== null && !document.hidden) void reload();
  }, [now]);
  return (
    <article class="panel">
      <div class="row-head">
        <h2>{nameOf(plan.site)}</h2>
        <span class="soft">{words.modes[plan.mode]}</span>
      </div>
      <Problem text={problem} />
      {value === null && problem === null && <p class="soft">{texts.value.loading}</p>}
      {value !== null && (
        <>
          <p class="position" data-state={TONES[value.decision]} data-decision={value.decision}>
            <StateIcon state={TONES[value.decision]} />
            <strong>{words.decisions[value.decision]}</strong>
          </p>
          <Accept plan={plan} decision={value} onDone={reload} />
          <dl class="figures">
            <div>
              <dt>{words.oxygen}</dt>
              <dd>{oxygenText(value.oxygen)}</dd>
            </div>
            <div>
              <dt>{words.dawn}</dt>
              <dd>{oxygenText(value.projected)}</dd>
            </div>
            <Energy energy={value.energy} />
          </dl>
          {value.energy.saved === null && <p class="soft">{words.noBaseline}</p>}
          <div>
            <p class="entry-label">{words.why}</p>
            <Reasons reasons={value.reasons} />
          </div>
        </>
      )}
      <div class="actions">
        <a class="button" href={routeHref('control', { site: plan.site })}>
          {words.aerators}
        </a>
        {mayAs('agronomist') && (
          <button type="button" class="button" onClick={onEdit}>
            {plantTexts.value.forms.plan.edit}
          </button>
        )}
      </div>
    </article>
  );
}

/** Ponds without a plan. */
function unplanned(plans: readonly WireAerationPlan[]): WireSite[] {
  const planned = new Set(plans.map(({ site }) => site));
  return [...farm.value.sites.values()].filter(
    ({ id, kind }) => kind === 'pond' && !planned.has(id),
  );
}

/** What the aerators of each pond should do, and why; and the plans that say so. */
export function AerationPage(): JSX.Element {
  const { value, problem, reload } = useLoaded(() =>
    api.list<WireAerationPlan>('/aeration?limit=1000'),
  );
  const { aeration, forms } = plantTexts.value;
  const sites = unplanned(value ?? []);
  return (
    <WorkPage title={workTexts.value.pages.aeration.title}>
      <Problem text={problem} />
      {value === null && problem === null && <p class="loading">{texts.value.loading}</p>}
      {value !== null && mayAs('agronomist') && (
        <AddForm label={forms.plan.add} none={forms.plan.allPlanned} free={sites.length}>
          {(close) => (
            <AerationForm
              plan={null}
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
      {value?.length === 0 && <p class="soft">{aeration.none}</p>}
      {value?.map((plan) => (
        <Pond key={JSON.stringify(plan)} plan={plan} onChange={reload} />
      ))}
    </WorkPage>
  );
}
