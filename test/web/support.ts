import type { WireAlert, WireDevice, WireKind } from '../../web/src/api/types.ts';
import { type Farm, readFarm, type WireFarm } from '../../web/src/domain/farm.ts';

/** An hour to count from: 22/11/2026 12:00 in Vietnam. */
export const NOON = Date.parse('2026-11-22T05:00:00Z');
export const MINUTE_MS = 60_000;

export const iso = (ms: number): string => new Date(ms).toISOString();

const text = (word: string) => ({ vi: word, en: word, fr: word });

export const probe: WireKind = {
  name: 'probe',
  title: text('Probe'),
  siteKind: 'pond',
  intervalSeconds: 300,
  metrics: [
    {
      name: 'oxygen',
      label: text('Oxygen'),
      unit: 'mg/L',
      min: 0,
      max: 25,
      decimals: 2,
      shape: 'gauge',
      safe: { min: 4 },
    },
    {
      name: 'acidity',
      label: text('Acidity'),
      unit: '[pH]',
      min: 0,
      max: 14,
      decimals: 1,
      shape: 'gauge',
      safe: { min: 7.5, max: 8.5 },
    },
    {
      name: 'caught',
      label: text('Caught'),
      unit: '1',
      min: 0,
      max: 1e6,
      decimals: 0,
      shape: 'count',
    },
  ],
};

export function device(id: string, more: Partial<WireDevice> = {}): WireDevice {
  return { id, coop: 'c', site: null, kind: 'probe', createdAt: iso(NOON - 1e9), ...more };
}

export function alert(id: string, more: Partial<WireAlert> = {}): WireAlert {
  return {
    id,
    rule: 'low',
    coop: 'c',
    site: null,
    device: 'd1',
    severity: 'critical',
    state: 'open',
    onset: iso(NOON - 10 * MINUTE_MS),
    known: iso(NOON - 10 * MINUTE_MS),
    end: null,
    revision: 1,
    evidence: {
      metric: 'oxygen',
      unit: 'mg/L',
      limit: 3,
      worst: 2.1,
      samples: [],
      source: { text: 'a book', evidence: 'V' },
    },
    title: text('Low'),
    advice: { vi: ['bật quạt'], en: ['aerate'], fr: ['aérer'] },
    timeline: [],
    ...more,
  };
}

export function latest(deviceId: string, metric: string, value: number, ageMs = 0) {
  return { device: deviceId, metric, value, observedAt: iso(NOON - ageMs) };
}

export function farmOf(parts: Partial<WireFarm>): Farm {
  return readFarm({
    kinds: [probe],
    coops: [{ id: 'c', name: 'C' }],
    sites: [],
    devices: [],
    latest: [],
    alerts: [],
    ...parts,
  });
}
