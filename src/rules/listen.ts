import type { Source } from '../contracts/frame.ts';
import type { Observation } from '../contracts/observation.ts';
import { alertId } from './alert-id.ts';
import type { AlertReader } from './alert-reader.ts';
import type { DeviceMemory, SilenceMemory } from './device-memory.ts';
import { type Findings, fromStored, isWithdrawn, LATE_NOTE, type OpenAlert } from './finding.ts';
import type { Interval } from './interval.ts';
import { matchAlerts } from './revise.ts';
import { cutToSeason } from './season.ts';
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

/** What was heard of one silence, where the stored alerts must be asked what becomes of it. */
export interface BrokenSilence {
  silence: SilenceMemory;
  /** Times at or before the newest heard before, which may break up silences already recorded. */
  late: number[];
  /** The newest time heard before and those after it, where parts of a season stand between. */
  times: number[];
}

/**
 * Notes that a device was heard: closes or moves its silences, and records those that the reports
 * themselves show. Observations come in event order. Returns what needs the stored alerts (see
 * `breakSilences`).
 */
export function listen(memory: DeviceMemory, heard: Heard): BrokenSilence[] {
  const broken: BrokenSilence[] = [];
  for (const silence of memory.silences) {
    const { times, late } = timesOf(memory, silence, heard.observations);
    const found = { silence, late: late.filter((time) => time < silence.latestEnd), times: [] };
    const isInParts = silence.alert !== null || silence.latestEnd > (times[0] ?? 0);
    if (times.length > 1 && silence.plan.season !== null && isInParts) {
      broken.push({ ...found, times });
      continue;
    }
    if (found.late.length > 0) broken.push(found);
    if (times.length > 1) goOn(memory, silence, { times, heard });
  }
  for (const { observedAt } of heard.observations) {
    memory.lastAny = Math.max(memory.lastAny, observedAt);
  }
  return broken;
}

/** When a silence was broken: the newest time before, those after it, and those that came late. */
function timesOf(
  { createdAt }: DeviceMemory,
  silence: SilenceMemory,
  observations: readonly Observation[],
): { times: number[]; late: number[] } {
  const metric = silence.plan.rule.condition.metric;
  const times = [Math.max(silence.last, createdAt)];
  const late: number[] = [];
  for (const { observedAt, values } of observations) {
    if (metric !== undefined && values[metric] === undefined) continue;
    if (observedAt > silence.last) {
      silence.last = observedAt;
      // What was seen before the commissioning says nothing about silence.
      if (observedAt > createdAt) times.push(observedAt);
    } else if (observedAt < silence.last && observedAt > createdAt) {
      late.push(observedAt);
    }
  }
  return { times, late };
}

function goOn(
  memory: DeviceMemory,
  silence: SilenceMemory,
  { times, heard }: { times: readonly number[]; heard: Heard },
): void {
  const { alert, afterMs } = silence;
  const { observations, findings, now } = heard;
  const raw = alert === null ? silencesBetween(times, afterMs) : silencesUntil(times, afterMs, now);
  const observation = observations.at(-1);
  if ((alert === null && raw.length === 0) || observation === undefined) return;
  const { source, receivedAt } = observation;
  const change = { memory, silence, source, at: receivedAt, findings };
  const found = raw.flatMap((each) => cutToSeason(each, silence.plan.season, now));
  silence.alert = null;
  settle(change, alert === null ? [] : [alert], found.map(proposed(change)));
}

/** Opens the silences that `now` shows; `listenedMs` is how long we have been able to hear. */
export function watch(
  memory: DeviceMemory,
  source: Source,
  moment: { now: number; listenedMs: number; findings: Findings },
): void {
  const { createdAt, heardAt } = memory;
  const { now, listenedMs, findings } = moment;
  for (const silence of memory.silences) {
    const { afterMs, alert, plan, latestEnd } = silence;
    // A metric that was never reported is not missing: the device has no such sensor.
    if (plan.rule.condition.metric !== undefined && !(silence.last > createdAt)) continue;
    const since = Math.max(silence.last, createdAt);
    // One that always asks goes on by itself; one with a season may be over by the clock.
    if ((alert !== null && plan.season === null) || now - since < afterMs) continue;
    // Heard since this start, its silence is measured by a clock that cannot jump.
    const enoughMs = heardAt === null ? Math.min(afterMs, GRACE_MS) : afterMs;
    if (alert === null && listenedMs < enoughMs) continue;
    const change = { memory, silence, source, at: now, findings };
    const lasting = silenceAfter(since, afterMs, null);
    if (plan.season === null) {
      settle(change, [], [proposed(change)(lasting)]);
      continue;
    }
    // Its earlier parts were told: it goes on from the one that lasts, or after the last.
    const onset = alert?.interval.onset ?? Math.max(lasting.onset, latestEnd);
    const parts = cutToSeason({ ...lasting, onset }, plan.season, now);
    if (alert !== null && parts.length === 1 && parts[0]?.end === null) continue;
    if (alert === null && parts.length === 0) continue;
    silence.alert = null;
    settle(change, alert === null ? [] : [alert], parts.map(proposed(change)));
  }
}

/**
 * Reports within a recorded silence break it up. The alerts themselves tell where it began and
 * ended, so no history is read.
 */
export async function breakSilences(
  memory: DeviceMemory,
  broken: readonly BrokenSilence[],
  situation: { alerts: AlertReader; findings: Findings; source: Source; at: number; now: number },
): Promise<void> {
  const { alerts, findings, source, at, now } = situation;
  for (const { silence, late, times } of broken) {
    const change = { memory, silence, source, at, findings };
    const { id } = silence.plan.rule;
    const [since] = times;
    if (since !== undefined) {
      const stored = await alerts.since(id, memory.id, since);
      await goOnInParts(change, { times, now, alerts, stored });
    }
    if (late.length === 0) continue;
    for (const alert of await alerts.since(id, memory.id, Math.min(...late))) {
      // What begins after the newest heard before was settled with it.
      if (alert.end === null || isWithdrawn(alert) || alert.onset > (since ?? Infinity)) continue;
      await breakOne(change, { alert: fromStored(alert), late, alerts });
    }
  }
}

/** A silence of which parts were told already, now that it is broken. */
async function goOnInParts(
  change: Change,
  {
    times,
    now,
    alerts,
    stored,
  }: {
    times: readonly number[];
    now: number;
    alerts: AlertReader;
    stored: Awaited<ReturnType<AlertReader['since']>>;
  },
): Promise<void> {
  const { silence } = change;
  const { alert, afterMs, plan } = silence;
  const parts = silencesUntil(times, afterMs, now)
    .flatMap((each) => cutToSeason(each, plan.season, now))
    // What begins to last is for `watch`, which knows whether we could have heard.
    .filter(({ end }) => end !== null || alert !== null);
  const told = stored
    .filter(({ onset }) => onset > (times[0] ?? 0))
    .map((each) => (each.id === alert?.id ? alert : fromStored(each)));
  silence.alert = null;
  settle(change, told, await named(change, parts, alerts));
}

async function breakOne(
  change: Change,
  { alert, late, alerts }: { alert: OpenAlert; late: readonly number[]; alerts: AlertReader },
): Promise<void> {
  const { onset, end, samples } = alert.interval;
  const { afterMs } = change.silence;
  if (end === null) return;
  // The first sample of a silence is the device's last word before it.
  const since = samples[0]?.time ?? onset - afterMs;
  const inside = late.filter((time) => time > since && time < end).sort((a, b) => a - b);
  if (inside.length === 0) return;
  const found = silencesBetween([since, ...inside, end], afterMs).flatMap((each) => {
    const from = Math.max(each.onset, onset);
    return from < (each.end ?? end) ? [{ ...each, onset: from }] : [];
  });
  settle(change, [alert], await named(change, found, alerts));
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
    id: alertId({ rule: silence.plan.rule.id, device: memory.id, onset: interval.onset }, 0),
    interval,
    coop: source.coop,
    site: source.site,
    known: at,
    raised: interval.end === null,
    savedWorst: null,
    savedAt: interval.onset,
  });
}

/** The same, with ids that no other alert bears. */
async function named(
  change: Change,
  intervals: readonly Interval[],
  alerts: AlertReader,
): Promise<OpenAlert[]> {
  const proposals = intervals.map(proposed(change));
  for (const proposal of proposals) {
    const { id: rule } = change.silence.plan.rule;
    const { onset } = proposal.interval;
    proposal.id = await alerts.freeId({ rule, device: change.memory.id, onset });
  }
  return proposals;
}

/** Gives each silence its alert and tells what changed. */
function settle(
  { memory, silence, at, findings }: Change,
  alerts: readonly OpenAlert[],
  proposals: readonly OpenAlert[],
): void {
  const old = alerts.map((alert) => ({ ...alert.interval, alert }));
  const silences = proposals.map(({ interval }) => interval);
  const { rule } = silence.plan;
  for (const revision of matchAlerts(old, silences)) {
    const { interval } = revision;
    const before = revision.alert?.alert;
    const fresh = proposals.find((proposal) => proposal.interval === interval);
    const alert = before === undefined ? fresh : { ...before, ...(interval && { interval }) };
    if (alert === undefined) continue;
    const moved = before !== undefined && before.interval.onset !== interval?.onset;
    findings.add({
      alert,
      rule,
      levels: [{ severity: rule.severity, limit: silence.afterMs / 1000 }],
      device: memory.id,
      metric: rule.condition.metric ?? null,
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
