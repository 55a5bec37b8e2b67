import { batch, computed, signal } from '@preact/signals';
import { ApiProblem } from '../api/client.ts';
import type { WireCommand } from '../api/plant-types.ts';
import { openStream, type Stream, type StreamState } from '../api/stream.ts';
import type {
  WireAlert,
  WireCoop,
  WireDevice,
  WireDeviceEvent,
  WireKind,
  WireLatest,
  WireObservation,
  WireSite,
} from '../api/types.ts';
import { applyEvents, EMPTY_FARM, type Farm, type FarmEvent, readFarm } from '../domain/farm.ts';
import { summarizeSites } from '../domain/site-state.ts';
import { everyQuarter, serverNow, tick } from './clock.ts';
import { hearCommand } from './commands-heard.ts';
import { maintenance, readMaintenance } from './maintenance.ts';
import { api, checkSession, session } from './session.ts';
import { readStops, stops } from './stops.ts';

/** Events are drawn at most this often: a thousand devices must not keep a phone busy. */
const APPLY_EVERY_MS = 400;
/** A page brought back after this long reads everything again. */
const HIDDEN_TOO_LONG_MS = 30_000;
/** Three heartbeats of the server; a line this quiet may be dead. */
const QUIET_TOO_LONG_MS = 45_000;
/** Devices come and go in bursts, as in a bulk import: read the lists once after the burst. */
const RELOAD_AFTER_MS = 500;
const RELOAD_RETRY_MS = 5_000;
/** Long enough to read one line on the way past. */
const NOTICE_SHOWN_MS = 20_000;

export const farm = signal<Farm>(EMPTY_FARM);
export const loadState = signal<'loading' | 'ready' | 'failed'>('loading');
export const loadError = signal<ApiProblem | null>(null);
export const streamState = signal<StreamState>('connecting');
/** When something was last heard from the server, by its clock. */
export const heardAt = signal<number>(serverNow());
/** Device that has just reported for the first time. */
export const firstReport = signal<string | null>(null);

export const sites = computed(() => summarizeSites(farm.value, everyQuarter.value));

let stream: Stream | null = null;
let pending: FarmEvent[] = [];
let applyTimer: ReturnType<typeof setTimeout> | undefined;
let reloadTimer: ReturnType<typeof setTimeout> | undefined;
let noticeTimer: ReturnType<typeof setTimeout> | undefined;
let loading: Promise<void> | null = null;

async function readEverything(): Promise<void> {
  const [kinds, coops, siteList, devices, latest, alerts] = await Promise.all([
    api.list<WireKind>('/kinds'),
    api.list<WireCoop>('/coops?limit=1000'),
    api.list<WireSite>('/sites?limit=1000'),
    api.list<WireDevice>('/devices?limit=1000'),
    api.list<WireLatest>('/latest'),
    api.list<WireAlert>('/alerts?state=open,acknowledged,shelved&limit=1000'),
    readMaintenance(),
    readStops(),
  ]);
  batch(() => {
    farm.value = readFarm({ kinds, coops, sites: siteList, devices, latest, alerts });
    loadState.value = 'ready';
    loadError.value = null;
    heardAt.value = serverNow();
    tick();
  });
}

/** Reads everything again. Calls that come while it runs share one more run after it. */
export function reload(): Promise<void> {
  clearTimeout(reloadTimer);
  reloadTimer = undefined;
  loading ??= readEverything()
    .catch((error: unknown) => {
      const problem =
        error instanceof ApiProblem ? error : new ApiProblem(0, 'DEFECT', String(error));
      loadError.value = problem;
      if (loadState.value !== 'ready') loadState.value = 'failed';
      if (session.value.state === 'in') reloadLater(RELOAD_RETRY_MS);
    })
    .finally(() => {
      loading = null;
    });
  return loading;
}

function reloadLater(afterMs: number): void {
  reloadTimer ??= setTimeout(() => {
    reloadTimer = undefined;
    void reload();
  }, afterMs);
}

function announceFirst(device: string): void {
  firstReport.value = device;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    firstReport.value = null;
  }, NOTICE_SHOWN_MS);
}

function applyPending(): void {
  applyTimer = undefined;
  const events = pending;
  pending = [];
  const known = farm.value;
  for (const { type, data } of events) {
    if (type !== 'observation') continue;
    if (!known.devices.has(data.device)) reloadLater(RELOAD_AFTER_MS);
    if (!known.readings.has(data.device)) announceFirst(data.device);
  }
  batch(() => {
    farm.value = applyEvents(known, events);
    heardAt.value = serverNow();
    tick();
  });
}

function take(event: FarmEvent): void {
  pending.push(event);
  applyTimer ??= setTimeout(applyPending, APPLY_EVERY_MS);
}

function onEvent(name: string, data: unknown): void {
  contactAt = serverNow();
  if (name === 'observation') take({ type: 'observation', data: data as WireObservation });
  else if (name === 'alert') take({ type: 'alert', data: data as WireAlert });
  else if (name === 'command') hearCommand(data as WireCommand);
  else if (name === 'resync' || changesLists(data)) reloadLater(RELOAD_AFTER_MS);
}

/** Comings and goings of a connection change no list; the readings tell who is silent. */
function changesLists(data: unknown): boolean {
  return ['created', 'changed', 'removed'].includes((data as WireDeviceEvent).event);
}

/** Shows an alert's new state at once, as the server has answered it. */
export function takeAlert(alert: WireAlert): void {
  farm.value = applyEvents(farm.value, [{ type: 'alert', data: alert }]);
}

function onState(state: StreamState): void {
  streamState.value = state;
  contactAt = serverNow();
  // The browser does not say why it was refused; the session may have ended meanwhile.
  if (state === 'broken') void probe();
}

/** When the server, or the end of the line to it, last gave a sign. */
let contactAt = 0;
let probing = false;

/** True when the server answers; a session that has ended shows the sign-in. */
async function probe(): Promise<boolean> {
  if (probing) return true;
  probing = true;
  const answered = await checkSession();
  probing = false;
  contactAt = serverNow();
  return answered;
}

/** A line cut without a farewell looks open for minutes, so a quiet one is asked now and then. */
async function suspectLine(): Promise<void> {
  if (stream !== null && !(await probe())) stream?.restart();
}

setInterval(() => {
  if (!document.hidden && serverNow() - contactAt > QUIET_TOO_LONG_MS) void suspectLine();
}, QUIET_TOO_LONG_MS / 3);

export function startFarm(): void {
  if (stream !== null) return;
  void reload();
  stream = openStream({
    url: '/api/v1/stream',
    events: ['observation', 'alert', 'command', 'device', 'resync'],
    onEvent,
    onState,
    onGap: () => void reload(),
  });
}

export function stopFarm(): void {
  stream?.close();
  stream = null;
  clearTimeout(applyTimer);
  clearTimeout(reloadTimer);
  applyTimer = undefined;
  reloadTimer = undefined;
  pending = [];
  farm.value = EMPTY_FARM;
  maintenance.value = [];
  stops.value = [];
  loadState.value = 'loading';
  firstReport.value = null;
}

let hiddenSince: number | null = null;

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    hiddenSince = serverNow();
    return;
  }
  tick();
  if (stream === null) return;
  stream.wake();
  if (hiddenSince !== null && serverNow() - hiddenSince > HIDDEN_TOO_LONG_MS) void reload();
});
addEventListener('online', () => stream?.wake());
// With the server on this very machine, offline is no reason to lose it: ask.
addEventListener('offline', () => void suspectLine());
