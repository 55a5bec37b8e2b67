import type { Principal } from '../contracts/access.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Rule, RuleScope } from '../contracts/rule.ts';
import type { RuleInForce } from '../contracts/rule-book.ts';
import { sees } from './authenticate.ts';
import { ApiError, notFound } from './problems.ts';

type Places = Pick<Registry, 'find' | 'site'>;

/** The cooperative whose things alone a rule reads: it is that one's own business. */
function coopOf({ coop, device, site }: RuleScope, registry: Places): string | undefined {
  if (coop !== undefined) return coop;
  if (device !== undefined) return registry.find(device)?.coop;
  return site === undefined ? undefined : registry.site(site)?.coop;
}

/** A rule for everybody is seen by everybody; one for a thing nobody has, by who sees all. */
export function seesRule(principal: Principal, { scope }: Rule, registry: Places): boolean {
  const coop = coopOf(scope, registry);
  if (coop !== undefined) return sees(principal, coop);
  return principal.coops === null || (scope.device === undefined && scope.site === undefined);
}

/** Throws 404 for a cooperative, device or site in its scope that the caller may not see. */
export function requireScope(
  principal: Principal,
  { scope }: Pick<Rule, 'scope'>,
  registry: Places,
): void {
  if (principal.coops === null) return;
  const { coop, device, site } = scope;
  if (coop !== undefined && !sees(principal, coop)) throw notFound('COOP', coop);
  const isOthers = (of: string | undefined): boolean => of === undefined || !sees(principal, of);
  if (device !== undefined && isOthers(registry.find(device)?.coop)) {
    throw notFound('DEVICE', device);
  }
  if (site !== undefined && isOthers(registry.site(site)?.coop)) throw notFound('SITE', site);
}

/** Throws 403 for a rule that reads more than the cooperatives the caller sees. */
export function requireOwn(
  principal: Principal,
  rule: Pick<Rule, 'scope'>,
  registry: Places,
): void {
  requireScope(principal, rule, registry);
  if (principal.coops === null || coopOf(rule.scope, registry) !== undefined) return;
  throw new ApiError(
    'RULE_OF_ALL',
    {
      vi: 'Quy tắc này dành cho mọi hợp tác xã. Hãy lưu một quy tắc mới với mã khác, cùng topic, và scope.coop là hợp tác xã của bạn: nó sẽ thay thế ở đó.',
      en: 'This rule is for all cooperatives. Save one of your own under another id, with the same topic and your cooperative as scope.coop: it stands in its place there.',
      fr: 'Cette règle vaut pour toutes les coopératives. Enregistrez-en une autre, de même topic, avec votre coopérative dans scope.coop : elle la remplace chez vous.',
    },
    { field: 'scope.coop' },
  );
}

/** Its devices that the caller may see, those of some cooperatives, or all. */
export function countDevices(
  { devices }: RuleInForce,
  coops: readonly string[] | null | undefined,
): number {
  let sum = 0;
  for (const [coop, count] of devices) if (coops?.includes(coop) ?? true) sum += count;
  return sum;
}

/** What came back of an answer is no part of the rule. */
export function withoutAnswer<T extends { origin?: unknown; devices?: unknown; remarks?: unknown }>(
  body: T,
): Omit<T, 'origin' | 'devices' | 'remarks'> {
  const { origin: _origin, devices: _devices, remarks: _remarks, ...rule } = body;
  return rule;
}
