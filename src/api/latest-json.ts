import type { LatestValue } from '../contracts/series.ts';
import type { ApiOptions } from './context.ts';
import { isoWriter } from './instants.ts';

/**
 * The answer of `/latest`. Written by hand: 1,000 devices with 12 metrics are 12,000 items and
 * 2 MB of text. What repeats within a device, its tags and times, is made once.
 */
export function latestJson(
  values: Iterable<LatestValue>,
  { kinds, registry, clock }: Pick<ApiOptions, 'kinds' | 'registry' | 'clock'>,
): string {
  const now = clock.now();
  const times = timesWriter(now);
  const units = unitWriter(kinds);
  let text = '{"items":[';
  let separator = '';
  let device: string | undefined;
  let listed = false;
  let tags = '';
  for (const value of values) {
    if (value.device !== device) {
      device = value.device;
      // Values outlive their device in memory for a moment, and in the store for ever.
      listed = registry.find(device)?.coop === value.coop;
      tags = `{"device":${JSON.stringify(device)},"site":${JSON.stringify(value.site)},"coop":${JSON.stringify(value.coop)},"kind":${JSON.stringify(value.kind)},`;
    }
    if (!listed) continue;
    text += `${separator}${tags}${units(value.kind, value.metric)}${times(value)}"value":${value.value},"quality":"${value.quality}"}`;
    separator = ',';
  }
  return `${text}],"next":null}`;
}

/** The fields of time; a device's metrics mostly come from one report and share them. */
function timesWriter(now: number): (value: LatestValue) => string {
  const iso = isoWriter();
  let observedAt = Number.NaN;
  let receivedAt = Number.NaN;
  let text = '';
  return (value) => {
    if (value.observedAt !== observedAt || value.receivedAt !== receivedAt) {
      observedAt = value.observedAt;
      receivedAt = value.receivedAt;
      const age = Math.max(0, Math.round((now - observedAt) / 1_000));
      text = `"observedAt":"${iso(observedAt)}","receivedAt":"${iso(receivedAt)}","ageSeconds":${age},`;
    }
    return text;
  };
}

/** The fields `metric` and `unit`, the same for all devices of a kind. */
function unitWriter(kinds: ApiOptions['kinds']): (kind: string, metric: string) => string {
  const byKind = new Map<string, Map<string, string>>();
  return (kind, metric) => {
    let texts = byKind.get(kind);
    if (texts === undefined) {
      texts = new Map();
      byKind.set(kind, texts);
    }
    let text = texts.get(metric);
    if (text === undefined) {
      const unit = kinds.get(kind)?.metrics.find(({ name }) => name === metric)?.unit ?? null;
      text = `"metric":${JSON.stringify(metric)},"unit":${JSON.stringify(unit)},`;
      texts.set(metric, text);
    }
    return text;
  };
}
