import type { JSX } from 'preact';
import type { Test, ThresholdCondition, WireRule } from '../api/work-types.ts';
import type { Metric } from '../domain/farm.ts';
import { levelsOf, testsOf } from '../domain/rule-lines.ts';
import { farm } from '../state/farm.ts';
import { format, local, texts } from '../state/language.ts';
import { workTexts } from '../state/work-texts.ts';

const SECOND_MS = 1_000;
/** A limit may be finer than what the sensor tells apart. */
const DECIMALS_MAX = 4;

type Leaf = Pick<ThresholdCondition | Extract<Test, { type: 'test' }>, 'metric' | 'view'>;

function metricOfKind(kind: string, name: string): Metric | undefined {
  const known = farm.value.kinds.get(kind);
  const isIt = (metric: Metric): boolean => metric.name === name;
  return known?.metrics.find(isIt) ?? known?.derived.find(isIt);
}

/** A number with as many digits as it was written with. */
export function exact(value: number): string {
  const [, digits = ''] = String(Number(value.toFixed(DECIMALS_MAX))).split('.');
  return format.value.number(value, digits.length);
}

function quantity(kind: string, { metric, view }: Leaf, value: number): string {
  // A view such as a flag or a rate has another unit than its metric.
  const own = view === undefined || view.type === 'rolling' || view.type === 'minus';
  const unit = own ? metricOfKind(kind, metric)?.unit : null;
  const [, digits = ''] = String(Number(value.toFixed(DECIMALS_MAX))).split('.');
  return format.value.quantity(value, digits.length, unit);
}

function signalText(kind: string, { metric, view }: Leaf): string {
  const known = metricOfKind(kind, metric);
  const label = known === undefined ? metric : local(known.label);
  return view === undefined ? label : `${label}, ${workTexts.value.rules.views[view.type]}`;
}

function lasting(seconds: number): string {
  if (seconds === 0) return '';
  return `, ${workTexts.value.rules.holdsFor} ${format.value.duration(seconds * SECOND_MS)}`;
}

function Threshold(props: { rule: WireRule; condition: ThresholdCondition; brief: boolean }) {
  const { rule, condition, brief } = props;
  const words = workTexts.value.rules;
  const levels = levelsOf(rule.severity, condition);
  const say = (value: number): string => quantity(rule.kind, condition, value);
  if (brief) {
    return (
      <span class="soft">
        {signalText(rule.kind, condition)} {words[condition.beyond]}{' '}
        {levels.map(({ limit }) => say(limit)).join(' · ')}
      </span>
    );
  }
  return (
    <div>
      <p class="entry-label">{signalText(rule.kind, condition)}</p>
      <ul class="plain-list">
        {levels.map((level) => (
          <li key={level.severity}>
            <strong>{texts.value.severity[level.severity]}</strong>: {words[condition.beyond]}{' '}
            {say(level.limit)}
            {lasting(level.forSeconds)} · {words.clearsAt} {say(level.clear)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What a rule asks, in words. */
export function ConditionText(props: { rule: WireRule; brief?: boolean }): JSX.Element {
  const { rule, brief = false } = props;
  const { condition, kind } = rule;
  const words = workTexts.value.rules;
  if (condition.type === 'threshold') {
    return <Threshold rule={rule} condition={condition} brief={brief} />;
  }
  if (condition.type === 'absence') {
    const { afterSeconds } = condition;
    const after = afterSeconds === null ? null : format.value.duration(afterSeconds * SECOND_MS);
    return (
      <span class="soft">{after === null ? words.silentThree : `${words.silentFor} ${after}`}</span>
    );
  }
  const tests = testsOf(condition).map(
    (test) => `${signalText(kind, test)} ${words[test.beyond]} ${quantity(kind, test, test.limit)}`,
  );
  if (brief) return <span class="soft">{tests.join('; ')}</span>;
  return (
    <div>
      <p class="entry-label">{condition.type === 'all' ? words.several : words.severalAny}</p>
      <ul class="plain-list">
        {tests.map((test) => (
          <li key={test}>{test}</li>
        ))}
      </ul>
      <p class="soft">
        {words.holdsFor} {format.value.duration(condition.forSeconds * SECOND_MS)}
      </p>
    </div>
  );
}
