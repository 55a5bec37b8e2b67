import { z } from 'zod';
import { dayName, dayNumber } from '../../base/local-clock.ts';
import {
  defineForecastProvider,
  type ForecastProvider,
  type ForecastRequest,
  type WeatherDay,
} from '../../contracts/forecast.ts';
import { FORECAST_RANGES, localOutlook } from '../../water/forecast-skill.ts';
import { emptyDay, nothingHere } from '../forecast-faults.ts';

/** A season of the year before and what lies between: 400 days. */
const HISTORY_DAYS = 400;
/** `localOutlook` sees two weeks. */
const OUTLOOK_DAYS_MAX = 14;
/** Rain of a day that counts as one with rain, mm. */
const WET_MM = 1;

const settings = z.strictObject({});

/** Mean of the season with what the last days were off it, from the site's own past. */
const provider: ForecastProvider<typeof settings> = defineForecastProvider({
  name: 'local',
  settings,
  isReady: () => true,
  open: (_settings, { observed }) => ({
    async fetch(request) {
      const past = await observed(request.site, HISTORY_DAYS);
      const days = outlookOf(past, request);
      if (days.length === 0) {
        throw nothingHere('local knows less than 14 days of the weather of this site');
      }
      return days;
    },
  }),
});

export default provider;

type Field = Exclude<keyof WeatherDay, 'day'>;

interface Wish {
  field: Field;
  from(day: WeatherDay): number | null;
  range: readonly [lowest: number, highest: number];
}

const plain = (field: Field, range: Wish['range']): Wish => ({
  ...{ field, range },
  from: (day) => day[field],
});

/** Lowest and highest are foretold apart: what is not sound together is left out below. */
const WISHES: readonly Wish[] = [
  plain('et0', FORECAST_RANGES.et0Mm),
  plain('rain', FORECAST_RANGES.rainMm),
  plain('temperatureMin', FORECAST_RANGES.temperatureC),
  plain('temperatureMax', FORECAST_RANGES.temperatureC),
  {
    field: 'rainProbability',
    range: [0, 100],
    from: ({ rain }) => (rain === null ? null : rain >= WET_MM ? 100 : 0),
  },
];

function outlookOf(past: readonly WeatherDay[], request: ForecastRequest): WeatherDay[] {
  // Of days that are over it knows what came, not what was foretold.
  const last = past.findLast(({ rain, et0 }) => rain !== null || et0 !== null)?.day ?? '';
  const asked = dayNumber(request.from);
  const fromDay = Math.max(asked, dayNumber(last) + 1 || asked);
  const days = Math.min(OUTLOOK_DAYS_MAX, asked + request.days - fromDay);
  if (days < 1) return [];
  const found = new Map<number, WeatherDay>();
  for (const { field, from, range } of WISHES) {
    const history = past.flatMap((day) => {
      const value = from(day);
      return value === null ? [] : [{ day: dayNumber(day.day), value }];
    });
    const outlook = localOutlook(history, { fromDay, days, floor: range[0] });
    for (const { day, value } of outlook.days ?? []) {
      const weather = found.get(day) ?? emptyDay(dayName(day));
      weather[field] = Math.min(range[1], value);
      found.set(day, weather);
    }
  }
  return [...found.values()].map(withOrder).sort((a, b) => dayNumber(a.day) - dayNumber(b.day));
}

function withOrder(day: WeatherDay): WeatherDay {
  const { temperatureMin, temperatureMax } = day;
  const isReversed =
    temperatureMin !== null && temperatureMax !== null && temperatureMin > temperatureMax;
  return isReversed ? { ...day, temperatureMin: null, temperatureMax: null } : day;
}
