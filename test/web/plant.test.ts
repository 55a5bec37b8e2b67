import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { reasonText } from '#src/irrigation/words/reason-text';
import type { WireActuatorView, WireCommand } from '../../web/src/api/plant-types.ts';
import { depletionPicture } from '../../web/src/domain/depletion.ts';
import { createFormat } from '../../web/src/domain/format.ts';
import { countdown, evidenceOf, lengthsUpTo } from '../../web/src/domain/plant.ts';
import { previewDays, readTimes } from '../../web/src/domain/programme-days.ts';
import { PLANT_DICTIONARIES } from '../../web/src/i18n/plant/languages.ts';
import { iso, MINUTE_MS, NOON } from './support.ts';

const source = fileURLToPath(new URL('../../src/', import.meta.url));
const proof = { device: 'v', metric: 'flow_rate', value: 18.4, at: iso(NOON) };
const expected = { min: 5, max: 30 };

function start(part: Partial<WireCommand>): WireCommand {
  return {
    ...{ id: 'c1', device: 'v', coop: 'c', site: null, action: 'open', to: 'on' },
    ...{ maxSeconds: 600, notAfter: iso(NOON), sequence: 1, owner: 'lan', why: null },
    source: { type: 'person', name: 'lan', id: null },
    ...{ state: 'effective', reason: null, createdAt: iso(NOON), sentAt: iso(NOON), attempts: 1 },
    ...{ grantedSeconds: 600, startedAt: iso(NOON), endedAt: null, before: 'off' },
    ...{ proof: { ...proof, expected }, compensates: null, timeline: [] },
    ...part,
  } as WireCommand;
}

function view(part: Partial<WireActuatorView['state']>): Pick<WireActuatorView, 'state'> {
  const lease = { command: 'c1', from: iso(NOON), until: iso(NOON + 600_000) };
  return {
    state: {
      ...{
        position: 'on',
        since: iso(NOON),
        lease: { ...lease, grantedSeconds: 600, owner: 'lan' },
      },
      ...part,
    } as WireActuatorView['state'],
  };
}

describe('what the page claims of a position', () => {
  it('is no more than the command of the run has proven', () => {
    expect(evidenceOf(view({}), [start({})]).word).toBe('proven');
    expect(evidenceOf(view({}), [start({ state: 'unproven', proof: null })]).word).toBe('said');
    expect(evidenceOf(view({}), [start({ state: 'running', proof: null })]).word).toBe('awaited');
    expect(evidenceOf(view({}), [start({ state: 'contradicted' })]).word).toBe('against');
    expect(evidenceOf(view({}), []).word).toBe('said');
    expect(evidenceOf(view({ position: 'unknown' }), [start({})]).word).toBe('unknown');
  });

  it('takes no proof of an earlier run for the one that lasts', () => {
    expect(evidenceOf(view({}), [start({ id: 'c0' })]).word).toBe('said');
    expect(evidenceOf(view({ lease: null }), [start({})]).word).toBe('said');
  });

  it('calls closed proven only after a stop that was proven, and only until it moved again', () => {
    const stop = start({ id: 'c2', to: 'off', createdAt: iso(NOON + MINUTE_MS) });
    const off = view({ position: 'off', lease: null });
    expect(evidenceOf(off, [start({}), stop]).word).toBe('proven');
    expect(evidenceOf(off, [start({ endedAt: iso(NOON) })]).word).toBe('said');
    const later = view({ position: 'off', lease: null, since: iso(NOON + 60 * MINUTE_MS) });
    expect(evidenceOf(later, [start({}), stop]).word).toBe('said');
  });
});

describe('times of the plant', () => {
  it('count down to zero and never below', () => {
    expect(countdown(750_000)).toBe('12:30');
    expect(countdown(3_900_000)).toBe('1:05:00');
    expect(countdown(9_000)).toBe('0:09');
    expect(countdown(-5)).toBe('0:00');
  });

  it('offer no run longer than the cap', () => {
    for (const most of [20, 60, 900, 1_000, 43_200]) {
      const lengths = lengthsUpTo(most);
      expect(Math.max(...lengths)).toBe(most);
      expect(new Set(lengths).size).toBe(lengths.length);
    }
  });

  it('are read as people type them', () => {
    expect(readTimes('5:00, 17.30')).toEqual(['05:00', '17:30']);
    expect(readTimes('5h05;23:59')).toEqual(['05:05', '23:59']);
    expect(readTimes('25:00')).toBeNull();
    expect(readTimes('')).toBeNull();
    expect(readTimes('05:00, soon')).toBeNull();
  });

  it('put each run on its local day, and show days without one', () => {
    // 23:30 UTC is 06:30 of the next day in Vietnam.
    const run = { at: '2026-11-22T23:30:00Z', pieces: [] } as never;
    const days = previewDays([run], NOON, 3);
    expect(days.map(({ runs }) => runs.length)).toEqual([0, 1, 0]);
    expect(iso(days[1]?.at ?? 0)).toBe('2026-11-22T17:00:00.000Z');
  });
});

/** Every code of a reason in a folder, as it is written there. */
function codesOf(folder: string): Set<string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const found = files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const text = readFileSync(path.join(folder, name), 'utf8');
      const calls = text.matchAll(/\b(?:reason|say|unknown)\(\s*'([a-z0-9-]+)'/g);
      const literals = text.matchAll(
        /\bcode: (?:[^'\n]*\? )?'([a-z0-9-]+)'(?: : '([a-z0-9-]+)')?/g,
      );
      return [...calls, ...literals].flatMap(([, first, second]) => [first, second]);
    });
  return new Set(found.filter((code) => code !== undefined));
}

describe('the words of a reasoning', () => {
  const codes = codesOf(path.join(source, 'irrigation'));
  // Decisions, and what a command came to, have words of their own.
  for (const other of ['start', 'none', 'contradicted', 'refused']) codes.delete(other);

  it('know every code that irrigation and aeration give', () => {
    expect(codes.size).toBeGreaterThan(40);
    for (const { reasons } of Object.values(PLANT_DICTIONARIES)) {
      expect([...codes].filter((code) => reasons[code] === undefined)).toEqual([]);
    }
  });

  it('know why dawn is not projected', () => {
    const texts = ['dawn-oxygen.ts', 'night-oxygen.ts'].map((name) =>
      readFileSync(path.join(source, 'water', name), 'utf8'),
    );
    const types = texts.flatMap((text) => [
      ...(/type NoProjection =([^;]*);/.exec(text)?.[1] ?? '').matchAll(/'([a-z-]+)'/g),
      ...[...text.matchAll(/reason: NoProjection \|([^}]*)}/g)].flatMap((match) => [
        ...(match[1] ?? '').matchAll(/'([a-z-]+)'/g),
      ]),
    ]);
    const whys = types.map((match) => match[1] ?? '');
    expect(whys.length).toBeGreaterThan(7);
    for (const { noProjection } of Object.values(PLANT_DICTIONARIES)) {
      expect(whys.filter((why) => noProjection[why] === undefined)).toEqual([]);
    }
  });

  it('have the same gaps in each language', () => {
    const gaps = (text = ''): string[] =>
      [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();
    const { vi, en, fr } = PLANT_DICTIONARIES;
    for (const [code, text] of Object.entries(en.reasons)) {
      expect({ code, gaps: gaps(vi.reasons[code]) }).toEqual({ code, gaps: gaps(text) });
      expect({ code, gaps: gaps(fr.reasons[code]) }).toEqual({ code, gaps: gaps(text) });
    }
  });

  it('put numbers, names and what is not known into the gaps', () => {
    const sense = {
      words: PLANT_DICTIONARIES.vi,
      format: createFormat('vi'),
      nameOf: (id: string) => (id === 'v-1' ? 'Van 1' : id),
    };
    const say = (code: string, values: Record<string, number | string | null>): string =>
      reasonText({ code, values }, sense);
    expect(say('due', { net: 4.2 })).toBe('Vậy cần 4,2 mm.');
    expect(say('soil-moist', { device: 'v-1', percent: 41, limit: 35 })).toMatch(/^Van 1: .*41 %/);
    expect(say('not-yet-due', { dueOn: null })).toContain('chưa rõ');
    expect(say('zone-unusable', { device: 'v-1', why: 'ACTUATOR_STOPPED' })).toContain('khẩn cấp');
    expect(say('oxygen', { oxygen: 2.1, percent: null, minutes: 3 })).toBe(
      'Oxy 2,1 mg/L, 3 phút trước.',
    );
    expect(say('of-a-newer-server', {})).toBe('of-a-newer-server');
  });
});

describe('the picture of a water balance', () => {
  const row = (day: number, depletion: number, isForecast: boolean) =>
    ({ day: `2026-11-${day}`, depletion, raw: 10, rain: 0, irrigation: 0, isForecast }) as never;

  it('goes on from what was measured to what is forecast', () => {
    const picture = depletionPicture([row(20, 2, false), row(21, 6, false), row(22, 9, true)]);
    expect(picture?.measured.split(/[ML]/)).toHaveLength(3);
    expect(picture?.forecast.startsWith(`M${picture.measured.split('L').at(-1)}`)).toBe(true);
    expect(depletionPicture([row(20, 2, false)])).toBeNull();
  });
});
