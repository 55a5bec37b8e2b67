import { createAlerts } from './alerts/alerts.ts';
import { createAlertDesk } from './alerts/desk.ts';
import { createMaintenance } from './alerts/maintenance.ts';
import type { AppOptions } from './app.ts';
import type { Clock } from './base/clock.ts';
import type { Metrics } from './base/metrics.ts';
import type { AppliedCorrections } from './contracts/corrections.ts';
import type { KindRegistry } from './contracts/device-kind.ts';
import type { History } from './contracts/history.ts';
import type { LiveHub } from './contracts/live.ts';
import type { DeviceMessenger } from './contracts/messenger.ts';
import type { SeriesStore } from './contracts/series.ts';
import type { JournalRoom } from './journal/journal.ts';
import type { Channels } from './notify/discover.ts';
import { createNotifier } from './notify/notifier.ts';
import { createRuleDesk } from './rules/desk.ts';
import { createRuleEngine } from './rules/engine.ts';
import { seriesHistory } from './rules/history.ts';
import { createRuleTrials } from './rules/trials.ts';
import { createSirenPublisher } from './siren.ts';
import type { StateService } from './state/state.ts';

/** What alerts are made of, and by whom people are reached. */
export interface Sources {
  kinds: KindRegistry;
  common: { clock: Clock; metrics: Metrics };
  state: StateService;
  journal: JournalRoom;
  series: SeriesStore;
  history: History;
  corrections: { judged: AppliedCorrections };
  live: LiveHub;
  broker: DeviceMessenger;
  channels: Channels;
}

/** From what was observed to a phone that rings: rules, desk, messages, and what people do. */
export function buildAlerting({ config, logger }: AppOptions, sources: Sources) {
  const { kinds, common, state, journal, series, live, channels } = sources;
  const { registry } = state;
  const { timeZone } = config;
  const shared = { state, registry, live, ...common };
  const screen = logger.child({ name: 'console' });
  const notifier = createNotifier({
    ...shared,
    ...{ kinds, channels, timeZone, settings: config.notify },
    publicUrl: config.publicUrl ?? null,
    publish: createSirenPublisher(registry, sources.broker),
    print: (line) => screen.info({ line }, 'message'),
    logger: logger.child({ name: 'notify' }),
  });
  const messenger = notifier;
  const desk = createAlertDesk({ ...shared, messenger, logger: logger.child({ name: 'alerts' }) });
  const ruleLogger = logger.child({ name: 'rules' });
  const rules = createRuleEngine({
    ...shared,
    ...{ kinds, timeZone, desk, logger: ruleLogger },
    history: seriesHistory(series, kinds),
    head: () => journal.status().head,
    corrections: sources.corrections.judged,
  });
  const ruleDesk = createRuleDesk({
    ...{ state, registry, kinds, clock: common.clock, logger: ruleLogger },
    reload: () => rules.reload(),
  });
  const { clock } = common;
  const trials = createRuleTrials({
    ...{ desk: ruleDesk, registry, kinds, history: sources.history, clock, timeZone },
  });
  return {
    ...{ notifier, desk, rules, ruleDesk, trials },
    alerts: createAlerts({ state, live, clock, messenger }),
    maintenance: createMaintenance({ state, clock }),
  };
}
