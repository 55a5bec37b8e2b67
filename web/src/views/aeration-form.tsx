import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireActuatorView, WireAerationPlan } from '../api/plant-types.ts';
import type { WireSite } from '../api/types.ts';
import { writeNumber } from '../domain/number-input.ts';
import { NumberReader } from '../domain/plot-draft.ts';
import { FaultForm } from '../parts/fault-form.tsx';
import { Checks, Choice, type Option, TextField } from '../parts/form.tsx';
import { farm } from '../state/farm.ts';
import { format } from '../state/language.ts';
import { nameOf } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { useLoaded } from '../state/work.ts';

interface FormProps {
  /** Null: a pond without one. */
  plan: WireAerationPlan | null;
  /** Ponds to choose from for a new one. */
  sites: readonly WireSite[];
  onDone: () => Promise<void>;
  onCancel: () => void;
}

const FIELDS = [
  'site',
  'mode',
  'sensor',
  'aerators',
  'startBelow',
  'stopAbove',
  'powerKw',
  'baseline.from',
  'baseline.to',
];
const MODES = ['auto', 'propose', 'manual'] as const;
/** The metric by which a pond is aerated. */
const OXYGEN = 'dissolved_oxygen';

/** What is typed and chosen, before it is read. */
function useDraft(plan: WireAerationPlan | null) {
  const number = (value: number | undefined): string =>
    value === undefined ? '' : writeNumber(value, format.value);
  return {
    site: useSignal(plan?.site ?? ''),
    mode: useSignal<string>(plan?.mode ?? 'propose'),
    sensor: useSignal(plan?.sensor ?? ''),
    aerators: useSignal<readonly string[]>(plan?.aerators ?? []),
    startBelow: useSignal(number(plan?.startBelow ?? 4)),
    stopAbove: useSignal(number(plan?.stopAbove ?? 5)),
    powerKw: useSignal(number(plan?.powerKw)),
    from: useSignal(plan?.baseline?.from ?? ''),
    to: useSignal(plan?.baseline?.to ?? ''),
  };
}

type Draft = ReturnType<typeof useDraft>;

/** What is to be saved, and what is wrong with what was typed. */
function read(draft: Draft) {
  const words = plantTexts.value.forms;
  const reader = new NumberReader(words);
  const { site, mode, sensor, aerators, from, to } = draft;
  for (const [field, value] of [
    ['site', site.value],
    ['sensor', sensor.value],
    ['aerators', aerators.value.join()],
  ] as const) {
    if (value === '') reader.faults.push({ field, message: words.missing });
  }
  const hasHours = from.value !== '' || to.value !== '';
  for (const [field, value] of [
    ['baseline.from', from.value],
    ['baseline.to', to.value],
  ] as const) {
    if (hasHours && value === '') reader.faults.push({ field, message: words.missing });
  }
  const body = {
    ...{ site: site.value, mode: mode.value, sensor: sensor.value, aerators: aerators.value },
    startBelow: reader.required('startBelow', draft.startBelow.value),
    stopAbove: reader.required('stopAbove', draft.stopAbove.value),
    powerKw: reader.required('powerKw', draft.powerKw.value),
    baseline: hasHours ? { from: from.value, to: to.value } : null,
  };
  return { body, faults: reader.faults };
}

/** Devices in the pond that measure oxygen, and the one that was chosen whatever it is. */
function sensorOptions({ site, sensor }: Draft): Option[] {
  const { devices, kinds } = farm.value;
  const able = [...devices.values()].filter(({ id, site: where, kind }) => {
    if (id === sensor.value) return true;
    const metrics = kinds.get(kind)?.metrics ?? [];
    return where === site.value && metrics.some(({ name }) => name === OXYGEN);
  });
  const { choose } = plantTexts.value.forms;
  return [{ value: '', text: choose }, ...able.map(({ id }) => ({ value: id, text: nameOf(id) }))];
}

/** Aerators of the pond's cooperative; those of other ponds are told apart by their place. */
function aeratorOptions(views: readonly WireActuatorView[], draft: Draft): Option[] {
  const { site, aerators } = draft;
  const coop = farm.value.sites.get(site.value)?.coop;
  const able = views.filter(({ actuator: { device, coop: whose, role } }) => {
    return aerators.value.includes(device) || (whose === coop && role === 'aerator');
  });
  const known = able.map(({ actuator: { device, site: where } }) => ({
    value: device,
    text:
      where === null || where === site.value
        ? nameOf(device)
        : `${nameOf(device)} · ${nameOf(where)}`,
  }));
  // One that is declared no more can still be taken out.
  const gone = aerators.value.filter((id) => !able.some(({ actuator }) => actuator.device === id));
  return [...known, ...gone.map((id) => ({ value: id, text: nameOf(id) }))];
}

interface FieldsProps {
  draft: Draft;
  faultOf: (field: string) => string | undefined;
}

function Devices(props: FieldsProps & { isNew: boolean; sites: readonly WireSite[] }): JSX.Element {
  const { draft, faultOf, isNew, sites } = props;
  const views = useLoaded(() => api.list<WireActuatorView>('/actuators?limit=1000'));
  const { choose, plan: words } = plantTexts.value.forms;
  const aerators = aeratorOptions(views.value ?? [], draft);
  return (
    <>
      {isNew && (
        <Choice
          label={words.pond}
          value={draft.site}
          fault={faultOf('site')}
          options={[
            { value: '', text: choose },
            ...sites.map(({ id, name }) => ({ value: id, text: name })),
          ]}
          onChosen={() => {
            draft.sensor.value = '';
            const [, only, second] = sensorOptions(draft);
            if (only !== undefined && second === undefined) draft.sensor.value = only.value;
          }}
        />
      )}
      <Choice
        label={words.sensor}
        hint={words.sensorHint}
        value={draft.sensor}
        fault={faultOf('sensor')}
        options={sensorOptions(draft)}
      />
      <Checks
        label={words.aerators}
        chosen={draft.aerators}
        fault={faultOf('aerators')}
        options={aerators}
      />
      {views.value !== null && aerators.length === 0 && draft.site.value !== '' && (
        <p class="soft">{words.noAerator}</p>
      )}
    </>
  );
}

function Levels({ draft, faultOf }: FieldsProps): JSX.Element {
  const words = plantTexts.value.forms.plan;
  return (
    <>
      <div class="pair level">
        <TextField
          label={words.startBelow}
          hint={words.startHint}
          value={draft.startBelow}
          fault={faultOf('startBelow')}
          number
        />
        <TextField
          label={words.stopAbove}
          hint={words.stopHint}
          value={draft.stopAbove}
          fault={faultOf('stopAbove')}
          number
        />
      </div>
      <TextField label={words.powerKw} value={draft.powerKw} fault={faultOf('powerKw')} number />
      <fieldset class="group">
        <legend class="visually-hidden">{words.baseline}</legend>
        <p class="entry-label">{words.baseline}</p>
        <div class="pair level">
          <TextField
            label={words.from}
            type="time"
            value={draft.from}
            fault={faultOf('baseline.from')}
          />
          <TextField label={words.to} type="time" value={draft.to} fault={faultOf('baseline.to')} />
        </div>
        <p class="hint">{words.baselineHint}</p>
      </fieldset>
    </>
  );
}

/** How the aerators of a pond are run by its oxygen. */
export function AerationForm({ plan, sites, onDone, onCancel }: FormProps): JSX.Element {
  const draft = useDraft(plan);
  const { forms, aeration } = plantTexts.value;
  return (
    <FaultForm
      list="/aeration"
      title={plan === null ? forms.plan.add : nameOf(plan.site)}
      kept={plan?.site ?? null}
      fields={FIELDS}
      read={() => read(draft)}
      removeSure={forms.plan.removeSure}
      {...{ onDone, onCancel }}
    >
      {(faultOf) => (
        <>
          <Devices {...{ draft, faultOf, sites, isNew: plan === null }} />
          <Choice
            label={forms.plan.mode}
            value={draft.mode}
            fault={faultOf('mode')}
            options={MODES.map((mode) => ({ value: mode, text: aeration.modes[mode] }))}
          />
          <Levels {...{ draft, faultOf }} />
        </>
      )}
    </FaultForm>
  );
}
