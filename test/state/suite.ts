import { describe, onTestFinished } from 'vitest';
import type { StateService } from '#src/state/state';
import { actuatorCases } from './suite-actuators.ts';
import { alertCases } from './suite-alerts.ts';
import { auditCases } from './suite-audit.ts';
import { commandCases } from './suite-commands.ts';
import { deskCases } from './suite-desk.ts';
import { deviceCases } from './suite-devices.ts';
import { historyCases } from './suite-history.ts';
import { irrigationCases } from './suite-irrigation.ts';
import { ledgerCases } from './suite-ledger.ts';
import { notifyCases } from './suite-notify.ts';
import { pagingCases } from './suite-paging.ts';
import { placeCases } from './suite-places.ts';
import { ruleCases } from './suite-rules.ts';
import { sprayCases } from './suite-sprays.ts';
import { storeLedgerCases } from './suite-store-ledger.ts';
import { transactionCases } from './suite-transactions.ts';

/** One place where a state is kept; each opening is a new program on the same data. */
export interface StatePlace {
  open(): StateService;
}

/** Opens the place (a new one unless given) and closes it when the test ends. */
export type OpenState = (place?: StatePlace) => Promise<StateService>;

export interface StateStand {
  createPlace: () => StatePlace;
  open: OpenState;
}

/** What every dialect of the state must do, in the same words. */
export function stateSuite(name: string, createPlace: () => StatePlace): void {
  const open: OpenState = async (place = createPlace()) => {
    const state = place.open();
    await state.start(new AbortController().signal);
    onTestFinished(() => state.stop());
    return state;
  };
  describe(`state over ${name}`, () => {
    const stand = { createPlace, open };
    placeCases(stand);
    deviceCases(stand);
    alertCases(stand);
    deskCases(stand);
    ledgerCases(stand);
    historyCases(stand);
    notifyCases(stand);
    ruleCases(stand);
    pagingCases(stand);
    transactionCases(stand);
    storeLedgerCases(stand);
    sprayCases(stand);
    commandCases(stand);
    actuatorCases(stand);
    auditCases(stand);
    irrigationCases(stand);
  });
}
