import type { Clock } from '../base/clock.ts';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { CounterMetric, Metrics } from '../base/metrics.ts';
import type { Alert } from '../contracts/alert.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { LivePublisher } from '../contracts/live.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Device, Repositories, State } from '../contracts/state.ts';
import { DEVICE_ROW, type DecodedDevice, decodeDevice, encodeDevice } from './device-body.ts';
import { bind, type DeviceMemory, nothingRemembered, remember } from './device-memory.ts';
import { endOrphan, Findings, type OpenAlert, record } from './finding.ts';
import { type Plan, RuleBook } from './rule-book.ts';

export interface MemoryOptions {
  state: State;
  registry: Registry;
  kinds: KindRegistry;
  live: LivePublisher;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
}

const RULE_GONE = 'the rule no longer reads this device';
const DEVICE_GONE = 'the device was removed';

/**
 * What the engine remembers of all devices, and its commits. Between two commits memory runs ahead
 * of the state; whatever breaks off in between, the state and the journal lead to the same again.
 */
export class Memory {
  readonly findings: Findings = new Findings();
  /** Devices with late reports to be evaluated again. */
  readonly late: Set<string> = new Set();
  /** Devices that were created, moved or removed and not looked at since. */
  readonly changed: Set<string> = new Set();
  readonly #options: MemoryOptions;
  readonly #book: RuleBook;
  readonly #alerts: CounterMetric;
  #devices = new Map<string, DeviceMemory>();
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
    this.#book = new RuleBook(options.kinds);
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
    for (const { series, silences } of this.#devices.values()) {
      for (const { rules } of series) for (const { alert } of rules) if (alert !== null) count++;
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
    const { state, clock } = this.#options;
    const [saved, rows, cursor] = [
      await state.rules.list(),
      await state.rules.states(),
      await state.cursors.get('rules'),
    ];
    this.#book.load(saved, (rule, error) => this.#refuse(rule.id, error));
    this.#devices = new Map();
    this.#touched = new Set();
    this.#removed = new Set();
    this.#strangers = new Map();
    this.#orphans = [];
    this.findings.clear();
    this.late.clear();
    for (const { rule, device, body } of rows) {
      const decoded = rule === DEVICE_ROW ? decodeDevice(body, cursor) : undefined;
      if (decoded !== undefined) this.#recall(device, decoded);
    }
    this.#position = cursor;
    this.#committed = cursor;
    this.#committedAt = clock.monotonic();
    this.#loaded = true;
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
    const { memory } = bind(device, plan, nothingRemembered());
    this.#devices.set(id, memory);
    return memory;
  }

  /** The memory changed and is to be saved with the next commit. */
  touch(memory: DeviceMemory): void {
    this.#touched.add(memory);
    if (memory.late === null) this.late.delete(memory.id);
    else this.late.add(memory.id);
  }

  /** Takes over what happened to devices in the registry. */
  applyChanges(): void {
    const { registry, clock } = this.#options;
    for (const id of this.changed) {
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
    this.changed.clear();
  }

  /** Takes over the rules as they are saved now. */
  async reloadRules(): Promise<void> {
    const { state, registry } = this.#options;
    const saved = await state.rules.list();
    this.#book.load(saved, (rule, error) => this.#refuse(rule.id, error));
    for (const memory of [...this.#devices.values()]) {
      const device = registry.find(memory.id);
      if (device !== undefined) this.#bindAgain(memory, device);
    }
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
    const changed: Alert[] = [];
    for (const finding of this.findings.all()) {
      const alert = record(await tx.alerts.get(finding.alert.id), finding);
      if (alert !== null) changed.push(alert);
    }
    for (const orphan of this.#orphans) {
      const stored = await tx.alerts.get(orphan.alert.id);
      const alert = stored === undefined ? null : endOrphan(stored, orphan);
      if (alert !== null) changed.push(alert);
    }
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

  #planOf(id: string): Plan | undefined {
    const source = this.#options.registry.source(id);
    return source === undefined ? undefined : this.#book.plan(source);
  }

  #recall(id: string, decoded: DecodedDevice): void {
    const device = this.#options.registry.find(id);
    const plan = this.#planOf(id);
    if (device === undefined || plan === undefined) {
      this.#strangers.set(id, decoded);
      this.changed.add(id);
      return;
    }
    const { kind, createdAt, known, late } = decoded;
    if (kind !== device.kind || createdAt !== device.createdAt) {
      this.#letGo([...known.rules.values()], DEVICE_GONE);
      return;
    }
    const { memory, orphans } = bind(device, plan, known);
    memory.late = late;
    if (late !== null) this.late.add(id);
    if (orphans.length > 0) this.#touched.add(memory);
    this.#devices.set(id, memory);
    this.#letGo(orphans, RULE_GONE);
  }

  #bindAgain(before: DeviceMemory, device: Device): void {
    const plan = this.#planOf(device.id);
    if (plan === undefined) return;
    const { memory, orphans } = bind(device, plan, remember(before));
    const { heardAt, late, later, tail, epoch } = before;
    Object.assign(memory, { heardAt, late, later, tail, epoch: epoch + 1 });
    this.#letGo(orphans, RULE_GONE);
    this.#devices.set(device.id, memory);
    this.#touched.delete(before);
    this.touch(memory);
  }

  #forget(id: string): void {
    const memory = this.#devices.get(id);
    const known = memory === undefined ? this.#strangers.get(id)?.known : remember(memory);
    if (known === undefined) return;
    this.#removed.add(id);
    this.late.delete(id);
    this.#strangers.delete(id);
    this.#devices.delete(id);
    if (memory !== undefined) this.#touched.delete(memory);
    this.#letGo([...known.rules.values()], DEVICE_GONE);
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
