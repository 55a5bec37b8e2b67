import { AppError } from '#src/base/errors';
import type { Alert, AlertAction, AlertActions, TimelineEvent } from '#src/contracts/alert';
import type { State } from '#src/contracts/state';

const text = { vi: 'Ôxy thấp', en: 'Low oxygen', fr: 'Oxygène bas' };

/** An open alert to start from. */
export function alertOf(change: Partial<Alert> = {}): Alert {
  const onset = Date.parse('2026-11-22T05:00:00Z');
  return {
    id: 'pond-oxygen-low.ao-1.1',
    rule: 'pond-oxygen-low',
    ruleVersion: 1,
    coop: 'binh-minh',
    site: 'ao-1',
    device: 'dev-1',
    severity: 'critical',
    severities: [{ time: onset, severity: 'critical' }],
    state: 'open',
    onset,
    known: onset + 2_000,
    end: null,
    revision: 1,
    evidence: {
      metric: 'dissolved_oxygen',
      unit: 'mg/L',
      limit: 3,
      worst: 2.1,
      samples: [{ time: onset, value: 2.1 }],
      source: { text: 'Boyd 1998', evidence: 'V' },
    },
    title: text,
    advice: { vi: ['Bật quạt ngay'], en: ['Start the aerators'], fr: ['Démarrez les aérateurs'] },
    advises: 'act',
    cause: null,
    quiet: null,
    shelf: null,
    assignee: null,
    timeline: [{ at: onset + 2_000, event: 'raised', who: null, note: null }],
    ...change,
  };
}

/** What people do to alerts, written straight to the state. */
export function alertActions(state: State, now: () => number): AlertActions {
  async function change(
    id: string,
    action: AlertAction,
    how: { event: TimelineEvent; state?: Alert['state']; with?: Partial<Alert> },
  ): Promise<Alert> {
    const alert = await state.alerts.get(id);
    if (alert === undefined) throw new AppError('ALERT_NOT_FOUND', `there is no alert ${id}`);
    if (alert.state === 'resolved' && how.event !== 'commented') {
      throw new AppError('ALERT_RESOLVED', 'the alert is over');
    }
    const entry = { at: now(), event: how.event, who: action.who, note: action.note ?? null };
    const changed: Alert = {
      ...alert,
      state: how.state ?? alert.state,
      revision: alert.revision + 1,
      timeline: [...alert.timeline, entry],
      ...how.with,
    };
    await state.alerts.save([changed]);
    return changed;
  }
  return {
    acknowledge: (id, action) =>
      change(id, action, { event: 'acknowledged', state: 'acknowledged' }),
    comment: (id, action) => change(id, action, { event: 'commented' }),
    shelve: (id, { reason, until, ...action }) => {
      const shelf = { who: action.who, reason, since: now(), until };
      return change(id, action, { event: 'shelved', state: 'shelved', with: { shelf } });
    },
    unshelve: (id, action) =>
      change(id, action, { event: 'unshelved', state: 'open', with: { shelf: null } }),
    assign: (id, { assignee, ...action }) =>
      change(id, action, { event: 'assigned', with: { assignee } }),
    see: (id, who) => change(id, { who }, { event: 'seen' }),
    resolve: (id, action) => change(id, action, { event: 'resolved', state: 'resolved' }),
  };
}
