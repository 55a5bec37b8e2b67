import { type Signal, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { CROP_WATER } from '../../../src/water/crop-tables.ts';
import type { WirePlot } from '../api/plant-types.ts';
import type { WireSite } from '../api/types.ts';
import { writeNumber } from '../domain/number-input.ts';
import {
  PLOT_FIELDS,
  type PlotField,
  type PlotTexts,
  plotTexts,
  readPlot,
} from '../domain/plot-draft.ts';
import { FaultForm } from '../parts/fault-form.tsx';
import { Choice, type Option, TextField } from '../parts/form.tsx';
import { farm } from '../state/farm.ts';
import { format } from '../state/language.ts';
import { nameOf } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';

interface FormProps {
  /** Null: one that is not declared yet. */
  plot: WirePlot | null;
  /** Zones to choose from for a new one. */
  sites: readonly WireSite[];
  onDone: () => Promise<void>;
  onCancel: () => void;
}

type Draft = Readonly<Record<PlotField, Signal<string>>>;

interface PartProps {
  draft: Draft;
  faultOf: (field: string) => string | undefined;
}

const write = (value: number): string => writeNumber(value, format.value);

function textsOf(draft: Draft): PlotTexts {
  const entries = PLOT_FIELDS.map((field) => [field, draft[field].value]);
  return Object.fromEntries(entries) as PlotTexts;
}

/** What the tables say of a crop stands in the form; people know better what is true at home. */
function fillFrom(crop: string, draft: Draft): void {
  const row = CROP_WATER.find((one) => one.crop === crop);
  if (row?.stages) {
    for (const stage of ['initial', 'development', 'middle', 'late'] as const) {
      draft[`stageDays.${stage}`].value = write(row.stages[stage]);
    }
  }
  if (row?.rootDepthM) draft.rootDepth.value = write(row.rootDepthM[0]);
}

function cropOptions(chosen: string): Option[] {
  const { choose, plot } = plantTexts.value.forms;
  const options = CROP_WATER.map(({ crop }) => ({ value: crop, text: plot.crops[crop] ?? crop }));
  options.sort((a, b) => a.text.localeCompare(b.text));
  // One that was kept and is not known any more is shown as it is.
  const isKnown = chosen === '' || options.some(({ value }) => value === chosen);
  if (!isKnown) options.unshift({ value: chosen, text: chosen });
  return [{ value: '', text: choose }, ...options];
}

/** Devices of the zone's cooperative that measure something, those in the zone first. */
function sensorOptions(site: string, metric: string, chosen: string): Option[] {
  const { devices, kinds, sites } = farm.value;
  const coop = sites.get(site)?.coop;
  const able = [...devices.values()].filter((device) => {
    if (device.id === chosen) return true;
    const metrics = kinds.get(device.kind)?.metrics ?? [];
    return device.coop === coop && metrics.some(({ name }) => name === metric);
  });
  able.sort((a, b) => Number(b.site === site) - Number(a.site === site));
  return [
    { value: '', text: plantTexts.value.forms.none },
    ...able.map(({ id, site: where }) => ({
      value: id,
      text: where ? `${nameOf(id)} · ${nameOf(where)}` : nameOf(id),
    })),
  ];
}

function Numbers(props: PartProps & { fields: ReadonlyArray<[PlotField, string, string?]> }) {
  const { draft, faultOf, fields } = props;
  const isMarked = fields.some(([field]) => faultOf(field) !== undefined);
  return (
    <div class={isMarked ? 'pair level' : 'pair'}>
      {fields.map(([field, label, hint]) => (
        <TextField
          key={field}
          label={label}
          hint={hint}
          value={draft[field]}
          fault={faultOf(field)}
          number
        />
      ))}
    </div>
  );
}

function Plant(props: PartProps & { isNew: boolean; sites: readonly WireSite[] }): JSX.Element {
  const { draft, faultOf, isNew, sites } = props;
  const { choose, plot: words } = plantTexts.value.forms;
  return (
    <>
      {isNew && (
        <Choice
          label={words.zone}
          value={draft.site}
          fault={faultOf('site')}
          options={[
            { value: '', text: choose },
            ...sites.map(({ id, name }) => ({ value: id, text: name })),
          ]}
        />
      )}
      <div class="pair level">
        <Choice
          label={words.crop}
          value={draft.crop}
          fault={faultOf('crop')}
          options={cropOptions(draft.crop.value)}
          onChosen={(chosen) => fillFrom(chosen, draft)}
        />
        <TextField
          label={words.plantedOn}
          type="date"
          value={draft.plantedOn}
          fault={faultOf('plantedOn')}
        />
      </div>
      <p class="hint">{words.cropHint}</p>
      <fieldset class="group">
        <legend class="visually-hidden">{words.stages}</legend>
        <p class="entry-label">{words.stages}</p>
        <Numbers
          {...{ draft, faultOf }}
          fields={[
            ['stageDays.initial', words.initial],
            ['stageDays.development', words.development],
            ['stageDays.middle', words.middle],
            ['stageDays.late', words.late],
          ]}
        />
      </fieldset>
    </>
  );
}

function Ground({ draft, faultOf }: PartProps): JSX.Element {
  const words = plantTexts.value.forms.plot;
  return (
    <>
      <fieldset class="group">
        <legend class="visually-hidden">{words.soil}</legend>
        <p class="entry-label">{words.soil}</p>
        <Numbers
          {...{ draft, faultOf }}
          fields={[
            ['soil.fieldCapacity', words.fieldCapacity],
            ['soil.wiltingPoint', words.wiltingPoint],
            ['rootDepth', words.rootDepth],
            ['areaM2', words.areaM2],
          ]}
        />
        <p class="hint">{words.soilHint}</p>
      </fieldset>
      <fieldset class="group">
        <legend class="visually-hidden">{words.drip}</legend>
        <p class="entry-label">{words.drip}</p>
        <Numbers
          {...{ draft, faultOf }}
          fields={[
            ['drip.plantSpacing', words.plantSpacing],
            ['drip.rowSpacing', words.rowSpacing],
            ['drip.emittersPerPlant', words.emittersPerPlant],
            ['drip.emitterFlow', words.emitterFlow],
          ]}
        />
        <TextField
          label={words.efficiency}
          hint={words.efficiencyHint}
          value={draft['drip.efficiency']}
          fault={faultOf('drip.efficiency')}
          number
        />
      </fieldset>
    </>
  );
}

function Sensors({ draft, faultOf }: PartProps): JSX.Element {
  const words = plantTexts.value.forms.plot;
  return (
    <fieldset class="group">
      <legend class="visually-hidden">{words.sensors}</legend>
      <p class="entry-label">{words.sensors}</p>
      {(
        [
          ['sensors.soilMoisture', words.soilMoisture, 'soil_moisture'],
          ['sensors.rain', words.rain, 'rain'],
          ['sensors.weather', words.weather, 'air_temperature'],
        ] as const
      ).map(([field, label, metric]) => (
        <Choice
          key={field}
          label={label}
          value={draft[field]}
          fault={faultOf(field)}
          options={sensorOptions(draft.site.value, metric, draft[field].value)}
        />
      ))}
      <p class="hint">{words.sensorsHint}</p>
    </fieldset>
  );
}

/** What few have to fill in: closed until something stands in it, or is wrong with it. */
function Seldom(
  props: PartProps & { title: string; hint: string; fields: Array<[PlotField, string]> },
) {
  const { draft, faultOf, title, hint, fields } = props;
  const isOpen = fields.some(
    ([field]) => draft[field].value !== '' || faultOf(field) !== undefined,
  );
  return (
    <details class="group" open={isOpen}>
      <summary class="entry-label">{title}</summary>
      <Numbers {...{ draft, faultOf, fields }} />
      <p class="hint">{hint}</p>
    </details>
  );
}

/** The crop, soil and drip lines of a zone: what its water balance is made of. */
export function PlotForm({ plot, sites, onDone, onCancel }: FormProps): JSX.Element {
  const draft = useMemo(() => {
    const kept = plotTexts(plot, write);
    return Object.fromEntries(PLOT_FIELDS.map((field) => [field, signal(kept[field])])) as Draft;
  }, [plot]);
  const { forms } = plantTexts.value;
  const words = forms.plot;
  return (
    <FaultForm
      list="/plots"
      title={plot === null ? words.add : nameOf(plot.site)}
      kept={plot?.site ?? null}
      fields={PLOT_FIELDS}
      read={() => readPlot(textsOf(draft), forms)}
      removeSure={words.removeSure}
      {...{ onDone, onCancel }}
    >
      {(faultOf) => (
        <>
          <Plant {...{ draft, faultOf, sites, isNew: plot === null }} />
          <Ground {...{ draft, faultOf }} />
          <Sensors {...{ draft, faultOf }} />
          <Seldom
            {...{ draft, faultOf, title: words.salt, hint: words.saltHint }}
            fields={[
              ['waterConductivity', words.waterConductivity],
              ['soilConductivityMax', words.soilConductivityMax],
            ]}
          />
          <Seldom
            {...{ draft, faultOf, title: words.place, hint: words.placeHint }}
            fields={[
              ['place.latitude', words.latitude],
              ['place.longitude', words.longitude],
              ['place.altitude', words.altitude],
            ]}
          />
        </>
      )}
    </FaultForm>
  );
}
