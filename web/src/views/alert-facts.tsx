import type { JSX } from 'preact';
import { type BesideLine, besideLines } from '../domain/beside.ts';
import { type Alert, type Metric, metricOf, type Reading, worstOf } from '../domain/farm.ts';
import { isReadingStale } from '../domain/site-state.ts';
import { everyQuarter } from '../state/clock.ts';
import { farm } from '../state/farm.ts';
import { format, local, texts } from '../state/language.ts';

/** A value that no metric declares: what people can tell apart of most quantities. */
const DECIMALS_DEFAULT = 2;

function Fact(props: {
  term: string;
  children: JSX.Element | string;
  strong?: boolean;
}): JSX.Element {
  return (
    <div class="fact" data-strong={props.strong === true}>
      <dt>{props.term}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function isOld(deviceId: string, metric: Metric | undefined, reading: Reading): boolean {
  const device = farm.value.devices.get(deviceId);
  if (device === undefined || metric === undefined) return true;
  const { intervalSeconds } = device;
  return isReadingStale(reading, metric, { intervalSeconds, now: everyQuarter.value });
}

/** What it is about, how bad it is, and from where on it is. */
export function Facts(props: { alert: Alert }): JSX.Element | null {
  const { alert } = props;
  const words = texts.value.alerts;
  if (alert.metric === null) {
    return <p class="alert-silence">{words.silence(format.value.duration(alert.limit * 1000))}</p>;
  }
  const metric = metricOf(farm.value, alert.device, alert.metric);
  const decimals = metric?.decimals ?? 1;
  const say = (value: number): string => format.value.quantity(value, decimals, alert.unit);
  const now = farm.value.readings.get(alert.device)?.get(alert.metric);
  const old = now !== undefined && isOld(alert.device, metric, now);
  const worst = worstOf(alert, now);
  return (
    <>
      <p class="alert-metric">{metric === undefined ? alert.metric : local(metric.label)}</p>
      <dl class="facts">
        {now !== undefined && alert.end === null && (
          <Fact term={old ? texts.value.chart.latest : words.now} strong={!old}>
            {say(now.value)}
          </Fact>
        )}
        {worst !== null && <Fact term={words.worst}>{say(worst)}</Fact>}
        <Fact term={words.limit}>{say(alert.limit)}</Fact>
      </dl>
      <Beside alert={alert} decimals={metric?.decimals ?? DECIMALS_DEFAULT} />
    </>
  );
}

/** What else the same samples say: another model's answer, how sure it is, what it rests on. */
function Beside({ alert, decimals }: { alert: Alert; decimals: number }): JSX.Element | null {
  const lines = besideLines(alert.beside);
  if (lines.length === 0) return null;
  const say = (value: number): string => format.value.quantity(value, decimals, alert.unit);
  return (
    <ul class="alert-beside">
      {lines.map((line) => (
        <li key={line.type === 'word' ? line.word : line.type === 'other' ? line.name : line.type}>
          {besideText(line, say)}
        </li>
      ))}
    </ul>
  );
}

function besideText(line: BesideLine, say: (value: number) => string): string {
  const words = texts.value.alerts;
  switch (line.type) {
    case 'between':
      return words.between(say(line.lower), say(line.upper));
    case 'reaches':
      return words.reaches(line.level, line.time);
    case 'other':
      return `${line.name}: ${plain(line.value)}`;
    case 'word': {
      const { word, value, has } = line;
      if (typeof value === 'string') return `${words.beside[word]}: ${words.told[value] ?? value}`;
      const percent = `${format.value.number(value * 100, 0)} %`;
      const told = has === 'unit' ? say(value) : has === 'percent' ? percent : plain(value);
      return `${words.beside[word]}: ${told}`;
    }
  }
}

function plain(value: number | string): string {
  if (typeof value === 'string') return value;
  return format.value.number(value, Number.isInteger(value) ? 0 : DECIMALS_DEFAULT);
}
