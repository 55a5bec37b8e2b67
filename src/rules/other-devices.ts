import { AppError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import { unknownMetric } from '../contracts/condition-faults.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Rule, RuleScope, Signal, TestGroup } from '../contracts/rule.ts';

interface Surroundings {
  kinds: KindRegistry;
  registry: Pick<Registry, 'find' | 'site' | 'all'>;
}

/** A device besides its own that a rule reads. */
interface OtherDevice {
  device: string;
  metric: string;
  /** Path of the view that names it. */
  path: string;
}

/** The cooperative whose devices alone a scope reaches, as far as it can be told; null: all. */
export function coopOf(
  { coop, site, device }: RuleScope,
  registry: Pick<Registry, 'find' | 'site'>,
): string | null {
  if (coop !== undefined) return coop;
  if (device !== undefined) return registry.find(device)?.coop ?? null;
  return (site === undefined ? undefined : registry.site(site)?.coop) ?? null;
}

/** The devices a rule's views name. */
export function* otherDevices({ condition }: Rule): Iterable<OtherDevice> {
  if (condition.type === 'absence') return;
  if (condition.type === 'threshold') yield* ofSignal(condition, 'condition');
  else yield* ofGroup(condition, 'condition');
}

function* ofGroup({ of }: TestGroup, path: string): Iterable<OtherDevice> {
  for (const [index, test] of of.entries()) {
    const at = `${path}.of.${index}`;
    if (test.type === 'test') yield* ofSignal(test, at);
    else yield* ofGroup(test, at);
  }
}

function* ofSignal({ view }: Signal, path: string): Iterable<OtherDevice> {
  if (view?.type !== 'minus' || view.device === undefined) return;
  yield { device: view.device, metric: view.metric, path: `${path}.view` };
}

/**
 * Throws RULE_INVALID unless every other device a rule reads is there, observes the metric, and
 * belongs to the one cooperative whose devices the rule is for: what one farm measures is not for
 * the alerts of another.
 */
export function checkOtherDevices(rule: Rule, { kinds, registry }: Surroundings): void {
  const coop = coopOf(rule.scope, registry);
  for (const { device: id, metric, path } of otherDevices(rule)) {
    const device = registry.find(id);
    const isForeign = device !== undefined && coop !== null && device.coop !== coop;
    if (device === undefined || isForeign) throw missing(rule, { id, path, coop }, registry);
    if (coop === null) {
      throw new AppError('RULE_INVALID', `rule ${rule.id}: it compares with one device alone`, {
        field: 'scope.coop',
        hint: 'Name the cooperative of that device, or its site: others have no use for it.',
      });
    }
    const names = (kinds.get(device.kind)?.metrics ?? []).map(({ name }) => name);
    if (names.includes(metric)) continue;
    const { field, why, hint } = unknownMetric(`${path}.metric`, metric, {
      name: device.kind,
      names,
    });
    throw new AppError('RULE_INVALID', `rule ${rule.id}: ${why}`, { field, hint });
  }
}

/** Another cooperative's device is as good as none: its id is not for the asker to find out. */
function missing(
  rule: Rule,
  { id, path, coop }: { id: string; path: string; coop: string | null },
  registry: Pick<Registry, 'all'>,
): AppError {
  const own = [...registry.all()].filter((device) => device.coop === coop);
  const meant = nearest(
    id,
    own.map((device) => device.id),
  );
  const hint =
    meant === undefined
      ? 'Name a device of the same cooperative.'
      : `Did you mean ${meant}? It is of the same cooperative.`;
  return new AppError('RULE_INVALID', `rule ${rule.id}: there is no device ${id} to compare with`, {
    field: `${path}.device`,
    hint,
  });
}
