import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CounterMetric, Metrics } from '../base/metrics.ts';
import type { Alert, AlertChange, AlertDesk } from '../contracts/alert.ts';
import type { AppliedCorrections } from '../contracts/corrections.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { CorrectionSpan } from '../contracts/history.ts';
import type { LivePublisher } from '../contracts/live.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Device, Repositories, State } from '../contracts/state.ts';
import { DEVICE_ROW, type DecodedDevice, decodeDevice, encodeDevice } from './device-body.ts';
import {
  adjustSilences,
  allSeries,
  bind,
  type DeviceMemory,
  nothingRemembered,
  type Place,
  remember,
  type SeriesMemory,
} from './device-memory.ts';
import {
  CORRECTED_NOTE,
  endOrphan,
  Findings,
  fromStored,
  type OpenAlert,
  record,
} from './finding.ts';
import { markLate } from './late-mark.ts';
import { type Plan, RuleBook } from './rule-book.ts';

export interface MemoryOptions {
  state: State;
  registry: Registry;
  kinds: KindRegistry;
  live: LivePublisher;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Where local days, hours and seasons are. */
  timeZone: string;
  /** Decides which alerts call people; without it all are stored as they were found. */
  desk?: AlertDesk;
  /** Values are judged corrected; without it as the device said them. */
  corrections?: AppliedCorrections;
}

const RULE_GONE = 'the rule no longer reads this device';
const DEVICE_GONE = 'the device was removed';
const VERSION_GONE = 'a later version of the rules judges this device anew';
const STANDING = ['open', 'acknowledged', 'shelved'] as const;
/** Alerts read at once after an upgrade: 2 MB. */
const FORGOTTEN_PAGE = 500;

/**
 * What the engine remembers of all devices, and its commits. Between two commits memory runs ahead
 * of the state; whatever breaks off in between, the state and the journal lead to the same again.
 */
export class Memory {
  readonly findings: Findings = new Findings();
  /** Devices with late reports to be evaluated again. */
  readonly late: Set<string> = new Set();
  readonly #options: MemoryOptions;
  readonly #book: RuleBook;
  readonly #alerts: CounterMetric;
  /** Devices that were created, moved or removed and not looked at since. */
  readonly #changed = new Set<string>();
  /** Stretches whose corrections changed and that were not marked since. */
  #corrected: CorrectionSpan[] = [];
  #subscriptions: Array<() => void> | null = null;
  #devices = new Map<string, DeviceMemory>();
  /** By device, those whose rules read it besides their own. */
  #readers = new Map<string, Set<DeviceMemory>>();
  #touched = new Set<DeviceMemory>();
  #removed = new Set<string>();
  /** Rows of devices that are not registered, looked at again when the registry speaks of them. */
  #strangers = new Map<string, DecodedDevice>();
  #orphans: Array<{ alert: OpenAlert; note: string; at: number }> = [];
  #loaded = false;
  #position = 0;
  #committed = 0;
  #committedAt = 0;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#book = new RuleBook(options.kinds, options.timeZone);
    const help = 'Changes of alerts by what the rules found out.';
    this.#alerts = options.metrics.counter('sluice_rules_alert_changes_total', help, ['event']);
  }

  /** Offset of the first frame not judged yet, and of the first whose effects are not committed. */
  get position(): number {
    return this.#position;
  }

  get committed(): number {
    return this.#committed;
  }

  sinceCommitMs(): number {
    return this.#options.clock.monotonic() - this.#committedAt;
  }

  openAlerts(): number {
    let count = 0;
    for (const { rules, silences } of this.#devices.values()) {
      for (const { alert } of rules) if (alert !== null) count++;
      for (const { alert } of silences) if (alert !== null) count++;
    }
    return count;
  }

  moveTo(position: number): void {
    this.#position = position;
  }

  /** Reads rules, memory and cursor from the state, once, and again after a failed change. */
  async ensureLoaded(): Promise<void> {
    if (this.#loaded) return;
    this.#subscribe();
    const { state, clock } = this.#options;
    const [saved, rows, cursor] = [
      await state.rules.list(),
      await state.rules.states(),
      await state.cursors.get('rules'),
    ];
    this.#book.load(saved, (rule, error) => this.#refuse(rule.id, error));
    this.#devices = new Map();
    this.#readers = new Map();
    this.#touched = new Set();
    this.#removed = new Set();
    this.#strangers = new Map();
    this.#orphans = [];
    this.#corrected = [];
    this.findings.clear();
    this.late.clear();
    this.#position = cursor;
    this.#committed = cursor;
    this.#committedAt = clock.monotonic();
    const outdated = new Set<string>();
    for (const { rule, device, body } of rows) {
      const decoded = rule === DEVICE_ROW ? decodeDevice(body, cursor) : undefined;
      if (decoded !== undefined) this.#recall(device, decoded);
      else outdated.add(device);
    }
    if (outdated.size > 0) await this.#endForgotten(outdated);
    this.#bringReaders();
    this.#loaded = true;
  }

  /** Alerts that only the memory of an earlier version could end: what still holds opens anew. */
  async #endForgotten(devices: ReadonlySet<string>): Promise<void> {
    const { state, clock } = this.#options;
    const at = clock.now();
    for (let after: string | null | undefined; after !== null; ) {
      const page = { limit: FORGOTTEN_PAGE, ...(after !== undefined && { after }) };
      const { items, next } = await state.alerts.list({ states: STANDING }, page);
      for (const alert of items) {
        if (alert.end !== null || !devices.has(alert.device)) continue;
        this.#orphans.push({ alert: fromStored(alert), note: VERSION_GONE, at });
      }
      after = next;
    }
  }

  /** Listens no more. */
  close(): void {
    for (const end of this.#subscriptions ?? []) end();
    this.#subscriptions = null;
  }

  /** Runs what changes the memory; if it breaks off half-way, all is read from the state again. */
  async changing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#loaded = false;
      throw error;
    }
  }

  /** The memory of a registered device of a known kind. */
  device(id: string): DeviceMemory | undefined {
    const known = this.#devices.get(id);
    if (known !== undefined) return known;
    const device = this.#options.registry.find(id);
    const plan = this.#planOf(id);
    if (device === undefined || plan === undefined) return undefined;
    const { memory } = bind(this.#placeOf(device), plan, nothingRemembered());
    memory.corrections = this.#stampOf(memory);
    this.#put(memory);
    return memory;
  }

  /** The memories of devices whose rules read this one besides their own. */
  readersOf(id: string): Iterable<DeviceMemory> {
    return this.#readers.get(id) ?? [];
  }

  /** The memory changed and is to be saved with the next commit. */
  touch(memory: DeviceMemory): void {
    this.#touched.add(memory);
    if (memory.late === null) this.late.delete(memory.id);
    else this.late.add(memory.id);
  }

  /** Takes over what happened to devices in the registry, and what people said of values. */
  applyChanges(): void {
    const { registry, clock } = this.#options;
    for (const span of this.#corrected.splice(0)) this.#markCorrected(span);
    if (this.#changed.size === 0) return;
    for (const id of this.#changed) {
      const device = registry.find(id);
      const memory = this.#devices.get(id);
      if (device !== undefined && device.createdAt === memory?.createdAt) {
        this.#bindAgain(memory, device);
        continue;
      }
      this.#forget(id);
      const born = this.device(id);
      if (born !== undefined) born.heardAt = clock.monotonic();
    }
    this.#changed.clear();
  }

  /** Takes over the rules as they are saved now. */
  async reloadRules(): Promise<void> {
    const { state, registry } = this.#options;
    const saved = await state.rules.list();
    this.applyChanges();
    this.#book.load(saved, (rule, error) => this.#refuse(rule.id, error));
    for (const memory of [...this.#devices.values()]) {
      const device = registry.find(memory.id);
      if (device !== undefined) this.#bindAgain(memory, device);
    }
    this.#bringReaders();
  }

  /** Findings, memory and cursor in one transaction; then the changed alerts are published. */
  async commit(): Promise<void> {
    const { state, live, clock } = this.#options;
    if (!this.#loaded) return;
    if (this.#isCommitted()) return;
    const changed = await state.transaction((tx) => this.#write(tx));
    this.findings.clear();
    this.#touched.clear();
    this.#removed.clear();
    this.#orphans = [];
    this.#committed = this.#position;
    this.#committedAt = clock.monotonic();
    for (const alert of changed) {
      this.#alerts.add(1, { event: alert.timeline.at(-1)?.event ?? 'revised' });
      live.publish({ type: 'alert', coop: alert.coop, data: alert });
    }
  }

  #isCommitted(): boolean {
    return (
      this.findings.size === 0 &&
      this.#touched.size === 0 &&
      this.#removed.size === 0 &&
      this.#orphans.length === 0 &&
      this.#committed === this.#position
    );
  }

  async #write(tx: Repositories): Promise<Alert[]> {
    const changes: AlertChange[] = [];
    const add = (before: Alert | undefined, after: Alert | null): void => {
      if (after !== null) changes.push(before === undefined ? { after } : { before, after });
    };
    for (const finding of this.findings.all()) {
      const stored = await tx.alerts.get(finding.alert.id);
      add(stored, record(stored, finding));
    }
    for (const orphan of this.#orphans) {
      const stored = await tx.alerts.get(orphan.alert.id);
      add(stored, stored === undefined ? null : endOrphan(stored, orphan));
    }
    const changed = await this.#settle(tx, changes);
    if (changed.length > 0) await tx.alerts.save(changed);
    for (const device of this.#removed) await tx.rules.removeStates(DEVICE_ROW, device);
    const rows = [...this.#touched].map((memory) => ({
      rule: DEVICE_ROW,
      device: memory.id,
      body: encodeDevice(memory),
    }));
    if (rows.length > 0) await tx.rules.saveStates(rows);
    await tx.cursors.set('rules', this.#position);
    return changed;
  }

  async #settle(tx: Repositories, changes: readonly AlertChange[]): Promise<Alert[]> {
    const { desk } = this.#options;
    if (desk === undefined || changes.length === 0) return changes.map(({ after }) => after);
    return desk.settle(tx, changes);
  }

  /** From before the first look on, so that no change falls between two. */
  #subscribe(): void {
    const { registry, corrections } = this.#options;
    this.#subscriptions ??= [
      registry.onChange((device) => this.#changed.add(device)),
      corrections?.onChange((span) => this.#corrected.push(span)) ?? (() => undefined),
    ];
  }

  #planOf(id: string): Plan | undefined {
    const { registry } = this.#options;
    const device = registry.find(id);
    if (device === undefined) return undefined;
    const site = device.site === null ? undefined : registry.site(device.site);
    return this.#book.plan(device, site);
  }

  #placeOf({ id, createdAt }: Device): Place {
    return { id, createdAt, intervalSeconds: this.#options.registry.intervalSeconds(id) };
  }

  #put(memory: DeviceMemory): void {
    this.#takeOut(this.#devices.get(memory.id));
    this.#devices.set(memory.id, memory);
    for (const device of memory.others.keys()) {
      const readers = this.#readers.get(device) ?? new Set();
      this.#readers.set(device, readers.add(memory));
    }
  }

  #takeOut(memory: DeviceMemory | undefined): void {
    if (memory === undefined) return;
    this.#devices.delete(memory.id);
    this.#touched.delete(memory);
    for (const device of memory.others.keys()) this.#readers.get(device)?.delete(memory);
  }

  /** A device whose rules read another one is there before the other says anything. */
  #bringReaders(): void {
    for (const { id } of this.#options.registry.all()) {
      if (this.#planOf(id)?.series.some(({ device }) => device !== null)) this.device(id);
    }
  }

  #recall(id: string, decoded: DecodedDevice): void {
    const device = this.#options.registry.find(id);
    const plan = this.#planOf(id);
    if (device === undefined || plan === undefined) {
      this.#strangers.set(id, decoded);
      this.#changed.add(id);
      return;
    }
    const { kind, createdAt, known, late } = decoded;
    if (kind !== device.kind || createdAt !== device.createdAt) {
      this.#letGo([...known.rules.values()], DEVICE_GONE);
      return;
    }
    const { memory, orphans } = bind(this.#placeOf(device), plan, known);
    memory.late = late;
    if (late !== null) this.late.add(id);
    if (orphans.length > 0) this.#touched.add(memory);
    this.#put(memory);
    this.#letGo(orphans, RULE_GONE);
    // A correction was recorded and the program ended before its stretch was marked.
    if (memory.corrections !== this.#stampOf(memory)) {
      const all = { from: 0, to: null };
      for (const series of allSeries(memory)) this.#markSeries(memory, series, all);
    }
  }

  #bindAgain(before: DeviceMemory, device: Device): void {
    const plan = this.#planOf(device.id);
    if (plan === undefined) return;
    if (plan === before.plan) {
      adjustSilences(before, this.#placeOf(device));
      return;
    }
    const { memory, orphans } = bind(this.#placeOf(device), plan, remember(before));
    const { heardAt, late, later, tail, epoch } = before;
    Object.assign(memory, { heardAt, late, later, tail, epoch: epoch + 1 });
    memory.corrections = this.#stampOf(memory);
    this.#letGo(orphans, RULE_GONE);
    this.#put(memory);
    this.touch(memory);
  }

  #forget(id: string): void {
    const memory = this.#devices.get(id);
    const known = memory === undefined ? this.#strangers.get(id)?.known : remember(memory);
    if (known === undefined) return;
    this.#removed.add(id);
    this.late.delete(id);
    this.#strangers.delete(id);
    this.#takeOut(memory);
    this.#letGo([...known.rules.values()], DEVICE_GONE);
  }

  /** The corrections that the values of this device's rules are judged by. */
  #stampOf({ id, others }: DeviceMemory): string {
    const { corrections } = this.#options;
    if (corrections === undefined) return '';
    const stamps = [id, ...others.keys()].flatMap((each) => corrections.of(each)?.stamp ?? []);
    return stamps.join(' ');
  }

  #markCorrected(span: CorrectionSpan): void {
    const own = this.#devices.get(span.device);
    for (const memory of [...(own ? [own] : []), ...this.readersOf(span.device)]) {
      const some = memory.id === span.device ? memory.series : memory.others.get(span.device);
      for (const series of some ?? []) {
        if (series.plan.metric === span.metric) this.#markSeries(memory, series, span);
      }
    }
  }

  /** What was judged of a series by other corrections is judged again. */
  #markSeries(
    memory: DeviceMemory,
    { last, plan: { readers } }: SeriesMemory,
    { from, to }: Pick<CorrectionSpan, 'from' | 'to'>,
  ): void {
    memory.corrections = this.#stampOf(memory);
    const source = this.#options.registry.source(memory.id);
    if (from <= last && readers.length > 0 && source !== undefined) {
      markLate(memory, {
        from,
        to: Math.min(last, to ?? last),
        rules: new Set(readers),
        needed: this.#position,
        known: this.#options.clock.now(),
        coop: source.coop,
        site: source.site,
        note: CORRECTED_NOTE,
      });
    }
    this.touch(memory);
  }

  #letGo(orphans: ReadonlyArray<{ alert: OpenAlert | null }>, note: string): void {
    const at = this.#options.clock.now();
    for (const { alert } of orphans) if (alert !== null) this.#orphans.push({ alert, note, at });
  }

  #refuse(rule: string, error: unknown): void {
    const { logger } = this.#options;
    logger.warn({ rule, error: describeError(error) }, 'a saved rule cannot be, it is left out');
  }
}
