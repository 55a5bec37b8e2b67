import type { JSX } from 'preact';
import type { WireRun } from '../api/plant-types.ts';
import { toMs } from '../domain/instant.ts';
import { lasting } from '../domain/plant.ts';
import { beginOf, previewDays, secondsOf } from '../domain/programme-days.ts';
import type { SiteState } from '../domain/site-state.ts';
import { StateIcon } from '../parts/icons.tsx';
import { everyQuarter } from '../state/clock.ts';
import { format } from '../state/language.ts';
import { nameOf, refusalText } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { Reasons } from './reasons.tsx';

const TONES: Record<WireRun['decision'], SiteState> = {
  run: 'good',
  skip: 'silent',
  propose: 'waiting',
  missed: 'attention',
};

/** Why a run ended early; who stopped it by name, as the server writes it. */
function noteText(note: string): string {
  const { programmes, control } = plantTexts.value;
  const by = /^stopped by (.+)$/.exec(note)?.[1];
  return by === undefined ? refusalText(note) : `${programmes.states.stopped} ${control.by(by)}`;
}

/** `Pump 05:30–06:10`, each time it runs. */
function suppliesText(supplies: NonNullable<WireRun['supplies']>): string {
  const clock = (ms: number): string => format.value.shortTime(ms, everyQuarter.value);
  return supplies
    .map(({ device, from, seconds }) => {
      const begin = toMs(from);
      return `${nameOf(device)} ${clock(begin)}–${clock(begin + seconds * 1000)}`;
    })
    .join(', ');
}

/** One run: what was decided, how much, and why. */
export function RunLine(props: { run: WireRun; withState?: boolean }): JSX.Element {
  const { run, withState = false } = props;
  const { decision, pieces, reasons, state, note, supplies = [] } = run;
  const words = plantTexts.value.programmes;
  const time = format.value.shortTime(beginOf(run), everyQuarter.value);
  return (
    <div class="interval" data-state={TONES[decision]} data-decision={decision}>
      <StateIcon state={TONES[decision]} />
      <div>
        <p>
          <strong>
            {time} · {words.decisions[decision]}
          </strong>
          {withState && ` · ${words.states[state]}`}
          {pieces.length > 0 &&
            ` · ${words.zones(pieces.length)}, ${words.total(lasting(secondsOf(run), format.value.duration))}`}
        </p>
        {supplies.length > 0 && <p>{words.supplies(suppliesText(supplies))}</p>}
        {note !== null && <p>{words.note(noteText(note))}</p>}
        <Reasons reasons={reasons} />
      </div>
    </div>
  );
}

/** Each of the days to come: what it will do and why, or that there is no start. */
export function Preview(props: { runs: readonly WireRun[]; days: number }): JSX.Element {
  const { runs, days } = props;
  const words = plantTexts.value.programmes;
  const names = words.weekdays;
  const weekday = (at: number): string =>
    names[`d${new Date(at + 12 * 3_600_000).getUTCDay()}` as keyof typeof names];
  return (
    <ol class="days">
      {previewDays(runs, everyQuarter.value, days).map(({ at, runs: own }) => (
        <li key={at} class="day">
          <h3>
            {weekday(at)} {format.value.dayMonth(at)}
          </h3>
          {own.length === 0 && <p class="soft">{words.noStart}</p>}
          {own.map((run) => (
            <RunLine key={String(run.at)} run={run} />
          ))}
        </li>
      ))}
    </ol>
  );
}
