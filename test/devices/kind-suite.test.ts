import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readValues } from '#simulators/report';
import { seedOf } from '#simulators/worlds/chance';
import { createWorld } from '#simulators/worlds/world';
import { discoverFolders, programDir } from '#src/base/discovery';
import { CLOCK_FAULT } from '#src/contracts/clock-fault';
import type { DeviceKind } from '#src/contracts/device-kind';
import type { Localized } from '#src/contracts/localized';
import type { Rule, Test } from '#src/contracts/rule';

const sourceDir = fileURLToPath(new URL('../../devices/', import.meta.url));
const kinds = await discoverFolders<DeviceKind>(path.join(programDir, 'devices'), 'kind');

/** UCUM codes we use (essence 2.2): those of the field, and the base units they are made of. */
const UNITS = new Set(
  (
    '1 % mg/L Cel [pH] mV V A h uS/cm mS/cm dS/m S/m g/kg [ppth] {count} {count}/d {count}/{tiller} {count}/{hill} {count}/{plant} {count}/{trap} 1/d 1/m2 cm m ' +
    'mm mm/h mm/d L m3 L/min L/h m3/h kPa atm bar mbar m/s W/m2 MJ/m2/d K.d meq/L [NTU] [FNU] m2 har'
  ).split(' '),
);
const REJECTION_CODES = new Set(
  (
    'NOT_JSON NOT_A_REPORT TOO_MANY_REPORTS TOO_MANY_VALUES NO_VALUES UNKNOWN_METRIC NOT_A_NUMBER ' +
    'OUT_OF_RANGE BAD_TIME BAD_SEQUENCE CLOCK_OUTSIDE UNKNOWN_MEMBER'
  ).split(' '),
);
/** What fits on two lines of a cheap phone. */
const STEP_LENGTH_MAX = 100;
const HOUR_MS = 3_600_000;
const noon = Date.UTC(2026, 10, 22, 5);

function isText({ vi, en, fr }: Localized): boolean {
  return [vi, en, fr].every((text) => text.trim() === text && text.length > 0);
}

/** The metrics a condition reads. */
function metricsOf(condition: Rule['condition'] | Test): string[] {
  if ('of' in condition) return condition.of.flatMap(metricsOf);
  return condition.metric === undefined ? [] : [condition.metric];
}

/** Values as the simulated device reports them for two days, at its own interval. */
function twoDays(kind: DeviceKind, device: string): Array<Record<string, number>> {
  const world = createWorld(7);
  const reports: Array<Record<string, number>> = [];
  const { intervalSeconds } = kind;
  for (let time = noon - 48 * HOUR_MS; time < noon; time += intervalSeconds * 1000) {
    const values = readValues(kind, { world, seed: seedOf(device), time, intervalSeconds });
    if (values !== null) reports.push(values);
  }
  return reports;
}

test('there are kinds, and no two share an id prefix or a rule id', () => {
  expect(kinds.size).toBeGreaterThanOrEqual(3);
  const prefixes = [...kinds.values()].map((kind) => kind.simulator.idPrefix);
  expect(new Set(prefixes).size).toBe(prefixes.length);
  const rules = [...kinds.values()].flatMap((kind) => kind.rules.map((rule) => rule.id));
  expect(new Set(rules).size).toBe(rules.length);
});

describe.each([...kinds])('kind %s', (folder, kind) => {
  test('is named like its folder and titled in three languages', () => {
    expect(kind.name).toBe(folder);
    expect(isText(kind.title)).toBe(true);
    expect(existsSync(path.join(sourceDir, folder, 'README.md'))).toBe(true);
  });

  test('metrics have labels in three languages, known units and ranges', () => {
    for (const metric of kind.metrics) {
      expect(isText(metric.label), metric.name).toBe(true);
      expect(UNITS, metric.name).toContain(metric.unit);
      expect(metric.min, metric.name).toBeLessThan(metric.max);
    }
  });

  test('derived metrics have labels, units, a range and their equation with its source', () => {
    for (const metric of kind.derived ?? []) {
      expect(isText(metric.label), metric.name).toBe(true);
      expect(UNITS, metric.name).toContain(metric.unit);
      expect(metric.source.length, metric.name).toBeGreaterThan(20);
    }
  });

  test('rules read a metric of the kind, name their source and advise in few words', () => {
    const metrics = [...kind.metrics, ...(kind.derived ?? []), CLOCK_FAULT];
    const names = metrics.map((metric) => metric.name);
    for (const rule of kind.rules) {
      expect(rule.id).toMatch(/^[a-z][a-z0-9-]+$/);
      expect(names, rule.id).toEqual(expect.arrayContaining(metricsOf(rule.condition)));
      expect(rule.source.text.length, rule.id).toBeGreaterThan(20);
      expect(isText(rule.title), rule.id).toBe(true);
      // Vietnamese typed without its marks is another language.
      expect(rule.advice.vi.join(' '), rule.id).toMatch(/[ăâđêôơưạảấầệọộờ]/i);
      for (const steps of Object.values(rule.advice)) {
        for (const step of steps) {
          expect(step.length, step).toBeLessThanOrEqual(STEP_LENGTH_MAX);
          expect(step, step).toMatch(/[.]$/);
        }
      }
    }
  });

  test('numbers nobody has verified stand disabled', () => {
    for (const rule of kind.rules) {
      if (rule.source.evidence === 'U') expect(rule.enabled, rule.id).toBe(false);
    }
  });

  test('the README lists each rule with its severity and the evidence for it', () => {
    const text = readFileSync(path.join(sourceDir, folder, 'README.md'), 'utf8');
    const rows = text.split('\n').filter((line) => /^\| `[a-z]+-[a-z0-9-]+` \|/.test(line));
    const told = rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1]);
    expect(told.sort()).toEqual(kind.rules.map(({ id }) => id).sort());
    for (const { id, severity, source, enabled } of kind.rules) {
      const row = rows.find((one) => one.startsWith(`| \`${id}\` |`)) ?? '';
      expect(row, id).toContain(severity);
      expect(row, id).toContain(`[${source.evidence}]`);
      expect(row.includes('**disabled**'), id).toBe(!enabled);
    }
  });

  test('silence is noticed', () => {
    const absences = kind.rules.filter(
      ({ condition }) => condition.type === 'absence' && condition.metric === undefined,
    );
    expect(absences.map((rule) => rule.enabled)).toEqual([true]);
  });

  test('what a trap caught only ever sends someone to look', () => {
    const counts = new Set(
      kind.metrics.filter(({ unit }) => unit === '{count}').map(({ name }) => name),
    );
    for (const { name, inputs } of kind.derived ?? []) {
      if (counts.has(inputs[0]?.metric ?? '')) counts.add(name);
    }
    for (const rule of kind.rules) {
      if (rule.advises === 'treat') expect(kind.fieldCounts, rule.id).toBe(true);
      if (!metricsOf(rule.condition).some((metric) => counts.has(metric))) continue;
      expect(rule.severity, rule.id).not.toBe('critical');
      expect(rule.id, rule.id).toMatch(/-scout$/);
      expect(rule.advises, rule.id).toBe('scout');
      expect(rule.advice.en.join(' '), rule.id).toContain('Do not spray');
    }
  });

  test('two simulated days use every metric and lie inside the ranges', () => {
    const seen = new Set<string>();
    for (const device of ['one', 'two', 'three', 'four']) {
      for (const values of twoDays(kind, device)) {
        for (const [name, value] of Object.entries(values)) {
          const metric = kind.metrics.find((one) => one.name === name);
          expect(metric, name).toBeDefined();
          if (metric === undefined) continue;
          seen.add(name);
          if (value >= metric.min && value <= metric.max) continue;
          expect.fail(`${name} reads ${value}`);
        }
      }
    }
    expect([...seen].sort()).toEqual(kind.metrics.map((metric) => metric.name).sort());
  });

  test('simulated values are the same each time they are asked for', () => {
    expect(twoDays(kind, 'one')).toEqual(twoDays(kind, 'one'));
    expect(twoDays(kind, 'one')).not.toEqual(twoDays(kind, 'two'));
  });

  test('golden cases have a report and what becomes of it', () => {
    const cases = readdirSync(path.join(sourceDir, folder, 'cases'));
    expect(cases.length).toBeGreaterThanOrEqual(3);
    for (const name of cases) {
      const read = (file: string): Record<string, unknown> =>
        JSON.parse(readFileSync(path.join(sourceDir, folder, 'cases', name, file), 'utf8'));
      const report = read('report.json');
      const expected = read('expected.json') as {
        observations: Array<{ observedAt: string; values: Record<string, number> }>;
        rejections: Array<{ code: string }>;
      };
      expect(Number.isNaN(Date.parse(String(report['receivedAt']))), name).toBe(false);
      expect(report['payload'], name).toBeDefined();
      expect(expected.observations.length + expected.rejections.length, name).toBeGreaterThan(0);
      for (const { code } of expected.rejections) expect(REJECTION_CODES, name).toContain(code);
      for (const { observedAt, values } of expected.observations) {
        expect(new Date(observedAt).toISOString(), name).toBe(observedAt);
        const known = kind.metrics.map((metric) => metric.name);
        expect(known, name).toEqual(expect.arrayContaining(Object.keys(values)));
      }
    }
  });
});
