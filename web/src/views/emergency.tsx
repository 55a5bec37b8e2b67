import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { WireStop } from '../api/plant-types.ts';
import { toMs } from '../domain/instant.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Problem } from '../parts/form.tsx';
import { StateIcon } from '../parts/icons.tsx';
import { everyQuarter } from '../state/clock.ts';
import { useConfirmed } from '../state/confirmed.ts';
import { farm } from '../state/farm.ts';
import { format } from '../state/language.ts';
import { readPlant } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { api } from '../state/session.ts';
import { placeOfScope, readStops, stops } from '../state/stops.ts';
import { mayAs, useWork } from '../state/work.ts';

/** Between the two taps: longer, and the second may be another person's or a mistake. */
const ARMED_MS = 6_000;

/** The red button of a place: two taps, so that a pocket stops nothing, and no dialog in panic. */
export function EmergencyButton(props: { scope: string; place: string }): JSX.Element | null {
  const { scope, place } = props;
  const armed = useSignal(false);
  const { busy, problem, run } = useWork();
  const words = plantTexts.value.stop;
  useEffect(() => {
    if (!armed.value) return;
    const timer = setTimeout(() => {
      armed.value = false;
    }, ARMED_MS);
    return () => clearTimeout(timer);
  }, [armed.value]);
  if (!mayAs('farmer') || stops.value.some((stop) => stop.scope === scope)) return null;
  const press = async (): Promise<void> => {
    if (!armed.value) {
      armed.value = true;
      return;
    }
    const isDone = await run(async () => {
      await api.send('POST', '/emergency-stops', { scope });
      await Promise.all([readStops(), readPlant()]);
    });
    if (isDone) armed.value = false;
  };
  return (
    <div class="emergency">
      <button
        type="button"
        class="button emergency-button"
        data-armed={armed.value}
        disabled={busy.value}
        onClick={() => void press()}
      >
        <StateIcon state="danger" />
        {armed.value ? words.again(place) : `${words.button} · ${place}`}
      </button>
      <Problem text={problem.value} />
    </div>
  );
}

/** A stop that stands, with the way to release it. */
export function StandingStop({ stop }: { stop: WireStop }): JSX.Element {
  const { scope, by, at, why } = stop;
  const asked = useConfirmed();
  const words = plantTexts.value.stop;
  const place = placeOfScope(scope, farm.value);
  const release = (): Promise<boolean> =>
    asked.run(async (confirmation) => {
      const path = `/emergency-stops/${encodeURIComponent(scope)}`;
      await api.sendConfirmed('DELETE', path, { confirmation });
      await Promise.all([readStops(), readPlant()]);
    });
  const time = format.value.shortTime(toMs(at), everyQuarter.value);
  return (
    <section class="banner stands" data-tone="danger" role="status">
      <StateIcon state="danger" class="banner-icon" />
      <div class="banner-body">
        <p class="banner-title">{words.stands(place)}</p>
        <p class="banner-detail">
          {words.by(by, time)}
          {why !== null && ` · ${why}`}
        </p>
        <p class="banner-detail">{words.nothingStarts}</p>
        {asked.question.value === null && <p>{asked.problem.value}</p>}
      </div>
      {mayAs('agronomist') && (
        <button
          type="button"
          class="button banner-link"
          disabled={asked.busy.value}
          onClick={() => void release()}
        >
          {words.release}
        </button>
      )}
      {asked.question.value !== null && (
        <ConfirmDialog
          title={words.releaseTitle(place)}
          text={words.releaseText}
          yes={words.releaseDo}
          busy={asked.busy.value}
          problem={asked.problem.value}
          onYes={() => void release()}
          onNo={asked.cancel}
        />
      )}
    </section>
  );
}
