import { dayFaults, spanFaults, unknownMetric } from './condition-faults.ts';
import type { DerivedMetric } from './derived.ts';
import type { RuleFault, RuleGround } from './rule-faults.ts';

/** The faults of a kind's derived metric, its name and range apart. */
export function* derivedFaults(
  { inputs, window, source }: DerivedMetric,
  { name, metrics }: Pick<RuleGround, 'name' | 'metrics'>,
): Iterable<RuleFault> {
  const names = metrics.map((metric) => metric.name);
  if (inputs.length === 0) {
    const hint = 'Name the observed metrics it reads.';
    yield { field: 'inputs', why: 'it reads nothing', hint };
  }
  for (const [index, { metric, maxAgeSeconds }] of inputs.entries()) {
    const path = `inputs.${index}`;
    if (!names.includes(metric)) yield unknownMetric(`${path}.metric`, metric, { name, names });
    if (inputs.findIndex((input) => input.metric === metric) !== index) {
      const hint = 'Name each input once.';
      yield { field: `${path}.metric`, why: `it reads ${metric} twice`, hint };
    }
    yield* spanFaults(`${path}.maxAgeSeconds`, maxAgeSeconds, {});
    if (index === 0 && maxAgeSeconds !== 0) {
      const hint = 'The first input drives: it is there or there is no value.';
      yield { field: `${path}.maxAgeSeconds`, why: 'the first input has an age', hint };
    }
  }
  if (window !== undefined && 'days' in window) yield* dayFaults('window', window);
  if (window !== undefined && 'seconds' in window) {
    yield* spanFaults('window.seconds', window.seconds, { positive: true, window: true });
  }
  if (source.trim() === '') {
    yield { field: 'source', why: 'it has no source', hint: 'Name the equation and its source.' };
  }
}
