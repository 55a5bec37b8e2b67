import type { Repositories } from '../contracts/state.ts';
import { createActuators } from './actuators.ts';
import { createAdvice } from './advice.ts';
import { createAeration } from './aeration.ts';
import { createAlerts } from './alerts.ts';
import { createAudit } from './audit.ts';
import { createCommands } from './commands.ts';
import { createCoops } from './coops.ts';
import { createCorrections } from './corrections.ts';
import { createCursors } from './cursors.ts';
import { createDesk } from './desk.ts';
import { createDevices } from './devices.ts';
import { createForecasts } from './forecasts.ts';
import { createLedger } from './ledger.ts';
import { createMaintenance } from './maintenance.ts';
import { createOutbox } from './outbox.ts';
import { createPeople } from './people.ts';
import { createPlots } from './plots.ts';
import { createPresence } from './presence.ts';
import { createProgrammes } from './programmes.ts';
import { createRollups } from './rollups.ts';
import { createRules } from './rules.ts';
import type { Scope } from './scope.ts';
import { createSessions } from './sessions.ts';
import { createSettings } from './settings.ts';
import { createSites } from './sites.ts';
import { createSprays } from './sprays.ts';
import { createTokens } from './tokens.ts';

/** All repositories over one database or one transaction. */
export function createRepositories(scope: Scope): Repositories {
  return {
    coops: createCoops(scope),
    sites: createSites(scope),
    devices: createDevices(scope),
    presence: createPresence(scope),
    tokens: createTokens(scope),
    sessions: createSessions(scope),
    alerts: createAlerts(scope),
    rules: createRules(scope),
    ledger: createLedger(scope),
    cursors: createCursors(scope),
    settings: createSettings(scope),
    corrections: createCorrections(scope),
    rollups: createRollups(scope),
    sprays: createSprays(scope),
    maintenance: createMaintenance(scope),
    advice: createAdvice(scope),
    desk: createDesk(scope),
    people: createPeople(scope),
    outbox: createOutbox(scope),
    commands: createCommands(scope),
    actuators: createActuators(scope),
    audit: createAudit(scope),
    forecasts: createForecasts(scope),
    plots: createPlots(scope),
    programmes: createProgrammes(scope),
    aeration: createAeration(scope),
  };
}
