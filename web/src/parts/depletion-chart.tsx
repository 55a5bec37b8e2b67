import type { JSX } from 'preact';
import type { WireBalanceRow } from '../api/plant-types.ts';
import { CHART_HEIGHT, CHART_WIDTH, depletionPicture } from '../domain/depletion.ts';
import { format } from '../state/language.ts';
import { plantTexts } from '../state/plant-texts.ts';

function dayText(day: string): string {
  return format.value.dayMonth(Date.parse(`${day}T00:00:00+07:00`));
}

/** Missing water against what may be missing, day by day. */
export function DepletionChart(props: { rows: readonly WireBalanceRow[] }): JSX.Element | null {
  const picture = depletionPicture(props.rows);
  const last = props.rows.findLast(({ isForecast }) => !isForecast) ?? props.rows.at(-1);
  if (picture === null || last === undefined) return null;
  const words = plantTexts.value.water;
  const mm = (value: number): string => format.value.quantity(value, 1, 'mm');
  return (
    <figure class="depletion">
      <figcaption class="entry-label">{words.chart}</figcaption>
      <svg
        viewBox={`0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`}
        role="img"
        aria-label={words.chartText(dayText(last.day), mm(last.depletion), mm(last.raw))}
      >
        {picture.ticks.map(({ y, mm: value }) => (
          <g key={y}>
            <path class="grid" d={`M34 ${y}H${CHART_WIDTH}`} />
            <text x="30" y={y + 5} text-anchor="end">
              {format.value.number(value, 0)}
            </text>
          </g>
        ))}
        {picture.bars.map((bar) => (
          <rect key={bar.x} class="rain" {...bar} />
        ))}
        <path class="limit" d={picture.limit} />
        <path class="missing" d={picture.measured} />
        <path class="missing forecast" d={picture.forecast} />
        <text x="34" y={CHART_HEIGHT - 4}>
          {dayText(picture.firstDay)}
        </text>
        <text x={CHART_WIDTH} y={CHART_HEIGHT - 4} text-anchor="end">
          {dayText(picture.lastDay)}
        </text>
      </svg>
      <ul class="depletion-keys">
        <li class="key-missing">
          {words.depletion} ({words.forecast})
        </li>
        <li class="key-limit">{words.limit}</li>
        <li class="key-rain">{words.rain}</li>
      </ul>
    </figure>
  );
}
