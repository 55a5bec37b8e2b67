import type { JSX } from 'preact';
import type { WireActuatorView, WireLease } from '../api/plant-types.ts';
import { toMs } from '../domain/instant.ts';
import { countdown, evidenceOf, lasting, partOf } from '../domain/plant.ts';
import type { SiteState } from '../domain/site-state.ts';
import { StateIcon } from '../parts/icons.tsx';
import { everyQuarter, everySecond } from '../state/clock.ts';
import { format } from '../state/language.ts';
import { commandsOf, metricText, nameOf, refusalText } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { ActuatorActions } from './actuator-actions.tsx';
import { ActuatorCommands, NewestCommand } from './actuator-commands.tsx';
import { ActuatorFault } from './actuator-fault.tsx';

/** Vietnam keeps one offset all year. */
const OFFSET_MS = 7 * 3_600_000;

/** Where it is, in words that claim no more than what is known. */
function positionText(view: WireActuatorView): string {
  const words = plantTexts.value.control;
  const { actuator, state } = view;
  const since = toMs(state.since);
  const time = format.value.shortTime(since, everyQuarter.value);
  if (state.position === 'unknown') {
    return Number.isFinite(since) ? words.unknownSince(time) : words.unknown;
  }
  const { word, proof } = evidenceOf(view, commandsOf(actuator.device));
  const position = words[partOf(actuator.role)][state.position];
  const what = proof === null ? '' : metricText(proof.device, proof.metric, proof.value);
  const said =
    word === 'proven'
      ? words.proven(position, what)
      : word === 'against' && proof !== null
        ? words.against(position, what)
        : word === 'awaited'
          ? words.awaited(position)
          : words.said(position);
  return Number.isFinite(since) ? `${said} (${words.since(time)})` : said;
}

function Remaining(props: { lease: WireLease; part: 'valve' | 'motor' }): JSX.Element {
  const { lease, part } = props;
  const words = plantTexts.value.control;
  const until = toMs(lease.until);
  const leftMs = until - everySecond.value;
  const time = format.value.shortTime(until, everyQuarter.value);
  return (
    <p class="lease">
      <strong>{leftMs > 0 ? words.endsIn[part](countdown(leftMs)) : words.overdue(time)}</strong>{' '}
      <span class="soft">{words.owner(lease.owner)}</span>
    </p>
  );
}

function tone({ state, connected }: WireActuatorView): SiteState {
  if (state.fault !== null) return 'danger';
  if (state.position === 'unknown' || !connected) return 'silent';
  return state.position === 'on' ? 'waiting' : 'good';
}

function Blocked({ view }: { view: WireActuatorView }): JSX.Element | null {
  const { blocked } = view;
  const codes = [...new Set(blocked.map(({ code }) => code))];
  if (codes.length === 0) return null;
  return (
    <div class="blocked">
      <p>{plantTexts.value.control.blocked}</p>
      <ul class="plain-list">
        {codes.map((code) => (
          <li key={code}>– {refusalText(code)}</li>
        ))}
      </ul>
    </div>
  );
}

/** What it did today and how far it can be relied on. */
function Record({ view }: { view: WireActuatorView }): JSX.Element {
  const { state, reliability } = view;
  const now = everyQuarter.value;
  const words = plantTexts.value.control;
  const { use } = state;
  const isToday = use.day === todayOf(now);
  // What runs is counted by the server when it ends.
  const runsSince = state.lease === null ? now : toMs(state.lease.from);
  const runningMs = Math.max(0, now - Math.max(runsSince, midnightOf(now)));
  const seconds = (isToday ? use.seconds : 0) + Math.floor(runningMs / 1_000);
  const time = lasting(seconds, format.value.duration);
  const litres = format.value.quantity(isToday ? use.litres : 0, 0, 'L');
  return (
    <p class="soft">
      {isToday && use.litres > 0 ? words.today(time, litres) : words.todayTime(time)}
      {' · '}
      {reliability === null
        ? words.tooFew
        : words.reliability(format.value.number(reliability * 100, 0))}
    </p>
  );
}

function midnightOf(now: number): number {
  return Date.parse(`${todayOf(now)}T00:00:00+07:00`);
}

/** The farms' day, as the server names it. */
function todayOf(now: number): string {
  return new Date(now + OFFSET_MS).toISOString().slice(0, 10);
}

export function ActuatorCard({ view }: { view: WireActuatorView }): JSX.Element {
  const { actuator, state, connected } = view;
  const words = plantTexts.value.control;
  const part = partOf(actuator.role);
  const look = tone(view);
  return (
    <article class="panel actuator" data-state={look} id={`actuator-${actuator.device}`}>
      <header class="row-head">
        <h3>{nameOf(actuator.device)}</h3>
        <span class="soft">{words.roles[actuator.role]}</span>
      </header>
      <p class="position" data-position={state.position}>
        <StateIcon state={look} />
        <span>{positionText(view)}</span>
      </p>
      {state.lease !== null && <Remaining lease={state.lease} part={part} />}
      {!connected && <p class="soft">{words.away}</p>}
      <ActuatorFault view={view} />
      <Blocked view={view} />
      <ActuatorActions view={view} />
      <NewestCommand device={actuator.device} />
      <Record view={view} />
      <ActuatorCommands device={actuator.device} />
    </article>
  );
}
