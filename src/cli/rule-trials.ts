import type { Command } from 'commander';
import type { DryRunAnswer, DryRunFigures, RuleNoise } from '../contracts/rule-book.ts';
import { type ClientOptions, clientOf, withClient } from './common.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';
import { readRuleFile } from './rule-file.ts';

interface TestOptions extends ClientOptions {
  from?: string;
  to?: string;
  device?: string[];
}

/** On the wire times are texts, and remarks are in one language. */
interface AnsweredRun extends Omit<DryRunAnswer, 'from' | 'to' | 'intervals' | 'remarks'> {
  from: string;
  to: string;
  intervals: Array<{
    device: string;
    onset: string;
    end: string | null;
    severities: Array<{ time: string; severity: string }>;
    worst: number | null;
  }>;
  remarks: string[];
}

const DAY_MS = 86_400_000;
const MONTH_DAYS = 30;
/** More rows nobody reads on a terminal; `--json` has them. */
const ROWS_MAX = 20;

/** `sluice rules test`: what a rule would have found. */
export function addTest(rules: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    rules.command('test <file>').description('try a rule on history, beside the one in force'),
  )
    .option('--from <time>', `start, such as 2026-01-01; ${MONTH_DAYS} days before now without it`)
    .option('--to <time>', 'end, excluded; now without it')
    .option('--device <id...>', 'only these devices')
    .action(async (file: string, options: TestOptions) => {
      const rule = readRuleFile(file);
      const answer = await clientOf(options, surroundings).call<AnsweredRun>(
        'POST',
        '/rules/dry-run',
        {
          rule,
          from: options.from ?? Date.now() - MONTH_DAYS * DAY_MS,
          ...(options.to !== undefined && { to: options.to }),
          ...(options.device !== undefined && { devices: options.device }),
        },
      );
      if (options.json) return terminal.result(JSON.stringify(answer));
      const isMonth = options.from === undefined && options.to === undefined;
      terminal.result(runText(answer, isMonth));
      for (const remark of answer.remarks) terminal.note(remark);
    });
}

function runText(answer: AnsweredRun, isMonth: boolean): string {
  const { figures, current, devices, samples, intervals, more } = answer;
  const span = isMonth ? 'last month' : `from ${answer.from} to ${answer.to}`;
  const other = current === null ? '' : `; the current rule ${times(current.wakings)}`;
  const lines = [
    `It would have woken you ${times(figures.wakings)} ${span}${other}.`,
    '',
    figuresTable(figures, current),
    '',
    `${devices} devices, ${samples} values`,
  ];
  if (intervals.length === 0) return lines.join('\n');
  const rows = intervals
    .slice(0, ROWS_MAX)
    .map((one) => [
      one.device,
      one.onset,
      one.end ?? 'lasts',
      one.severities.map(({ severity }) => severity).join(' → '),
      one.worst === null ? '' : String(one.worst),
    ]);
  lines.push('', table(['device', 'from', 'to', 'severity', 'worst'], rows));
  const left = intervals.length - rows.length + more;
  if (left > 0) lines.push(`and ${left} more; --json lists the first ${intervals.length}`);
  return lines.join('\n');
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

const FIGURES: ReadonlyArray<readonly [string, (figures: DryRunFigures) => string]> = [
  ['alerts', ({ alerts }) => String(alerts)],
  ['notifications', ({ notifications }) => String(notifications)],
  ['wakings, 22:00 to 05:00', ({ wakings }) => String(wakings)],
  ['worst night', ({ worstNight }) => String(worstNight)],
  ['a night', ({ perNight }) => perNight.toFixed(2)],
  ['hours under alert', ({ seconds }) => (seconds / 3600).toFixed(1)],
];

function figuresTable(own: DryRunFigures, current: DryRunFigures | null): string {
  const rows = FIGURES.map(([what, of]) => [
    what,
    of(own),
    ...(current === null ? [] : [of(current)]),
  ]);
  return table(['', 'this rule', ...(current === null ? [] : ['current rule'])], rows);
}

interface NoiseOptions extends ClientOptions {
  from?: string;
  to?: string;
  coop?: string[];
}

/** `sluice rules noise`: how much each rule called, a week without saying when. */
export function addNoise(rules: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(rules.command('noise').description('how much each rule called, the noisiest first'))
    .option('--from <time>', 'start, such as 2026-11-16; a week before the end without it')
    .option('--to <time>', 'end, excluded; now without it')
    .option('--coop <id...>', 'only alerts of these cooperatives')
    .action(async (options: NoiseOptions) => {
      const query = new URLSearchParams();
      for (const name of ['from', 'to'] as const) {
        const value = options[name];
        if (value !== undefined) query.set(name, value);
      }
      for (const coop of options.coop ?? []) query.append('coop', coop);
      const report = await clientOf(options, surroundings).call<{
        from: string;
        to: string;
        items: RuleNoise[];
      }>('GET', `/rules/noise?${query}`);
      if (options.json) return terminal.result(JSON.stringify(report));
      const rows = report.items.map((one) => [
        one.rule,
        String(one.notifications),
        String(one.wakings),
        String(one.alerts),
        String(one.acknowledged),
        String(one.unanswered),
        String(one.flapping),
        one.medianSeconds === null ? '' : `${Math.round(one.medianSeconds / 60)} min`,
      ]);
      const headings = ['rule', 'calls', 'at night', 'alerts', 'acknowledged', 'unanswered'];
      terminal.note(`from ${report.from} to ${report.to}`);
      terminal.result(table([...headings, 'flapping', 'half last less than'], rows));
    });
}
