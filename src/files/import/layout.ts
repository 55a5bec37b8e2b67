import { AppError } from '../../base/errors.ts';
import { nearest } from '../../base/suggest.ts';
import { AGGREGATE_FUNCTIONS } from '../../contracts/series.ts';

/** A column of values of one metric. */
export interface ValueColumn {
  place: number;
  metric: string;
}

/** Where in a row the parts of a point stand; -1 for what there is not. */
export interface Layout {
  columns: readonly string[];
  time: number;
  utcOffset: number;
  device: number;
  quality: number;
  /** Of a long file: where the metric's name and its value are. */
  metric: number;
  value: number;
  /** Of a wide file: one column a metric; empty for a long one. */
  values: readonly ValueColumn[];
}

const LONG = ['time', 'device', 'metric', 'value', 'quality'];
/** Columns beside the values, in any order. */
const PLAIN = ['time', 'local_time', 'utc_offset', 'device', 'metric', 'quality'];
const FUNCTIONS: ReadonlySet<string> = new Set(AGGREGATE_FUNCTIONS);
const RAW = '_raw';

/**
 * Reads a header. What is raw stands above what was corrected: corrections are kept by themselves
 * and are not measured. Throws FILE_INVALID, or FILE_AGGREGATED for what is no list of points.
 */
export function layoutOf(columns: readonly string[], metrics: ReadonlySet<string>): Layout {
  const place = (name: string): number => columns.indexOf(name);
  const twice = columns.find((name, at) => place(name) !== at);
  if (twice !== undefined) throw invalid(`the column ${shown(twice)} is there twice`);
  for (const name of ['time', 'device']) {
    if (place(name) === -1) throw invalid(`there is no column ${name}`);
  }
  const isLong = place('metric') !== -1;
  const others = columns.filter((name) => !PLAIN.includes(name));
  const aggregated = others.find((name) => isAggregate(name, metrics, isLong));
  if (aggregated !== undefined) throw isOfBuckets(aggregated);
  const known = isLong ? new Set(['value', 'raw']) : metrics;
  const values: ValueColumn[] = [];
  for (const name of others) {
    const isRaw = !isLong && name.endsWith(RAW) && metrics.has(name.slice(0, -RAW.length));
    if (!known.has(name) && !isRaw) throw unknownColumn(name, [...PLAIN, ...known]);
    const metric = isRaw ? name.slice(0, -RAW.length) : name;
    if (isRaw || place(`${name}${RAW}`) === -1) values.push({ place: place(name), metric });
  }
  if (values.length === 0) throw invalid('there is no column with values');
  return {
    columns,
    time: place('time'),
    utcOffset: place('utc_offset'),
    device: place('device'),
    quality: place('quality'),
    metric: place('metric'),
    value: place('raw') === -1 ? place('value') : place('raw'),
    values: isLong ? [] : values,
  };
}

function isAggregate(name: string, metrics: ReadonlySet<string>, isLong: boolean): boolean {
  if (metrics.has(name)) return false;
  if (isLong) return FUNCTIONS.has(name);
  const cut = name.lastIndexOf('_');
  return FUNCTIONS.has(name.slice(cut + 1)) && metrics.has(name.slice(0, cut));
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 64));

function invalid(what: string): AppError {
  return new AppError('FILE_INVALID', `this is no file of series: ${what}`, {
    hint: `Expected are the columns ${LONG.join(', ')}, or time, device and one column a metric.`,
  });
}

function unknownColumn(name: string, known: readonly string[]): AppError {
  const near = nearest(name, known);
  const hint = near === undefined ? '' : `; did you mean ${near}`;
  return invalid(`the column ${shown(name)} is unknown${hint}`);
}

function isOfBuckets(name: string): AppError {
  return new AppError('FILE_AGGREGATED', `the column ${shown(name)} holds aggregates, not points`, {
    hint: 'Only exports without every and fn can be imported.',
  });
}
