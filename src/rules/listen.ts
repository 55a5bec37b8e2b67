import type { Source } from '../contracts/frame.ts';
import type { Observation } from '../contracts/observation.ts';
import { alertId } from './alert-id.ts';
import type { AlertReader } from './alert-reader.ts';
import type { DeviceMemory, SilenceMemory } from './device-memory.ts';
import { type Findings, fromStored, isWithdrawn, LATE_NOTE, type OpenAlert } from './finding.ts';
import type { Interval } from './interval.ts';
import { matchAlerts } from './revise.ts';
import { silenceAfter, silencesBetween, silencesUntil } from './silence.ts';

/**
 * After a start or a jump of the clock we do not know what was said meanwhile: devices get this
 * long to come back and deliver what they kept, so that a power cut calls nobody.
 */
const GRACE_MS = 600_000;

interface Heard {
  observations: readonly Observation[];
  findings: Findings;
  now: number;
}

/**
 * Notes that a device was heard: closes or moves its silence, and records silences that the
 * reports themselves show. Observations come in event order. Returns the late times, which may
 * break up a silence already recorded (see `breakSilences`).
 */
export function listen(memory: DeviceMemory, heard: Heard): number[] {
  const { createdAt } = memory;
  const late: number[] = [];
  const times = [Math.max(memory.lastAny, createdAt)];
  let last = memory.lastAny;
  for (const { observedAt } of heard.observations) {
    if (observedAt > last) {
      last = observedAt;
      // What was seen before the commissioning says nothing about silence.
      if (observedAt > createdAt) times.push(observedAt);
    } else if (observedAt < last && observedAt > createdAt) {
      late.push(observedAt);
    }
  }
  memory.lastAny = last;
  const observation = heard.observations.at(-1);
  if (times.length === 1 || observation === undefined) return late;
  for (const silence of memory.silences) {
    const { alert, afterMs } = silence;
    const found =
      alert === null ? silencesBetween(times, afterMs) : silencesUntil(times, afterMs, heard.now);
    if (alert === null && found.length === 0) continue;
    const { source, receivedAt } = observation;
    const old = alert === null ? [] : [alert];
    silence.alert = null;
    const change = { memory, silence, source, at: receivedAt, findings: heard.findings };
    settle(change, old, found.map(proposed(change)));
  }
  return late;
}

/** Opens the silences that `now` shows; `listenedMs` is how long we have been able to hear. */
export function watch(
  memory: DeviceMemory,
  source: Source,
  moment: { now: number; listenedMs: number; findings: Findings },
): void {
  const { lastAny, createdAt, heardAt } = memory;
  const since = Math.max(lastAny, createdAt);
  const { now, listenedMs, findings } = moment;
  for (const silence of memory.silences) {
    const { afterMs, alert } = silence;
    if (alert !== null || now - since < afterMs) continue;
    // Heard since this start, its silence is measured by a clock that cannot jump.
    if (listenedMs < (heardAt === null ? Math.min(afterMs, GRACE_MS) : afterMs)) continue;
    const interval = silenceAfter(since, afterMs, null);
    const change = { memory, silence, source, at: now, findings };
    settle(change, [], [proposed(change)(interval)]);
  }
}

/**
 * Late reports within a recorded silence break it up. The alert itself tells where the silence
 * began and ended, so no history is read.
 */
export async function breakSilences(
  memory: DeviceMemory,
  late: readonly number[],
  situation: { alerts: AlertReader; findings: Findings; source: Source; at: number },
): Promise<void> {
  const { alerts, findings, source, at } = situation;
  for (const silence of memory.silences) {
    const times = late.filter((time) => time < silence.latestEnd);
    if (times.length === 0) continue;
    const stored = await alerts.since(silence.rule.id, memory.id, Math.min(...times));
    for (const alert of stored) {
      const { onset, end } = alert;
      if (end === null || isWithdrawn(alert)) continue;
      const afterMs = alert.evidence.limit * 1000;
      const since = onset - afterMs;
      const inside = times.filter((time) => time > since && time < end);
      if (inside.length === 0) continue;
      const found = silencesBetween([since, ...inside.sort((a, b) => a - b), end], afterMs);
      const change = { memory, silence, source, at, findings };
      const proposals = found.map(proposed(change));
      for (const proposal of proposals) {
        const place = { rule: silence.rule.id, device: memory.id, onset: proposal.interval.onset };
        proposal.id = await alerts.freeId(place);
      }
      settle(change, [fromStored(alert)], proposals);
    }
  }
}

interface Change {
  memory: DeviceMemory;
  silence: SilenceMemory;
  source: Source;
  at: number;
  findings: Findings;
}

/** The alert a silence gets when no alert stands for it yet. */
function proposed({ memory, silence, source, at }: Change): (interval: Interval) => OpenAlert {
  return (interval) => ({
    id: alertId({ rule: silence.rule.id, device: memory.id, onset: interval.onset }, 0),
    interval,
    coop: source.coop,
    site: source.site,
    known: at,
    raised: interval.end === null,
    savedWorst: null,
    savedAt: interval.onset,
  });
}

/** Gives each silence its alert and tells what changed. */
function settle(
  { memory, silence, at, findings }: Change,
  alerts: readonly OpenAlert[],
  proposals: readonly OpenAlert[],
): void {
  const old = alerts.map((alert) => ({ ...alert.interval, alert }));
  const silences = proposals.map(({ interval }) => interval);
  for (const revision of matchAlerts(old, silences)) {
    const { interval } = revision;
    const before = revision.alert?.alert;
    const fresh = proposals.find((proposal) => proposal.interval === interval);
    const alert = before === undefined ? fresh : { ...before, ...(interval && { interval }) };
    if (alert === undefined) continue;
    const moved = before !== undefined && before.interval.onset !== interval?.onset;
    findings.add({
      alert,
      rule: silence.rule,
      device: memory.id,
      unit: null,
      latest: null,
      withdrawn: interval === null,
      at,
      note: moved ? LATE_NOTE : null,
    });
    if (interval === null) continue;
    if (interval.end === null) silence.alert = alert;
    else silence.latestEnd = Math.max(silence.latestEnd, interval.end);
  }
}
