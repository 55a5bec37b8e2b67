import type { Quality } from '../contracts/observation.ts';
import type { LatestValue } from '../contracts/series.ts';
import { ByteWriter } from './byte-writer.ts';
import type { ApiOptions } from './context.ts';
import { isoWriter } from './instants.ts';

/** How an item ends. */
const ENDS: Readonly<Record<Quality, string>> = {
  good: ',"quality":"good"}',
  clock: ',"quality":"clock"}',
};

/** Items begin with the comma that parts them from the one before; the first has none. */
const COMMA_LENGTH = 1;

/** Where the buffer begins to grow from: the values of 250 devices with a dozen metrics. */
const BYTES_EXPECTED = 1024 * 1024;

/**
 * The answer of `/latest`, in UTF-8. Written by hand: 1,000 devices with 12 metrics are 12,000
 * items and 3 MB. What a device's values share, its tags and mostly its times, is made once, and
 * so is what the values of one metric share.
 */
export function latestJson(
  values: Iterable<LatestValue>,
  { kinds, registry, clock }: Pick<ApiOptions, 'kinds' | 'registry' | 'clock'>,
): Buffer {
  const startOf = startWriter(clock.now());
  const metricOf = metricWriter(kinds);
  const out = new ByteWriter(BYTES_EXPECTED);
  out.ascii('{"items":[');
  let first = true;
  let device: string | undefined;
  let listed = false;
  for (const value of values) {
    if (value.device !== device) {
      device = value.device;
      // Values outlive their device in memory for a moment, and in the store for ever.
      listed = registry.find(device)?.coop === value.coop;
    }
    if (!listed) continue;
    const start = startOf(value);
    out.bytes(first ? start.subarray(COMMA_LENGTH) : start);
    first = false;
    out.bytes(metricOf(value));
    out.ascii(value.value + ENDS[value.quality]);
  }
  out.ascii('],"next":null}');
  return out.finish();
}

/** Tags and times; a device's metrics mostly come from one report and share them all. */
function startWriter(now: number): (value: LatestValue) => Uint8Array {
  const iso = isoWriter();
  let last: LatestValue | undefined;
  let bytes: Uint8Array = Buffer.alloc(0);
  return (value) => {
    const same =
      last !== undefined &&
      value.device === last.device &&
      value.observedAt === last.observedAt &&
      value.receivedAt === last.receivedAt;
    if (same) return bytes;
    last = value;
    const tags = JSON.stringify({
      device: value.device,
      site: value.site,
      coop: value.coop,
      kind: value.kind,
      observedAt: iso(value.observedAt),
      receivedAt: iso(value.receivedAt),
      ageSeconds: Math.max(0, Math.round((now - value.observedAt) / 1_000)),
    });
    bytes = Buffer.from(`,${tags.slice(0, -1)},`);
    return bytes;
  };
}

/** The name and unit of a metric, up to where its value goes. */
function metricWriter(kinds: ApiOptions['kinds']): (value: LatestValue) => Uint8Array {
  const byKind = new Map<string, Map<string, Uint8Array>>();
  return ({ kind, metric }) => {
    let starts = byKind.get(kind);
    if (starts === undefined) {
      starts = new Map();
      byKind.set(kind, starts);
    }
    let start = starts.get(metric);
    if (start === undefined) {
      const unit = kinds.get(kind)?.metrics.find(({ name }) => name === metric)?.unit ?? null;
      start = Buffer.from(`${JSON.stringify({ metric, unit }).slice(1, -1)},"value":`);
      starts.set(metric, start);
    }
    return start;
  };
}
