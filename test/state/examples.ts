import { createHash } from 'node:crypto';
import type { Alert } from '#src/contracts/alert';
import type { Delivery } from '#src/contracts/notify';
import type { Rejection } from '#src/contracts/observation';
import type { Person } from '#src/contracts/people';
import type { Rule } from '#src/contracts/rule';
import type { Device, Repositories, Site } from '#src/contracts/state';

/** Valid things to start from; each takes what a test wants different. */

export function siteOf(change: Partial<Site> = {}): Site {
  return {
    id: 'ao-1',
    coop: 'an-binh',
    kind: 'pond',
    name: 'Ao số 1',
    location: { type: 'Point', coordinates: [105.5, 9.8] },
    areaHa: 0.35,
    crop: null,
    species: 'Litopenaeus vannamei',
    startedOn: null,
    ...change,
  };
}

export function deviceOf(change: Partial<Device> = {}): Device {
  return {
    id: 'd-1',
    coop: 'an-binh',
    site: null,
    kind: 'pond-sensor',
    name: null,
    intervalSeconds: null,
    tags: [],
    gateway: null,
    createdAt: 1_000,
    ...change,
  };
}

export function hashOf(secret: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(secret).digest());
}

export function bytesOf(secret: string): Uint8Array {
  return new TextEncoder().encode(secret);
}

/** Two cooperatives, a site in each. */
export async function settle(state: Repositories): Promise<void> {
  for (const id of ['an-binh', 'phu-my']) {
    await state.coops.create({ id, name: `Hợp tác xã ${id}` });
    await state.sites.create(siteOf({ id: `${id}-site`, coop: id }));
  }
}

const text = { vi: 'một', en: 'one', fr: 'un' };

export function ruleOf(change: Partial<Rule> = {}): Rule {
  return {
    id: 'pond-oxygen-low',
    version: 1,
    enabled: true,
    kind: 'pond-sensor',
    title: text,
    severity: 'critical',
    scope: {},
    condition: { type: 'absence', afterSeconds: 900 },
    source: { text: 'Boyd 1998', evidence: 'V' },
    advice: { vi: ['Bật quạt'], en: ['Aerate'], fr: ['Aérer'] },
    ...change,
  };
}

export function alertOf(change: Partial<Alert> = {}): Alert {
  const rule = ruleOf();
  return {
    id: 'a-1',
    rule: rule.id,
    ruleVersion: 1,
    coop: 'an-binh',
    site: null,
    device: 'd-1',
    severity: 'critical',
    severities: [{ time: 1_000, severity: 'critical' }],
    state: 'open',
    onset: 1_000,
    known: 1_100,
    end: null,
    revision: 0,
    evidence: {
      metric: 'dissolved_oxygen',
      unit: 'mg/L',
      limit: 3,
      worst: 2.1,
      samples: [{ time: 1_000, value: 2.1 }],
      source: rule.source,
    },
    title: rule.title,
    advice: rule.advice,
    advises: 'act',
    cause: null,
    quiet: null,
    shelf: null,
    assignee: null,
    timeline: [{ at: 1_100, event: 'raised', who: null, note: null }],
    ...change,
  };
}

export function rejectionOf(change: Partial<Rejection> = {}): Rejection {
  return {
    source: { coop: 'an-binh', site: null, device: 'd-1', kind: 'pond-sensor' },
    offset: 0,
    index: 0,
    part: 0,
    metric: 'ph',
    code: 'OUT_OF_RANGE',
    reason: 'ph 19 is outside 0 to 14',
    sequence: null,
    count: 1,
    receivedAt: 1_000,
    excerpt: '{"values":{"ph":19}}',
    ...change,
  };
}

export function personOf(change: Partial<Person> = {}): Person {
  return {
    id: 'ba',
    name: 'Anh Ba',
    coops: ['an-binh'],
    language: 'vi',
    contacts: [{ channel: 'console', address: '' }],
    policy: { minimum: 'info', sites: null, quietHours: null, digestAt: null, perHour: 60 },
    active: true,
    createdAt: 1_000,
    ...change,
  };
}

export function deliveryOf(change: Partial<Delivery> = {}): Delivery {
  return {
    id: 'm-1',
    coop: 'an-binh',
    person: 'ba',
    alert: 'a-1',
    event: 'raised',
    severity: 'critical',
    step: 0,
    digest: null,
    state: 'sent',
    createdAt: 1_000,
    dueAt: 1_000,
    held: false,
    attempts: 1,
    contact: 0,
    refused: [],
    channel: 'console',
    answer: 'printed',
    reason: null,
    finishedAt: 1_500,
    ...change,
  };
}
