import type { JSX } from 'preact';
import type { Metric } from '../domain/farm.ts';
import { unitSymbol } from '../domain/format.ts';
import { format, texts } from '../state/language.ts';

/** A value with its unit; a switch says on or off. */
export function Quantity(props: { value: number; metric: Metric }): JSX.Element {
  const { value, metric } = props;
  if (metric.shape === 'state') {
    const { on, off } = texts.value.card;
    return <span class="quantity quantity-word">{value >= 0.5 ? on : off}</span>;
  }
  const unit = unitSymbol(metric.unit);
  return (
    <span class="quantity">
      <span class="quantity-number">{format.value.number(value, metric.decimals)}</span>
      {unit !== '' && <span class="quantity-unit">{`\u00a0${unit}`}</span>}
    </span>
  );
}
