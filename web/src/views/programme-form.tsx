import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type {
  ProgrammeDose,
  ProgrammeMode,
  WireActuatorView,
  WireProgramme,
} from '../api/plant-types.ts';
import { idOf } from '../domain/address.ts';
import { readNumber } from '../domain/number-input.ts';
import { readTimes } from '../domain/programme-days.ts';
import { Checks, Choice, Problem, TextField } from '../parts/form.tsx';
import { farm } from '../state/farm.ts';
import { nameOf } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

interface FormProps {
  /** Null: a new one. */
  programme: WireProgramme | null;
  views: readonly WireActuatorView[];
  /** Ids that are not free. */
  taken: readonly string[];
  onDone: () => Promise<void>;
  onCancel: () => void;
}

const DOSES = ['minutes', 'litres', 'millimetres', 'need'] as const;
const MODES: readonly ProgrammeMode[] = ['auto', 'propose', 'manual'];
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 0].map(String);

function amountOf(dose: ProgrammeDose): number {
  switch (dose.type) {
    case 'minutes':
      return dose.minutes;
    case 'litres':
      return dose.litres;
    case 'millimetres':
      return dose.millimetres;
    case 'need':
      return dose.mostMinutes;
  }
}

function doseOf(type: string, amount: number): ProgrammeDose {
  if (type === 'litres') return { type, litres: amount };
  if (type === 'millimetres') return { type, millimetres: amount };
  if (type === 'need') return { type, mostMinutes: amount };
  return { type: 'minutes', minutes: amount };
}

function text(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}

/** What is typed and chosen, before it is read. */
interface Draft {
  name: Signal<string>;
  coop: Signal<string>;
  mode: Signal<string>;
  zones: Signal<readonly string[]>;
  times: Signal<string>;
  days: Signal<readonly string[]>;
  dose: Signal<string>;
  amount: Signal<string>;
  rainAfter: Signal<string>;
  rainBefore: Signal<string>;
}

function useDraft(programme: WireProgramme | null): Draft {
  const start = programme?.start;
  const times = start?.type === 'times' ? start : null;
  const firstCoop = farm.value.coops.keys().next().value ?? '';
  return {
    name: useSignal(programme?.name ?? ''),
    coop: useSignal(programme?.coop ?? firstCoop),
    mode: useSignal<string>(programme?.mode ?? 'propose'),
    zones: useSignal<readonly string[]>(programme?.zones.map(({ device }) => device) ?? []),
    times: useSignal(times?.at.join(', ') ?? '05:00'),
    days: useSignal<readonly string[]>(times?.days?.map(String) ?? EVERY_DAY),
    dose: useSignal<string>(programme?.dose.type ?? 'minutes'),
    amount: useSignal(programme === null ? '30' : text(amountOf(programme.dose))),
    rainAfter: useSignal(text(programme?.conditions.skipAfterRain)),
    rainBefore: useSignal(text(programme?.conditions.skipBeforeRain)),
  };
}

type Body = Omit<WireProgramme, 'version'> & { version?: number };

/** What is to be saved, or what is wrong with what was typed. What the form does not show stays. */
function bodyOf(draft: Draft, { programme, taken }: FormProps): Body | string {
  const words = plantTexts.value.programmes;
  const zones = draft.zones.value.map(
    (device) => programme?.zones.find((zone) => zone.device === device) ?? { device },
  );
  if (zones.length === 0) return words.noZone;
  const amount = readNumber(draft.amount.value);
  if (amount === null || !(amount > 0)) return words.badNumber(draft.amount.value);
  const { skipAfterRain: _, skipBeforeRain: __, ...others } = programme?.conditions ?? {};
  const rain: { skipAfterRain?: number; skipBeforeRain?: number } = {};
  for (const [key, signal] of [
    ['skipAfterRain', draft.rainAfter],
    ['skipBeforeRain', draft.rainBefore],
  ] as const) {
    const typed = readNumber(signal.value);
    if (typed === null) continue;
    if (!(typed >= 0)) return words.badNumber(signal.value);
    rain[key] = typed;
  }
  const at = readTimes(draft.times.value);
  const keepsStart = programme !== null && programme.start.type !== 'times';
  if (at === null && !keepsStart) return words.badTimes;
  const days = draft.days.value.map(Number);
  const everyDay = days.length === 0 || days.length === EVERY_DAY.length;
  const name = draft.name.value.trim();
  return {
    ...(programme ?? {
      id: idOf(name, taken).replace(/^person/, 'programme'),
      enabled: false,
      order: 'sequence',
      cycle: null,
      missed: { policy: 'skip' },
      budget: { litres: null, seconds: null },
    }),
    coop: draft.coop.value,
    name,
    mode: draft.mode.value as ProgrammeMode,
    zones,
    start: keepsStart
      ? programme.start
      : { type: 'times', at: at ?? [], ...(!everyDay && { days: days.sort() }) },
    dose: doseOf(draft.dose.value, amount),
    conditions: { ...others, ...rain },
  };
}

/** Valves of the cooperative, those already chosen among them whatever they are. */
function zoneOptions(
  { views }: Pick<FormProps, 'views'>,
  { coop, zones }: Draft,
): Array<{ value: string; text: string }> {
  return views
    .filter(({ actuator: { device, coop: whose, role } }) => {
      return zones.value.includes(device) || (whose === coop.value && role === 'irrigation-valve');
    })
    .map(({ actuator: { device, site } }) => ({
      value: device,
      text: site === null ? nameOf(device) : `${nameOf(device)} · ${nameOf(site)}`,
    }))
    .sort((a, b) => a.text.localeCompare(b.text, undefined, { numeric: true }));
}

function Fields(props: { form: FormProps; draft: Draft }): JSX.Element {
  const { form, draft } = props;
  const words = plantTexts.value.programmes;
  const { start } = form.programme ?? {};
  const type = DOSES.find((one) => one === draft.dose.value) ?? 'minutes';
  const coops = [...farm.value.coops.values()];
  return (
    <>
      <TextField label={words.name} value={draft.name} required />
      {form.programme === null && coops.length > 1 && (
        <Choice
          label={workTexts.value.coop}
          value={draft.coop}
          options={coops.map(({ id, name }) => ({ value: id, text: name }))}
        />
      )}
      <Checks label={words.zoneList} chosen={draft.zones} options={zoneOptions(form, draft)} />
      <Choice
        label={words.mode}
        value={draft.mode}
        options={MODES.map((mode) => ({ value: mode, text: words.modes[mode] }))}
      />
      {start !== undefined && start.type !== 'times' ? (
        <p class="soft">{words.startKept}</p>
      ) : (
        <>
          <TextField label={words.times} hint={words.timesHint} value={draft.times} required />
          <Checks
            label={words.days}
            chosen={draft.days}
            options={EVERY_DAY.map((day) => ({
              value: day,
              text: words.weekdays[`d${day}` as keyof typeof words.weekdays],
            }))}
          />
        </>
      )}
      <div class="pair">
        <Choice
          label={words.dose}
          value={draft.dose}
          options={DOSES.map((one) => ({ value: one, text: words.doses[one] }))}
        />
        <TextField label={words.amount[type]} value={draft.amount} number required />
      </div>
      <div class="pair">
        <TextField label={words.rainAfter} hint={words.rainHint} value={draft.rainAfter} number />
        <TextField label={words.rainBefore} hint={words.rainHint} value={draft.rainBefore} number />
      </div>
    </>
  );
}

/** The common things of a programme; what only a file says stays as it is. */
export function ProgrammeForm(props: FormProps): JSX.Element {
  const { programme, onDone, onCancel } = props;
  const draft = useDraft(programme);
  const { busy, problem, run } = useWork();
  const words = plantTexts.value.programmes;
  const save = async (): Promise<void> => {
    const body = bodyOf(draft, props);
    if (typeof body === 'string') {
      problem.value = body;
      return;
    }
    const path = programme === null ? '' : `/${encodeURIComponent(programme.id)}`;
    const isSaved = await run(() =>
      api.send(programme === null ? 'POST' : 'PUT', `/programmes${path}`, body),
    );
    if (isSaved) await onDone();
  };
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Fields form={props} draft={draft} />
      {programme === null && <p class="soft">{words.createdOff}</p>}
      <p class="soft">{words.deeper}</p>
      <Problem text={problem.value} />
      <div class="actions">
        <button type="submit" class="button primary" disabled={busy.value}>
          {workTexts.value.save}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {workTexts.value.cancel}
        </button>
      </div>
    </form>
  );
}
