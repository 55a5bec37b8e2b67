import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dayName, dayNumber } from '#src/base/local-clock';

type Daily = Record<string, unknown[]>;

/** Replays the documented shape of Open-Meteo's /v1/forecast from this machine. */
export class WeatherService {
  readonly asked: URL[] = [];
  /** Changes the sound answer before it leaves. */
  change: (answer: ServiceAnswer) => unknown = (answer) => answer;
  /** Answers in its own way; null: as documented. */
  behaviour: ((request: IncomingMessage, answer: ServerResponse) => void) | null = null;
  #url = '';
  #server = createServer((request, answer) => this.#answer(request, answer));

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return this.#url;
  }

  /** As on the first day. */
  reset(): void {
    this.asked.length = 0;
    this.change = (answer) => answer;
    this.behaviour = null;
  }

  #answer(request: IncomingMessage, answer: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    this.asked.push(url);
    if (this.behaviour !== null) {
      this.behaviour(request, answer);
      return;
    }
    const said = this.change(soundAnswer(url.searchParams));
    answer.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    answer.end(typeof said === 'string' ? said : JSON.stringify(said));
  }
}

export interface ServiceAnswer {
  latitude: number;
  longitude: number;
  timezone: string;
  daily_units: Record<string, string>;
  daily: Daily;
}

const UNITS: Readonly<Record<string, string>> = {
  temperature_2m_min: '°C',
  temperature_2m_max: '°C',
  relative_humidity_2m_min: '%',
  relative_humidity_2m_max: '%',
  shortwave_radiation_sum: 'MJ/m²',
  precipitation_sum: 'mm',
  precipitation_probability_max: '%',
  et0_fao_evapotranspiration: 'mm',
};

const VALUES: Readonly<Record<string, number>> = {
  temperature_2m_min: 24.1,
  temperature_2m_max: 32.6,
  relative_humidity_2m_min: 58,
  relative_humidity_2m_max: 96,
  wind_speed_10m_mean: 3.2,
  shortwave_radiation_sum: 21.7,
  precipitation_sum: 2.4,
  precipitation_probability_max: 63,
  et0_fao_evapotranspiration: 4.62,
};

function soundAnswer(query: URLSearchParams): ServiceAnswer {
  const first = dayNumber(query.get('start_date') ?? '');
  const days = dayNumber(query.get('end_date') ?? '') - first + 1;
  const names = (query.get('daily') ?? '').split(',');
  const wind = query.get('wind_speed_unit') === 'ms' ? 'm/s' : 'km/h';
  const list = (value: unknown): unknown[] => Array.from({ length: days }, () => value);
  return {
    latitude: Number(query.get('latitude')),
    longitude: Number(query.get('longitude')),
    timezone: query.get('timezone') ?? 'GMT',
    daily_units: {
      time: 'iso8601',
      ...Object.fromEntries(names.map((name) => [name, UNITS[name] ?? wind])),
    },
    daily: {
      time: Array.from({ length: days }, (_, index) => dayName(first + index)),
      ...Object.fromEntries(names.map((name) => [name, list(VALUES[name])])),
    },
  };
}
