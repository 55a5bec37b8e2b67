import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { dayNumber } from '../../base/local-clock.ts';
import {
  defineForecastProvider,
  type ForecastProvider,
  type ForecastRequest,
  type WeatherDay,
} from '../../contracts/forecast.ts';
import {
  emptyDay,
  forecastFault,
  invalidForecast,
  nothingHere,
  unavailable,
} from '../forecast-faults.ts';

/** 16 days of 500 sites at 80 characters are 640 kB. */
const FILE_BYTES_MAX = 1024 ** 2;
const SEPARATORS = [',', ';', '\t'];

const COLUMNS: Readonly<Record<string, Exclude<keyof WeatherDay, 'day'>>> = {
  temperature_min: 'temperatureMin',
  temperature_max: 'temperatureMax',
  humidity_min: 'humidityMin',
  humidity_max: 'humidityMax',
  wind: 'wind',
  radiation: 'radiation',
  rain: 'rain',
  rain_probability: 'rainProbability',
  et0: 'et0',
};

const settings = z.strictObject({
  file: z
    .string()
    .min(1)
    .optional()
    .describe('File with columns day, rain, … for values entered by hand (docs/irrigation.md)'),
});

/** What a person, or a program of theirs, wrote into a file. It is read anew each time. */
const provider: ForecastProvider<typeof settings> = defineForecastProvider({
  name: 'csv',
  settings,
  isReady: ({ file }) => file !== undefined,
  open: ({ file = '' }) => ({
    async fetch(request) {
      const days = daysOf(await textOf(file), request);
      if (days.length === 0) {
        throw nothingHere(`the forecast file says nothing of ${request.from} and the days after`);
      }
      return days;
    },
  }),
});

export default provider;

async function textOf(file: string): Promise<string> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw unavailable('the forecast file cannot be read', { cause });
  });
  if (size > FILE_BYTES_MAX) throw invalidForecast('the forecast file has more than 1 MiB', 'file');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw unavailable('the forecast file cannot be read', { cause });
  });
  return text.replace(/^\uFEFF/, '');
}

interface Layout {
  separator: string;
  columns: string[];
}

/** Rows of the site, and rows for all, of the days asked for. Throws FORECAST_INVALID by line. */
function daysOf(text: string, request: ForecastRequest): WeatherDay[] {
  const lines = text.split(/\r\n|\n|\r/);
  const layout = layoutOf(lines[0] ?? '');
  const first = dayNumber(request.from);
  const found = new Map<string, { day: WeatherDay; isOwn: boolean }>();
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue;
    const { day, site } = rowOf(line, index + 1, layout);
    const number = dayNumber(day.day);
    const isOwn = site === request.site;
    if (number < first || number >= first + request.days || (site !== '' && !isOwn)) continue;
    const known = found.get(day.day);
    if (known !== undefined && known.isOwn === isOwn) {
      throw invalidForecast(`line ${index + 1}: ${day.day} stands there already`, 'day');
    }
    if (known === undefined || isOwn) found.set(day.day, { day, isOwn });
  }
  return [...found.values()]
    .map(({ day }) => day)
    .sort((left, right) => dayNumber(left.day) - dayNumber(right.day));
}

function layoutOf(header: string): Layout {
  const counts = SEPARATORS.map((sign) => header.split(sign).length);
  const separator = SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ',';
  const columns = header.split(separator).map((name) => name.trim().toLowerCase());
  const unknown = columns.find(
    (name) => name !== 'day' && name !== 'site' && !Object.hasOwn(COLUMNS, name),
  );
  if (unknown !== undefined || !columns.includes('day')) {
    const known = ['day', 'site', ...Object.keys(COLUMNS)].join(', ');
    const what = unknown === undefined ? 'there is no column day' : `unknown column "${unknown}"`;
    throw invalidForecast(`line 1: ${what}; columns are ${known}`, unknown ?? 'day');
  }
  return { separator, columns };
}

function rowOf(line: string, number: number, { separator, columns }: Layout) {
  const cells = line.split(separator).map((cell) => cell.trim());
  if (cells.length !== columns.length) {
    const message = `line ${number}: ${cells.length} cells for ${columns.length} columns`;
    throw invalidForecast(message, `line ${number}`);
  }
  const day = emptyDay('');
  let site = '';
  for (const [index, name] of columns.entries()) {
    const cell = cells[index] ?? '';
    const field = COLUMNS[name];
    if (name === 'day') day.day = cell;
    else if (field === undefined) site = cell;
    else if (cell !== '') day[field] = numberOf(cell, `line ${number}, ${name}`, separator);
  }
  // Who writes down rain means that it rains.
  if (day.rain !== null && !columns.includes('rain_probability')) day.rainProbability = 100;
  const fault = forecastFault([day]);
  if (fault !== null) {
    const field = fault.field.replace('days[0].', '');
    throw invalidForecast(`line ${number}: ${field}: ${fault.why}`, `line ${number}, ${field}`);
  }
  return { day, site };
}

function numberOf(cell: string, field: string, separator: string): number {
  // Where cells are separated by something else, a comma is a decimal sign.
  const text = separator === ',' ? cell : cell.replace(',', '.');
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  throw invalidForecast(`${field}: "${cell.slice(0, 40)}" is no number`, field);
}
