import { withDeadline } from '../base/clock.ts';
import { localDayOf } from '../base/local-day.ts';
import type { Alert } from '../contracts/alert.ts';
import type { HealthFinding } from '../contracts/health.ts';
import type { StoredCount } from '../contracts/series.ts';
import type { Device } from '../contracts/state.ts';
import { healthFindings } from '../health/findings.ts';
import type { ApiOptions } from './context.ts';

/** Of each of these devices what is wrong with it, the gravest first; nothing is an empty list. */
export type DeviceHealth = (devices: readonly Device[]) => Promise<Map<string, HealthFinding[]>>;

/** What the store counted is asked for this often at most: it counts all devices in one go. */
const COUNTS_KEPT_MS = 10_000;
/** Nobody waits longer for a list of devices because the store is slow. */
const COUNTS_DEADLINE_MS = 500;
/** Alerts read at once. */
const ALERTS_PER_PAGE = 500;
const LASTING = ['open', 'acknowledged', 'shelved'] as const;

type HealthSources = Pick<ApiOptions, 'state' | 'registry' | 'series' | 'clock' | 'timeZone'>;

export function createDeviceHealth(options: HealthSources): DeviceHealth {
  const { state, registry, clock, timeZone } = options;
  const localDay = localDayOf(timeZone);
  const stored = storedCounts(options);

  return async (devices) => {
    if (devices.length === 0) return new Map();
    const ids = devices.map(({ id }) => id);
    const day = localDay(clock.now());
    const counted = await state.ledger.countsOf(ids, day);
    const duplicates = await stored(day);
    const alerts = await lastingAlerts(options, ids);
    return new Map(
      devices.map(({ id, coop, intervalSeconds }) => {
        // Under another cooperative the same id was another's device.
        const received = counted.find((count) => count.device === id && count.coop === coop);
        const today = received ?? { received: 0, rejected: 0, repeated: 0, clockFaults: 0 };
        const duplicate = duplicates.get(`${coop} ${id}`)?.duplicate ?? 0;
        const findings = healthFindings({
          today: { ...today, repeated: today.repeated + duplicate },
          alerts: (alerts.get(id) ?? []).filter((alert) => alert.coop === coop),
          declaredSeconds: intervalSeconds,
          learnedSeconds: registry.learnedSeconds(id),
          timeZone,
        });
        return [id, findings];
      }),
    );
  };
}

/** Repeats of dated reports, which only the store tells from new ones; none while it is away. */
function storedCounts({ series, clock }: HealthSources) {
  let kept: { day: string; until: number; counts: Promise<Map<string, StoredCount>> } | null = null;
  return (day: string): Promise<Map<string, StoredCount>> => {
    if (kept?.day === day && clock.monotonic() < kept.until) return kept.counts;
    const asked = withDeadline(series.counts(day, day), COUNTS_DEADLINE_MS, storeIsSlow);
    const counts = asked.then(
      (found) => new Map(found.map((count) => [`${count.coop} ${count.device}`, count])),
      () => new Map<string, StoredCount>(),
    );
    kept = { day, until: clock.monotonic() + COUNTS_KEPT_MS, counts };
    return counts;
  };
}

function storeIsSlow(): Error {
  return new Error('the store is slow');
}

async function lastingAlerts(
  { state }: HealthSources,
  devices: readonly string[],
): Promise<Map<string, Alert[]>> {
  const byDevice = new Map<string, Alert[]>();
  let after: string | null | undefined;
  while (after !== null) {
    const page = { limit: ALERTS_PER_PAGE, ...(after !== undefined && { after }) };
    const { items, next } = await state.alerts.list({ devices, states: LASTING }, page);
    for (const alert of items) {
      // What people put aside or took over may be over all the same.
      if (alert.end !== null) continue;
      const known = byDevice.get(alert.device);
      if (known === undefined) byDevice.set(alert.device, [alert]);
      else known.push(alert);
    }
    after = next;
  }
  return byDevice;
}
