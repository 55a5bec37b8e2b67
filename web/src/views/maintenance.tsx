import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Choice, type Option, Problem, TextField } from '../parts/form.tsx';
import { PlainIcon } from '../parts/icons.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { everyQuarter, serverNow } from '../state/clock.ts';
import { farm } from '../state/farm.ts';
import { format } from '../state/language.ts';
import { type Maintenance, maintenance, readMaintenance } from '../state/maintenance.ts';
import { api } from '../state/session.ts';
import { mayAs, useLoaded, useWork } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

const HOUR_MS = 3_600_000;
/** A pump mended, a pond netted, a field ploughed. */
const LENGTHS_MS = [1, 4, 12, 24, 72].map((hours) => hours * HOUR_MS);
/** Stands before a cooperative in the list of places. */
const WHOLE = 'coop ';

function WindowCard({ window }: { window: Maintenance }): JSX.Element {
  const { busy, problem, run } = useWork();
  const words = workTexts.value.maintenance;
  const now = everyQuarter.value;
  const time = (at: number): string => format.value.shortTime(at, now);
  const coop = farm.value.coops.get(window.coop)?.name ?? window.coop;
  const place =
    window.site === null
      ? words.whole(coop)
      : (farm.value.sites.get(window.site)?.name ?? window.site);
  const stop = (): Promise<boolean> =>
    run(async () => {
      await api.send('DELETE', `/maintenance/${encodeURIComponent(window.id)}`);
      await readMaintenance();
    });
  const { from, until } = window;
  return (
    <article class="panel">
      <h2>{place}</h2>
      <p>
        <strong>
          {from > now ? words.planned(time(from), time(until)) : words.until(time(until))}
        </strong>
      </p>
      <p class="soft">
        {window.reason} · {words.by(window.who)}
      </p>
      <Problem text={problem.value} />
      {mayAs('operator') && (
        <div class="actions">
          <button type="button" class="button" disabled={busy.value} onClick={() => void stop()}>
            {words.stop}
          </button>
        </div>
      )}
    </article>
  );
}

/** As people count: Ao 2 before Ao 10. */
function byText(a: Option, b: Option): number {
  return a.text.localeCompare(b.text, undefined, { numeric: true });
}

function places(): Option[] {
  const { coops, sites } = farm.value;
  const whole = [...coops.values()].map(({ id, name }) => ({
    value: `${WHOLE}${id}`,
    text: workTexts.value.maintenance.whole(name),
  }));
  return [
    ...[...sites.values()].map(({ id, name }) => ({ value: id, text: name })).sort(byText),
    ...whole,
  ];
}

function Start(): JSX.Element {
  const options = places();
  const place = useSignal(options[0]?.value ?? '');
  const length = useSignal(String(LENGTHS_MS[0]));
  const reason = useSignal('');
  const { busy, problem, run } = useWork();
  const words = workTexts.value;
  const start = (): Promise<boolean> =>
    run(async () => {
      const whole = place.value.startsWith(WHOLE) ? place.value.slice(WHOLE.length) : null;
      const site = whole === null ? place.value : null;
      const coop = whole ?? farm.value.sites.get(place.value)?.coop;
      const until = new Date(serverNow() + Number(length.value)).toISOString();
      await api.send('POST', '/maintenance', { coop, site, until, reason: reason.value });
      reason.value = '';
      await readMaintenance();
    });
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <Choice label={words.site} value={place} options={options} />
      <Choice
        label={words.maintenance.howLong}
        value={length}
        options={LENGTHS_MS.map((ms) => ({ value: String(ms), text: format.value.duration(ms) }))}
      />
      <TextField label={words.maintenance.reason} value={reason} required />
      <Problem text={problem.value} />
      <div class="actions">
        <button type="submit" class="button primary" disabled={busy.value}>
          <PlainIcon name="tool" />
          {words.maintenance.start}
        </button>
      </div>
    </form>
  );
}

/** Where people work: alerts of the place are kept and call nobody until it ends. */
export function MaintenancePage(): JSX.Element {
  const { problem } = useLoaded(readMaintenance);
  const words = workTexts.value;
  const now = everyQuarter.value;
  const windows = maintenance.value.filter(({ until }) => until > now);
  return (
    <WorkPage title={words.pages.maintenance.title}>
      <p class="lead">{words.maintenance.lead}</p>
      <Problem text={problem} />
      {windows.length === 0 && <p class="soft">{words.maintenance.none}</p>}
      {windows.map((window) => (
        <WindowCard key={window.id} window={window} />
      ))}
      {mayAs('operator') && farm.value.coops.size > 0 && <Start />}
    </WorkPage>
  );
}
