import { fileURLToPath } from 'node:url';
import { discoverFiles } from '../base/discovery.ts';
import { AppError } from '../base/errors.ts';
import {
  type PartFamily,
  type PartSetting,
  PartSettings,
  type SettingRow,
} from '../base/part-settings.ts';
import { nearest } from '../base/suggest.ts';
import type {
  ForecastContext,
  ForecastProvider,
  OpenForecastProvider,
} from '../contracts/forecast.ts';

const PROVIDERS_DIR = fileURLToPath(new URL('./forecasts', import.meta.url));
const FAMILY: PartFamily = { prefix: 'SLUICE_FORECAST_', noun: 'forecast provider' };

export type ForecastProviders = ReadonlyMap<string, ForecastProvider>;

/** Every provider of `src/irrigation/forecasts/`, by name. Throws FORECAST_PROVIDER_INVALID. */
export async function loadForecastProviders(
  dir: string = PROVIDERS_DIR,
): Promise<ForecastProviders> {
  const providers = await discoverFiles<ForecastProvider>(dir);
  for (const [file, { name }] of providers) {
    if (name === file) continue;
    const message = `the provider of ${file} calls itself ${name}`;
    throw new AppError('FORECAST_PROVIDER_INVALID', message);
  }
  return providers;
}

/** The providers' settings as rows for the README. */
export async function describeForecastProviders(): Promise<SettingRow[]> {
  return new PartSettings(FAMILY, await loadForecastProviders()).describe();
}

export interface ProviderChoice {
  providers: ForecastProviders;
  settings: readonly PartSetting[];
  /** Names, the best first. */
  order: readonly string[];
}

/** One that was opened with its settings. */
export interface OpenedProvider {
  name: string;
  open: OpenForecastProvider;
}

/** Those that are set up, in order. Throws CONFIG_UNKNOWN, CONFIG_INVALID. */
export function openProviders(choice: ProviderChoice, context: ForecastContext): OpenedProvider[] {
  const { providers, settings, order } = choice;
  const checked = new PartSettings(FAMILY, providers).check(settings);
  return order.flatMap((name) => {
    const provider = providers.get(name);
    if (provider === undefined) throw unknownProvider(name, providers);
    const own = checked.get(name);
    if (own?.ready !== true) return [];
    return [{ name, open: provider.open(own.values as never, context) }];
  });
}

function unknownProvider(name: string, providers: ForecastProviders): AppError {
  const like = nearest(name, providers.keys());
  const names = [...providers.keys()].join(', ');
  return new AppError('CONFIG_INVALID', `SLUICE_FORECAST: there is no provider ${name}`, {
    field: 'SLUICE_FORECAST',
    hint: like === undefined ? `Use names of ${names}.` : `Did you mean ${like}?`,
  });
}
