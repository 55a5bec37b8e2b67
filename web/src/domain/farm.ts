import type {
  Advises,
  AlertState,
  Evidence,
  Localized,
  QuietReason,
  Severity,
  TimelineEvent,
  WireActuatorKind,
  WireAlert,
  WireCoop,
  WireDevice,
  WireKind,
  WireLatest,
  WireObservation,
  WireSite,
} from '../api/types.ts';
import { toMs } from './instant.ts';

export interface Range {
  min: number | null;
  max: number | null;
}

export interface Metric {
  name: string;
  label: Localized;
  unit: string;
  decimals: number;
  shape: 'gauge' | 'count' | 'total' | 'state';
  safe: Range | null;
}

export interface Kind {
  name: string;
  title: Localized;
  siteKind: string;
  intervalSeconds: number;
  metrics: readonly Metric[];
  derived: readonly DerivedMetric[];
  commands: NonNullable<WireKind['commands']>;
  /** What a device of the kind moves; null: nothing. */
  actuator: WireActuatorKind | null;
}

/** Computed from what was observed; its first input is what a chart can show instead. */
export interface DerivedMetric extends Metric {
  from: string | null;
}

export interface Device {
  id: string;
  coop: string;
  site: string | null;
  kind: string;
  name: string;
  intervalSeconds: number;
  createdAt: number;
}

/** The last value of one metric of one device, by the time it was observed. */
export interface Reading {
  value: number;
  observedAt: number;
  quality: string;
}

export interface Alert {
  id: string;
  rule: string;
  coop: string;
  site: string | null;
  device: string;
  severity: Severity;
  state: AlertState;
  onset: number;
  end: number | null;
  revision: number;
  title: Localized;
  advice: { vi: string[]; en: string[]; fr: string[] };
  /** Null when the alert is about silence. */
  metric: string | null;
  limit: number;
  worst: number | null;
  unit: string | null;
  source: string;
  evidence: Evidence | null;
  /** What else was computed with the latest value. */
  beside: Readonly<Record<string, number | string>>;
  advises: Advises;
  acknowledgedBy: string | null;
  /** What was down when the device was silent, once that is known. */
  outage: 'link' | 'device' | null;
  severities: ReadonlyArray<{ time: number; severity: Severity }>;
  /** The alert that explains this one. */
  cause: string | null;
  quiet: { reason: QuietReason; until: number | null } | null;
  shelf: { who: string; reason: string; until: number } | null;
  assignee: string | null;
  timeline: readonly TimelineLine[];
}

export interface TimelineLine {
  at: number;
  event: TimelineEvent;
  who: string | null;
  note: string | null;
}

/** All the page knows. Never changed in place: a change makes a new one. */
export interface Farm {
  kinds: ReadonlyMap<string, Kind>;
  coops: ReadonlyMap<string, WireCoop>;
  sites: ReadonlyMap<string, WireSite>;
  devices: ReadonlyMap<string, Device>;
  /** By device, then by metric. */
  readings: ReadonlyMap<string, ReadonlyMap<string, Reading>>;
  /** Alerts that are not over, by id. */
  alerts: ReadonlyMap<string, Alert>;
}

export interface WireFarm {
  kinds: WireKind[];
  coops: WireCoop[];
  sites: WireSite[];
  devices: WireDevice[];
  latest: WireLatest[];
  alerts: WireAlert[];
}

/** Something the stream told us, in the form the farm takes it. */
export type FarmEvent =
  | { type: 'observation'; data: WireObservation }
  | { type: 'alert'; data: WireAlert };

function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function readKind(kind: WireKind): Kind {
  const metrics = kind.metrics.map((metric): Metric => {
    const safe: Range = { min: finite(metric.safe?.min), max: finite(metric.safe?.max) };
    return {
      name: metric.name,
      label: metric.label,
      unit: metric.unit,
      decimals: metric.decimals,
      shape: metric.shape,
      safe: safe.min === null && safe.max === null ? null : safe,
    };
  });
  const derived = (kind.derived ?? []).map((one): DerivedMetric => {
    const { name, label, unit, decimals, inputs } = one;
    const from = inputs[0]?.metric ?? null;
    return { name, label, unit, decimals, shape: 'gauge', safe: null, from };
  });
  const { name, title, siteKind, intervalSeconds } = kind;
  const actuator = kind.actuator ?? null;
  return {
    name,
    title,
    siteKind,
    intervalSeconds,
    metrics,
    derived,
    commands: kind.commands ?? [],
    actuator,
  };
}

export function readAlert(alert: WireAlert): Alert {
  const acknowledgements = alert.timeline.filter((entry) => entry.event === 'acknowledged');
  return {
    id: alert.id,
    rule: alert.rule,
    coop: alert.coop,
    site: alert.site,
    device: alert.device,
    severity: alert.severity,
    state: alert.state,
    onset: toMs(alert.onset),
    end: alert.end === null ? null : toMs(alert.end),
    revision: alert.revision,
    title: alert.title,
    advice: alert.advice,
    metric: alert.evidence.metric,
    limit: alert.evidence.limit,
    worst: alert.evidence.worst,
    unit: alert.evidence.unit,
    source: alert.evidence.source?.text ?? '',
    evidence: alert.evidence.source?.evidence ?? null,
    beside: alert.evidence.beside ?? {},
    advises: alert.advises ?? 'act',
    acknowledgedBy: acknowledgements.pop()?.who ?? null,
    ...readCare(alert),
  };
}

/** Who looks after an alert and why it is quiet; a server of an earlier version says nothing. */
function readCare(alert: WireAlert) {
  const { cause = null, assignee = null, severities = [], shelf, quiet } = alert;
  const outage = alert.evidence.beside?.['outage'];
  return {
    outage: outage === 'link' || outage === 'device' ? outage : null,
    severities: severities.map(({ time, severity }) => ({ time: toMs(time), severity })),
    cause,
    quiet: quiet
      ? { reason: quiet.reason, until: quiet.until === null ? null : toMs(quiet.until) }
      : null,
    shelf: shelf ? { who: shelf.who, reason: shelf.reason, until: toMs(shelf.until) } : null,
    assignee,
    timeline: alert.timeline.map((entry) => ({ ...entry, at: toMs(entry.at) })),
  } as const;
}

/** It still lasts, whoever has seen it. */
export function isOngoing(alert: Alert): boolean {
  return alert.state !== 'resolved';
}

function byKey<T>(items: readonly T[], key: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [key(item), item]));
}

/** An expected interval when neither the device nor its kind names one. */
const INTERVAL_DEFAULT_SECONDS = 900;

export function readFarm(wire: WireFarm): Farm {
  const kinds = byKey(wire.kinds.map(readKind), (kind) => kind.name);
  const devices = wire.devices.map((device): Device => {
    const ownInterval =
      device.expectedSeconds ?? device.intervalSeconds ?? kinds.get(device.kind)?.intervalSeconds;
    return {
      id: device.id,
      coop: device.coop,
      site: device.site ?? null,
      kind: device.kind,
      name: device.name || device.id,
      intervalSeconds: ownInterval ?? INTERVAL_DEFAULT_SECONDS,
      createdAt: toMs(device.createdAt),
    };
  });
  const readings = new Map<string, Map<string, Reading>>();
  for (const item of wire.latest) {
    const own = readings.get(item.device) ?? new Map<string, Reading>();
    const quality = item.quality ?? 'good';
    own.set(item.metric, { value: item.value, observedAt: toMs(item.observedAt), quality });
    readings.set(item.device, own);
  }
  return {
    kinds,
    coops: byKey(wire.coops, (coop) => coop.id),
    sites: byKey(wire.sites, (site) => site.id),
    devices: byKey(devices, (device) => device.id),
    readings,
    alerts: byKey(wire.alerts.map(readAlert).filter(isOngoing), (alert) => alert.id),
  };
}

export const EMPTY_FARM: Farm = readFarm({
  kinds: [],
  coops: [],
  sites: [],
  devices: [],
  latest: [],
  alerts: [],
});

/**
 * The farm after these events. A reading that is older than the one known, as after a device's
 * outage, changes nothing: the last value is the last by observed time, not by arrival.
 */
export function applyEvents(farm: Farm, events: readonly FarmEvent[]): Farm {
  const changed = new Map<string, Map<string, Reading>>();
  const alerts = new Map(farm.alerts);
  for (const event of events) {
    if (event.type === 'alert') {
      const alert = readAlert(event.data);
      const known = alerts.get(alert.id);
      if (known !== undefined && known.revision > alert.revision) continue;
      if (isOngoing(alert)) alerts.set(alert.id, alert);
      else alerts.delete(alert.id);
      continue;
    }
    const { device, values } = event.data;
    const observedAt = toMs(event.data.time);
    const own = changed.get(device) ?? new Map(farm.readings.get(device));
    for (const [metric, value] of Object.entries(values)) {
      const known = own.get(metric);
      if (known !== undefined && known.observedAt > observedAt) continue;
      own.set(metric, { value, observedAt, quality: event.data.quality ?? 'good' });
    }
    changed.set(device, own);
  }
  return { ...farm, readings: new Map([...farm.readings, ...changed]), alerts };
}

function kindOf(farm: Farm, device: string): Kind | undefined {
  return farm.kinds.get(farm.devices.get(device)?.kind ?? '');
}

/** A metric of a device, observed or derived. */
export function metricOf(farm: Farm, device: string, metric: string): Metric | undefined {
  const kind = kindOf(farm, device);
  const isIt = (candidate: Metric): boolean => candidate.name === metric;
  return kind?.metrics.find(isIt) ?? kind?.derived.find(isIt);
}

/** What a chart can show of a metric: itself, or what a derived one is first computed from. */
export function drawnMetric(farm: Farm, device: string, metric: string | null): string | null {
  return kindOf(farm, device)?.derived.find(({ name }) => name === metric)?.from ?? metric;
}

/** Name of the place as people say it: the site's, else the device's. */
export function placeName(farm: Farm, site: string | null, device: string): string {
  return farm.sites.get(site ?? '')?.name ?? farm.devices.get(device)?.name ?? device;
}

/** Other devices stand on the same site, so the site's name alone does not tell which it is. */
export function hasCompanions(farm: Farm, device: string): boolean {
  const site = farm.devices.get(device)?.site ?? null;
  if (site === null) return false;
  for (const other of farm.devices.values()) {
    if (other.site === site && other.id !== device) return true;
  }
  return false;
}

/** The most extreme value of an alert: what it knows, or the reading that came after. */
export function worstOf(alert: Alert, now: Reading | undefined): number | null {
  const { worst, limit } = alert;
  if (worst === null || now === undefined || alert.end !== null) return worst;
  if (now.observedAt < alert.onset) return worst;
  return worst < limit ? Math.min(worst, now.value) : Math.max(worst, now.value);
}
