import { expect, test } from 'vitest';
import { matchAlerts } from '#src/rules/revise';

/** Alerts and intervals as `onset-end` words; `…` lasts. Each revision as `alert → interval`. */
function match(alerts: string, intervals: string): string[] {
  const parse = (text: string): { onset: number; end: number | null }[] =>
    text
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => word.split('-'))
      .map(([onset, end]) => ({ onset: Number(onset), end: end === '…' ? null : Number(end) }));
  const say = (each: { onset: number; end: number | null } | null | undefined): string =>
    each ? `${each.onset}-${each.end ?? '…'}` : 'none';
  const wanted = parse(intervals).map((each) => ({
    ...each,
    worst: null,
    samples: [],
    severities: [],
  }));
  return matchAlerts(parse(alerts), wanted).map(
    ({ alert, interval }) => `${say(alert)} → ${say(interval)}`,
  );
}

const cases: [what: string, alerts: string, intervals: string, revisions: string[]][] = [
  ['the same stays the same', '1-5 8-…', '1-5 8-…', ['1-5 → 1-5', '8-… → 8-…']],
  ['a moved interval keeps its alert', '3-9', '1-7', ['3-9 → 1-7']],
  ['a split leaves the alert on the first part', '1-9', '1-3 5-9', ['1-9 → 1-3', 'none → 5-9']],
  ['a join keeps the earlier alert', '1-3 5-9', '1-9', ['1-3 → 1-9', '5-9 → none']],
  ['touching is not sharing time', '1-3', '3-5', ['none → 3-5', '1-3 → none']],
  ['a new interval needs a new alert', '', '1-3', ['none → 1-3']],
  ['what was withdrawn stays so', '4-4', '1-9', ['none → 1-9']],
  ['what was withdrawn comes back where it began', '4-4', '4-9', ['4-4 → 4-9']],
];
for (const [what, alerts, intervals, revisions] of cases) {
  test(what, () => expect(match(alerts, intervals)).toEqual(revisions));
}
