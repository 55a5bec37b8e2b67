import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { WireActuatorView, WireProgramme, WireRun } from '../api/plant-types.ts';
import type { WirePage } from '../api/types.ts';
import { toMs } from '../domain/instant.ts';
import { Problem } from '../parts/form.tsx';
import { everyQuarter } from '../state/clock.ts';
import { format, texts } from '../state/language.ts';
import { nameOf } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { mayAs, useLoaded, useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { readPreview } from './programme-card.tsx';
import { ProgrammeForm } from './programme-form.tsx';
import { Preview, RunLine } from './programme-runs.tsx';

const DAYS = 14;
const RUNS = 10;

interface DetailProps {
  programme: WireProgramme;
  views: readonly WireActuatorView[];
  onChange: () => Promise<void>;
}

async function readRuns(id: string): Promise<WireRun[]> {
  const path = `/programmes/${encodeURIComponent(id)}/runs?limit=${RUNS}`;
  return (await api.get<WirePage<WireRun>>(path)).items;
}

/** What people may tell it: to run, to stop, to be on or off, and yes to what it proposes. */
function Deeds(props: {
  programme: WireProgramme;
  runs: readonly WireRun[];
  onDone: () => Promise<void>;
  onEdit: () => void;
}): JSX.Element {
  const { programme, runs, onDone, onEdit } = props;
  const { id, enabled } = programme;
  const isSure = useSignal(false);
  const { busy, problem, run } = useWork();
  const words = plantTexts.value.programmes;
  const path = `/programmes/${encodeURIComponent(id)}`;
  const tell = async (deed: () => Promise<unknown>): Promise<void> => {
    isSure.value = false;
    await run(deed);
    // A refusal, too, may have changed what is known.
    await onDone();
  };
  const proposed = runs.find(({ state }) => state === 'proposed');
  const isUnderWay = runs.some(({ state }) => state === 'running' || state === 'waiting');
  const mayCommand = mayAs('agronomist');
  return (
    <>
      {proposed !== undefined && (
        <div class="said" data-tone="waiting">
          <p>
            <strong>
              {words.proposal(format.value.shortTime(toMs(proposed.at), everyQuarter.value))}
            </strong>
          </p>
          {mayCommand && (
            <button
              type="button"
              class="button primary"
              disabled={busy.value}
              onClick={() =>
                void tell(() => api.send('POST', `${path}/accept`, { at: proposed.at }))
              }
            >
              {words.accept}
            </button>
          )}
        </div>
      )}
      <Problem text={problem.value} />
      <div class="actions">
        {isUnderWay && mayAs('farmer') && (
          <button
            type="button"
            class="button danger"
            disabled={busy.value}
            onClick={() => void tell(() => api.send('POST', `${path}/stop`))}
          >
            {words.stopRun}
          </button>
        )}
        {mayCommand && !isUnderWay && (
          <button
            type="button"
            class="button primary"
            disabled={busy.value}
            onClick={() => {
              if (isSure.value) void tell(() => api.send('POST', `${path}/run`));
              else isSure.value = true;
            }}
          >
            {isSure.value ? words.runNowSure : words.runNow}
          </button>
        )}
        {mayCommand && (
          <>
            <button
              type="button"
              class="button"
              disabled={busy.value}
              onClick={() =>
                void tell(() => api.send('PUT', path, { ...programme, enabled: !enabled }))
              }
            >
              {enabled ? words.disable : words.enable}
            </button>
            <button type="button" class="button" onClick={onEdit}>
              {workTexts.value.edit}
            </button>
          </>
        )}
      </div>
    </>
  );
}

/** One programme: what it is about to do and why, day by day, and what it did. */
export function ProgrammeDetail({ programme, views, onChange }: DetailProps): JSX.Element {
  const preview = useLoaded(() => readPreview(programme.id));
  const runs = useLoaded(() => readRuns(programme.id));
  const isEdited = useSignal(false);
  const words = plantTexts.value.programmes;
  const again = async (): Promise<void> => {
    await Promise.all([onChange(), preview.reload(), runs.reload()]);
  };
  if (isEdited.value) {
    return (
      <ProgrammeForm
        programme={programme}
        views={views}
        taken={[]}
        onDone={again}
        onCancel={() => {
          isEdited.value = false;
        }}
      />
    );
  }
  const { zones, enabled, mode } = programme;
  return (
    <>
      <section class="panel">
        <p>
          <strong>{enabled ? words.on : words.off}</strong> · {words.modes[mode]}
        </p>
        <p class="soft">{zones.map(({ device }) => nameOf(device)).join(', ')}</p>
        <Deeds
          programme={programme}
          runs={runs.value ?? []}
          onDone={again}
          onEdit={() => {
            isEdited.value = true;
          }}
        />
      </section>
      <section class="panel">
        <h2>{words.preview}</h2>
        <Problem text={preview.problem} />
        {preview.value === null && preview.problem === null && (
          <p class="loading">{texts.value.loading}</p>
        )}
        {preview.value !== null && <Preview runs={preview.value} days={DAYS} />}
      </section>
      <section class="panel">
        <h2>{words.history}</h2>
        <Problem text={runs.problem} />
        {runs.value?.length === 0 && <p class="soft">{words.noHistory}</p>}
        {runs.value?.map((run) => (
          <RunLine key={String(run.at)} run={run} withState />
        ))}
      </section>
      <p class="soft">{words.deeper}</p>
    </>
  );
}
