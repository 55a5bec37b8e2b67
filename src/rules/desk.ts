import { type Clock, repeat } from '../base/clock.ts';
import { AppError, describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Service } from '../base/service.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Rule, RuleVersion } from '../contracts/rule.ts';
import type { RuleDesk, RuleInForce } from '../contracts/rule-book.ts';
import type { Repositories, State } from '../contracts/state.ts';
import { chooseRules } from './choice.ts';
import { checkOtherDevices } from './other-devices.ts';
import { subjectOf } from './subjects.ts';
import { validateRule } from './validate.ts';

export interface RuleDeskOptions {
  state: Pick<State, 'rules' | 'transaction'>;
  registry: Registry;
  kinds: KindRegistry;
  clock: Clock;
  logger: Logger;
  /** Has the engine take over what was saved. */
  reload: () => Promise<void>;
}

/** Saved rules of one instance: a rule for each metric of a hundred ponds. */
const SAVED_RULES_MAX = 2_000;
/** Versions of one rule: they are kept for ever and answered whole, 2 MB at 4 KB each. */
const VERSIONS_MAX = 500;

/** An engine that could not take over what was saved is asked again this often. */
const RELOAD_EVERY_MS = 5_000;

/** Rules as people read and change them. It reads the saved ones when it starts. */
export function createRuleDesk(options: RuleDeskOptions): RuleDesk & Service {
  return new Desk(options);
}

class Desk implements RuleDesk, Service {
  readonly name = 'rule desk';
  readonly #options: RuleDeskOptions;
  #saved: ReadonlyMap<string, Rule> = new Map();
  /** By rule, for each cooperative; null after something changed. */
  #counts: Map<string, Map<string, number>> | null = null;
  /** The engine does not have yet what was saved. */
  #isStale = false;
  #ends: Array<() => void> = [];

  constructor(options: RuleDeskOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#read();
    this.#ends = [
      this.#options.registry.onChange(() => this.#forgetCounts()),
      repeat(RELOAD_EVERY_MS, async () => {
        if (this.#isStale) await this.#takeOver();
      }),
    ];
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
  }

  list(): RuleInForce[] {
    return this.#inForce().map((rule) => this.#present(rule));
  }

  get(id: string): RuleInForce | undefined {
    const rule = this.#saved.get(id) ?? this.#ofKinds(id);
    return rule && this.#present(rule);
  }

  check(rule: Rule): void {
    const { kinds, registry } = this.#options;
    const before = this.#saved.get(rule.id) ?? this.#ofKinds(rule.id);
    if (before !== undefined && before.kind !== rule.kind) {
      throw new AppError('RULE_INVALID', `rule ${rule.id}: it reads ${before.kind}`, {
        field: 'kind',
        hint: 'A rule stays with its kind of device. Give the new one another id.',
      });
    }
    validateRule(rule, kinds);
    checkOtherDevices(rule, { kinds, registry });
  }

  async save(asked: Parameters<RuleDesk['save']>[0], by: string): Promise<RuleInForce> {
    const { state, clock } = this.#options;
    const { version: expected, ...rest } = asked;
    this.check({ ...rest, version: expected ?? 1 });
    const saved = await state.transaction(async (tx) => {
      const before = (await tx.rules.get(rest.id)) ?? this.#ofKinds(rest.id);
      const present = before?.version ?? 0;
      if (expected !== undefined && expected !== present) throw conflict(rest.id, present);
      const versions = await tx.rules.versions(rest.id);
      await refuseMore(tx, rest.id, versions);
      const newest = Math.max(
        present,
        this.#ofKinds(rest.id)?.version ?? 0,
        ...versions.map(({ rule }) => rule.version),
      );
      const rule: Rule = { ...rest, version: newest + 1 };
      await tx.rules.save(rule, { by, at: clock.now() });
      return rule;
    });
    await this.#takeOver();
    return this.#present(saved);
  }

  async remove(id: string, by: string): Promise<boolean> {
    const { state, clock } = this.#options;
    const removed = await state.rules.remove(id, { by, at: clock.now() });
    if (removed) await this.#takeOver();
    return removed;
  }

  versions(id: string): Promise<RuleVersion[]> {
    return this.#options.state.rules.versions(id);
  }

  async #read(): Promise<void> {
    const saved = await this.#options.state.rules.list();
    this.#saved = new Map(saved.map((rule) => [rule.id, rule]));
    this.#forgetCounts();
  }

  /** What was saved stands: an engine that cannot take it over now is no failure of saving. */
  async #takeOver(): Promise<void> {
    this.#isStale = true;
    try {
      await this.#read();
      await this.#options.reload();
      this.#isStale = false;
    } catch (error) {
      const reason = describeError(error);
      this.#options.logger.warn({ reason }, 'saved rules are not in force yet; tried again soon');
    }
  }

  #ofKinds(id: string): Rule | undefined {
    for (const { rules } of this.#options.kinds.values()) {
      const found = rules.find((rule) => rule.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Those of the kinds, each replaced by the saved one with its id; then the others. */
  #inForce(): Rule[] {
    const rules = new Map<string, Rule>();
    for (const kind of this.#options.kinds.values()) {
      for (const rule of kind.rules) rules.set(rule.id, rule);
    }
    for (const rule of this.#saved.values()) rules.set(rule.id, rule);
    return [...rules.values()];
  }

  #present(rule: Rule): RuleInForce {
    const origin = this.#saved.has(rule.id) ? 'saved' : 'kind';
    return { rule, origin, devices: this.#countAll().get(rule.id) ?? new Map() };
  }

  #forgetCounts(): void {
    this.#counts = null;
  }

  #countAll(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    if (this.#counts !== null) return this.#counts;
    const { registry, kinds } = this.#options;
    const inForce = this.#inForce();
    const byKind = new Map(
      [...kinds.keys()].map((name) => [name, inForce.filter((rule) => rule.kind === name)]),
    );
    const counts = new Map<string, Map<string, number>>();
    for (const device of registry.all()) {
      const kind = kinds.get(device.kind);
      if (kind === undefined) continue;
      const subject = subjectOf(device, kind, registry);
      for (const { id } of chooseRules(byKind.get(kind.name) ?? [], subject)) {
        let ofRule = counts.get(id);
        if (ofRule === undefined) {
          ofRule = new Map();
          counts.set(id, ofRule);
        }
        ofRule.set(device.coop, (ofRule.get(device.coop) ?? 0) + 1);
      }
    }
    this.#counts = counts;
    return counts;
  }
}

function conflict(id: string, present: number): AppError {
  const is = present === 0 ? 'is not there' : `is at version ${present}`;
  return new AppError('RULE_CONFLICT', `rule ${id} ${is}`, {
    field: 'version',
    hint: 'Read it again: another person changed it meanwhile.',
  });
}

async function refuseMore(
  tx: Repositories,
  id: string,
  versions: readonly RuleVersion[],
): Promise<void> {
  if (versions.length >= VERSIONS_MAX) {
    throw new AppError('RULES_FULL', `rule ${id} has ${versions.length} versions already`, {
      hint: 'Remove it and save it under another id.',
    });
  }
  const saved = await tx.rules.list();
  if (saved.length < SAVED_RULES_MAX || saved.some((rule) => rule.id === id)) return;
  throw new AppError('RULES_FULL', `${saved.length} rules are saved already`, {
    hint: 'Remove those nobody needs, or scope one by tag instead of one for each device.',
  });
}
