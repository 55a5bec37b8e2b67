import type { Alert } from '../contracts/alert.ts';
import type { AlertRepository } from '../contracts/state.ts';
import { alertId } from './alert-id.ts';
import { isWithdrawn } from './finding.ts';

/** At 4 KB an alert 800 KB at a time. */
const PAGE_SIZE = 200;

/** Reads back what was found out about one rule and device. */
export class AlertReader {
  readonly #alerts: AlertRepository;

  constructor(alerts: AlertRepository) {
    this.#alerts = alerts;
  }

  /** Alerts that lasted at `time` or later, by onset, withdrawn ones included. */
  async since(rule: string, device: string, time: number): Promise<Alert[]> {
    const found: Alert[] = [];
    // An alert that ended at this very instant belongs to it: the sample that ended it may change.
    const filter = { rule, device, from: time - 1 };
    let after: string | undefined;
    do {
      const page = await this.#alerts.list(filter, {
        limit: PAGE_SIZE,
        ...(after === undefined ? {} : { after }),
      });
      found.push(...page.items);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return found.reverse();
  }

  /** An id for an interval that begins here and has no alert: the first that no other one bears. */
  async freeId(place: { rule: string; device: string; onset: number }): Promise<string> {
    for (let attempt = 0; ; attempt++) {
      const id = alertId(place, attempt);
      const taken = await this.#alerts.get(id);
      if (taken === undefined || (isWithdrawn(taken) && taken.onset === place.onset)) return id;
    }
  }
}
