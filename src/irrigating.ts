import type { AppOptions } from './app.ts';
import type { Clock } from './base/clock.ts';
import type { Metrics } from './base/metrics.ts';
import { createCommands } from './commands/commands.ts';
import type { AlertDesk } from './contracts/alert.ts';
import type { KindRegistry } from './contracts/device-kind.ts';
import type { History } from './contracts/history.ts';
import type { LivePublisher } from './contracts/live.ts';
import type { DeviceMessenger } from './contracts/messenger.ts';
import { createAeration } from './irrigation/aeration.ts';
import { createWaterBalance } from './irrigation/balance.ts';
import { createForecasts } from './irrigation/forecasting.ts';
import { createProgrammes } from './irrigation/programmes/programmes.ts';
import { createFieldReadings } from './irrigation/programmes/readings.ts';
import type { ForecastProviders } from './irrigation/providers.ts';
import type { JournalRoom } from './journal/journal.ts';
import type { StateService } from './state/state.ts';

/** What commands and irrigation are made of, and whom they reach. */
export interface IrrigationSources {
  kinds: KindRegistry;
  common: { clock: Clock; metrics: Metrics };
  state: StateService;
  journal: JournalRoom;
  history: History;
  live: LivePublisher;
  broker: DeviceMessenger;
  desk: AlertDesk;
  providers: ForecastProviders;
}

/** From what soil, weather and oxygen ask for to a valve that is proven open, and shut again. */
export function buildIrrigation({ config, logger }: AppOptions, sources: IrrigationSources) {
  const { kinds, common, state, journal, history, live, broker, desk, providers } = sources;
  const { registry } = state;
  const { timeZone } = config;
  const shared = { state, registry, kinds, timeZone, ...common };
  const commands = createCommands({
    ...shared,
    ...{ live, messenger: broker, alerts: desk },
    head: () => journal.status().head,
    logger: logger.child({ name: 'commands' }),
  });
  const field = { ...shared, history, logger: logger.child({ name: 'irrigation' }) };
  const { forecasts: settings, forecast: order } = config;
  const forecasts = createForecasts({ ...field, providers, settings, order });
  const balance = createWaterBalance({ ...field, forecasts });
  const readings = createFieldReadings(field);
  const programmes = createProgrammes({ ...field, commands, balance, forecasts, readings });
  const aeration = createAeration({ ...field, commands });
  return { commands, forecasts, balance, programmes, aeration };
}
