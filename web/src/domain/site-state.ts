import type { Severity } from '../api/types.ts';
import type { Alert, Device, Farm, Metric, Range, Reading } from './farm.ts';

/**
 * `silent`: the values are too old to speak for now. `waiting`: installed, and not yet due.
 * `empty`: no device stands here.
 */
export type SiteState = 'danger' | 'silent' | 'attention' | 'waiting' | 'empty' | 'good';

/** Worst first. What we cannot see comes before what we see to be slightly wrong. */
const ORDER: readonly SiteState[] = ['danger', 'silent', 'attention', 'waiting', 'empty', 'good'];

/** A value speaks for now during three expected intervals: two reports may be lost on the way. */
const INTERVALS_UNTIL_STALE = 3;
/** A night's catch stands until the next one is in, and half a day beyond. */
const COUNT_FRESH_MS = 36 * 3_600_000;

export const BATTERY_METRIC = 'battery_voltage';

export interface ValueInFocus {
  device: Device;
  metric: Metric;
  reading: Reading;
  stale: boolean;
  /** Outside its safe range, whether or not a rule has said so yet. */
  outside: boolean;
}

export interface SiteSummary {
  /** Site id, or the device's id for a device that stands on no site. */
  id: string;
  name: string;
  coop: string;
  state: SiteState;
  devices: readonly Device[];
  /** The one value to show: the worst, else the headline of the kind. */
  focus: ValueInFocus | null;
  /** Alerts that last, worst first. */
  alerts: readonly Alert[];
  /** When the newest value was observed, null when there was none. */
  observedAt: number | null;
  battery: ValueInFocus | null;
  batteryLow: boolean;
}

const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info'];

/** How a severity looks. */
export function severityState(severity: Severity): SiteState {
  return severity === 'critical' ? 'danger' : severity === 'warning' ? 'attention' : 'waiting';
}

/** Above 0 when the first is the graver. */
export function compareSeverities(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(b) - SEVERITIES.indexOf(a);
}

/** For sorting alerts worst first: what hurts, then what is new. */
export function compareAlerts(a: Alert, b: Alert): number {
  const bySeverity = compareSeverities(b.severity, a.severity);
  return bySeverity || b.onset - a.onset || (a.id < b.id ? -1 : 1);
}

export function isStale(observedAt: number, intervalSeconds: number, now: number): boolean {
  return !(now - observedAt <= intervalSeconds * 1000 * INTERVALS_UNTIL_STALE);
}

/** A level is old after three intervals; a count, made once a day, when it is a day late. */
export function isReadingStale(
  reading: Reading,
  metric: Metric,
  options: { intervalSeconds: number; now: number },
): boolean {
  const { intervalSeconds, now } = options;
  if (metric.shape !== 'count') return isStale(reading.observedAt, intervalSeconds, now);
  return now - reading.observedAt > Math.max(COUNT_FRESH_MS, intervalSeconds * 1000 * 3);
}

function isOutside(value: number, safe: Range | null): boolean {
  return value < (safe?.min ?? value) || value > (safe?.max ?? value);
}

function valuesOf(farm: Farm, device: Device, now: number): ValueInFocus[] {
  const readings = farm.readings.get(device.id);
  const metrics = farm.kinds.get(device.kind)?.metrics ?? [];
  const { intervalSeconds } = device;
  return metrics.flatMap((metric) => {
    const reading = readings?.get(metric.name);
    if (reading === undefined) return [];
    const stale = isReadingStale(reading, metric, { intervalSeconds, now });
    return [{ device, metric, reading, stale, outside: isOutside(reading.value, metric.safe) }];
  });
}

/** What the worst alert is about, else the headline of the kind: the first that is not old. */
function chooseFocus(
  values: readonly ValueInFocus[],
  alerts: readonly Alert[],
): ValueInFocus | null {
  for (const alert of alerts) {
    const subject = values.find(
      (value) => value.device.id === alert.device && value.metric.name === alert.metric,
    );
    if (subject !== undefined) return subject;
  }
  return values.find((value) => !value.stale) ?? values[0] ?? null;
}

/** Nothing new from the device, whatever its metrics; or nothing ever, though it was due. */
function isSilent(device: Device, values: readonly ValueInFocus[], now: number): boolean {
  const times = values
    .filter((value) => value.device.id === device.id)
    .map((value) => value.reading.observedAt);
  const heardAt = times.length === 0 ? device.createdAt : Math.max(...times);
  return !Number.isNaN(heardAt) && isStale(heardAt, device.intervalSeconds, now);
}

/** The rules decide; the page adds only what it must not hide: silence, and a limit in sight. */
function chooseState(
  devices: readonly Device[],
  values: readonly ValueInFocus[],
  alerts: readonly Alert[],
  now: number,
): SiteState {
  if (devices.length === 0) return 'empty';
  const spoken = alerts.filter((alert) => alert.metric !== null);
  if (spoken.some((alert) => alert.severity === 'critical')) return 'danger';
  if (spoken.length < alerts.length) return 'silent';
  if (devices.some((device) => isSilent(device, values, now))) return 'silent';
  if (spoken.some((alert) => alert.severity === 'warning')) return 'attention';
  const focus = chooseFocus(values, alerts);
  if (focus === null) return 'waiting';
  return focus.outside && !focus.stale ? 'attention' : 'good';
}

interface Place {
  id: string;
  name: string;
  coop: string;
  devices: readonly Device[];
}

function summarize(place: Place, alerts: Alert[], farm: Farm, now: number): SiteSummary {
  const values = place.devices.flatMap((device) => valuesOf(farm, device, now));
  const times = values.map((value) => value.reading.observedAt);
  const batteries = values
    .filter((value) => value.metric.name === BATTERY_METRIC)
    .sort((a, b) => a.reading.value - b.reading.value);
  alerts.sort(compareAlerts);
  return {
    ...place,
    state: chooseState(place.devices, values, alerts, now),
    focus: chooseFocus(values, alerts),
    alerts,
    observedAt: times.length === 0 ? null : Math.max(...times),
    battery: batteries[0] ?? null,
    batteryLow:
      batteries[0]?.outside === true || alerts.some((alert) => alert.metric === BATTERY_METRIC),
  };
}

function group<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const own = groups.get(key(item));
    if (own === undefined) groups.set(key(item), [item]);
    else own.push(item);
  }
  return groups;
}

function placesOf(farm: Farm): Place[] {
  const bySite = group(farm.devices.values(), (device) =>
    device.site !== null && farm.sites.has(device.site) ? device.site : '',
  );
  const sites = [...farm.sites.values()].map((site) => ({
    id: site.id,
    name: site.name,
    coop: site.coop,
    devices: bySite.get(site.id) ?? [],
  }));
  const loose = (bySite.get('') ?? []).map((device) => ({
    id: device.id,
    name: device.name,
    coop: device.coop,
    devices: [device],
  }));
  return [...sites, ...loose];
}

/** Every site, and every device that stands on none, worst first and then by name. */
export function summarizeSites(farm: Farm, now: number): SiteSummary[] {
  const byDevice = group(farm.alerts.values(), (alert) => alert.device);
  const names = new Intl.Collator('vi', { numeric: true });
  return placesOf(farm)
    .map((place) => {
      const alerts = place.devices.flatMap((device) => byDevice.get(device.id) ?? []);
      return summarize(place, alerts, farm, now);
    })
    .sort(
      (a, b) =>
        ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
        severityRank(a) - severityRank(b) ||
        names.compare(a.name, b.name),
    );
}

/** Only how bad counts between sites of one state; the hour of onset would make cards jump. */
function severityRank(site: SiteSummary): number {
  const worst = site.alerts[0];
  return worst === undefined ? SEVERITIES.length : SEVERITIES.indexOf(worst.severity);
}

/** How many sites are in each state. */
export function countStates(sites: readonly SiteSummary[]): Record<SiteState, number> {
  const counts = { danger: 0, silent: 0, attention: 0, waiting: 0, empty: 0, good: 0 };
  for (const site of sites) counts[site.state] += 1;
  return counts;
}
