import type { Alert, AlertNews, Maintenance, Quiet } from '../contracts/alert.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Repositories, StandingSilence } from '../contracts/state.ts';
import { dampingOf, LOOKED_AT } from './flapping.ts';
import { findCauses, isAbsence, silenceOf } from './silences.ts';
import { dueOf, withEntry } from './timeline.ts';

/** After the cause has ended, those it explained get as long to be heard as their rule allows. */
const GRACE_MIN_MS = 120_000;
const GRACE_MAX_MS = 3_600_000;

/** Why an alert calls nobody now. */
export interface Hush {
  quiet: Quiet;
  cause: string | null;
  note: string;
  /** People are told, this once. */
  notice: boolean;
}

/** A moment at which people are, or would be, called. */
export type Calling = 'raised' | 'reopened' | 'escalated' | 'unquieted';

/**
 * What the desk reads, decides and changes within one transaction: alerts are read and written
 * once, so that two decisions about one do not lose each other.
 */
export class Sitting {
  readonly now: number;
  readonly #tx: Repositories;
  readonly #registry: Registry;
  readonly #alerts = new Map<string, Alert>();
  readonly #stored = new Map<string, Alert>();
  readonly #news: Array<{ id: string; event: AlertNews['event'] }> = [];
  readonly #windows = new Map<string, Maintenance[]>();
  readonly #silences = new Map<string, Map<string, StandingSilence>>();
  readonly #causes = new Map<string, Map<string, string>>();
  readonly #restless = new Set<string>();

  constructor(tx: Repositories, { registry, now }: { registry: Registry; now: number }) {
    this.#tx = tx;
    this.#registry = registry;
    this.now = now;
  }

  /** The alert as it stands in this transaction. */
  async alert(id: string): Promise<Alert | undefined> {
    const known = this.#alerts.get(id);
    if (known !== undefined) return known;
    const stored = await this.#tx.alerts.get(id);
    if (stored !== undefined) this.#stored.set(id, stored);
    return stored;
  }

  put(alert: Alert): void {
    this.#alerts.set(alert.id, alert);
  }

  /** Alerts that were put, each as it is now. */
  changed(): Alert[] {
    return [...this.#alerts.values()];
  }

  /** Changes an alert nobody else is changing: it is a revision of its own. */
  revise(alert: Alert): void {
    const stored = this.#stored.get(alert.id);
    const isOwn = !this.#alerts.has(alert.id) && stored !== undefined;
    this.put(isOwn ? { ...alert, revision: stored.revision + 1 } : alert);
  }

  tell(id: string, event: AlertNews['event']): void {
    this.#news.push({ id, event });
  }

  /** What people should hear, of the alerts as they are in the end. */
  news(): AlertNews[] {
    return this.#news.flatMap(({ id, event }) => {
      const alert = this.#alerts.get(id);
      return alert === undefined ? [] : [{ event, alert, at: this.now }];
    });
  }

  /** Why it should call nobody now, or null: it calls. */
  async hush(alert: Alert, calling: Calling): Promise<Hush | null> {
    return (
      (await this.#maintenance(alert)) ??
      (await this.#cause(alert)) ??
      (await this.#flapping(alert, calling))
    );
  }

  /** The alert made quiet; said in its timeline unless it was so already. */
  hushed(alert: Alert, { quiet, cause, note }: Hush): Alert {
    const was = alert.quiet;
    const same = was?.reason === quiet.reason && alert.cause === cause;
    const next = { ...alert, cause, quiet: same ? { ...quiet, since: was.since } : quiet };
    return same ? next : withEntry(next, 'quieted', { at: this.#entryAt(alert), note });
  }

  /** Notes what an alert says about silence; what follows for others is `review`ed. */
  async heard(alert: Alert): Promise<void> {
    if (!isAbsence(alert)) return;
    const rows = await this.silencesOf(alert.coop);
    const known = rows.get(alert.id);
    const silence = silenceOf(alert, known?.cause ?? null);
    if (silence === undefined && known === undefined) return;
    if (silence === undefined) {
      rows.delete(alert.id);
      await this.#tx.desk.removeSilence(alert.id);
    } else {
      rows.set(alert.id, silence);
      await this.#tx.desk.saveSilence(silence);
    }
    this.#causes.delete(alert.coop);
    this.#restless.add(alert.coop);
  }

  /**
   * Where silences began or ended: those that have an explanation now become quiet, and those that
   * lost theirs get time to be heard before they call.
   */
  async review(): Promise<void> {
    for (const coop of this.#restless) {
      const causes = await this.#causesOf(coop);
      for (const row of [...(await this.silencesOf(coop)).values()]) {
        const cause = causes.get(row.alert) ?? null;
        if (cause === row.cause) continue;
        const alert = await this.alert(row.alert);
        if (alert === undefined) continue;
        await this.#setCause(row.alert, coop, cause);
        if (alert.state === 'resolved') continue;
        if (cause === null) await this.#grace(alert);
        else await this.#explain(alert, cause);
      }
    }
    this.#restless.clear();
  }

  async silencesOf(coop: string): Promise<Map<string, StandingSilence>> {
    let rows = this.#silences.get(coop);
    if (rows === undefined) {
      const read = await this.#tx.desk.silences(coop);
      rows = new Map(read.map((row) => [row.alert, row]));
      this.#silences.set(coop, rows);
    }
    return rows;
  }

  remind(alert: Alert): Promise<void> {
    return this.#tx.desk.remind(alert.id, dueOf(alert));
  }

  async #maintenance(alert: Alert): Promise<Hush | null> {
    const { coop, site } = alert;
    let windows = this.#windows.get(coop);
    if (windows === undefined) {
      windows = await this.#tx.maintenance.at(coop, this.now);
      this.#windows.set(coop, windows);
    }
    const here = windows.filter((window) => window.site === null || window.site === site);
    if (here.length === 0) return null;
    const until = Math.max(...here.map((window) => window.until));
    const quiet = { reason: 'maintenance' as const, since: this.now, until };
    return { quiet, cause: alert.cause, note: 'maintenance', notice: false };
  }

  async #cause(alert: Alert): Promise<Hush | null> {
    const { id, coop } = alert;
    if (!isAbsence(alert)) return null;
    const cause = (await this.#causesOf(coop)).get(id);
    if (cause === undefined) return null;
    await this.#setCause(id, coop, cause);
    return this.#because(cause);
  }

  #because(cause: string): Hush {
    const quiet = { reason: 'cause' as const, since: this.now, until: null };
    return { quiet, cause, note: `cause: ${cause}`, notice: false };
  }

  async #flapping(alert: Alert, calling: Calling): Promise<Hush | null> {
    if (calling !== 'raised' && calling !== 'reopened') return null;
    const { id, rule, device } = alert;
    const { items } = await this.#tx.alerts.list({ rule, device }, { limit: LOOKED_AT });
    const past = items.filter((one) => one.id !== id).map((one) => this.#alerts.get(one.id) ?? one);
    const damping = dampingOf(alert, past);
    if (damping === null) return null;
    const until = this.now + damping.forMs;
    const quiet = { reason: 'flapping' as const, since: this.now, until };
    return { quiet, cause: null, note: damping.note, notice: damping.notice };
  }

  async #causesOf(coop: string): Promise<Map<string, string>> {
    let causes = this.#causes.get(coop);
    if (causes !== undefined) return causes;
    const silences = [...(await this.silencesOf(coop)).values()];
    const registry = this.#registry;
    const isAlone = silences.length < 2;
    const devices = isAlone ? [] : [...registry.all()].filter((device) => device.coop === coop);
    causes = findCauses({
      silences,
      gatewayOf: (device) => registry.find(device)?.gateway ?? null,
      presences: isAlone ? [] : await this.#tx.presence.list(devices.map(({ id }) => id)),
    });
    this.#causes.set(coop, causes);
    return causes;
  }

  async #setCause(id: string, coop: string, cause: string | null): Promise<void> {
    const rows = await this.silencesOf(coop);
    const row = rows.get(id);
    if (row === undefined || row.cause === cause) return;
    rows.set(id, { ...row, cause });
    await this.#tx.desk.saveSilence({ ...row, cause });
  }

  async #explain(alert: Alert, cause: string): Promise<void> {
    const { quiet } = alert;
    // Whoever works there or damps it has the word until then; the explanation stands beside it.
    const isOther = quiet !== null && quiet.reason !== 'cause';
    const next = isOther ? { ...alert, cause } : this.hushed(alert, this.#because(cause));
    this.revise(next);
    await this.remind(next);
  }

  async #grace(alert: Alert): Promise<void> {
    if (alert.quiet?.reason !== 'cause') return this.revise({ ...alert, cause: null });
    const allowedMs = alert.evidence.limit * 1_000;
    const until = this.now + Math.min(Math.max(allowedMs, GRACE_MIN_MS), GRACE_MAX_MS);
    const next = { ...alert, quiet: { ...alert.quiet, until } };
    this.revise(next);
    await this.remind(next);
  }

  /** A decision about a beginning stands at its time: the two are seen to belong together. */
  #entryAt({ timeline }: Alert): number {
    const last = timeline.at(-1);
    const begins = last?.event === 'raised' || last?.event === 'reopened';
    return begins ? last.at : this.now;
  }
}
