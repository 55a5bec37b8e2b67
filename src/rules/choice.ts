import type { Rule, RuleScope } from '../contracts/rule.ts';
import type { Device, Site } from '../contracts/state.ts';

/** A device and where it stands: what scopes ask for. */
export interface Subject {
  device: Pick<Device, 'id' | 'coop' | 'site' | 'tags'>;
  /** The site it stands on, when it stands on one. */
  site: Pick<Site, 'kind' | 'species' | 'crop'> | null;
  /** What kind of site such a device stands on. */
  siteKind: Site['kind'];
}

/**
 * What each part of a scope adds to how specific it is. Any part outweighs all that follow
 * together, so that of two with the same most specific part the one that says more wins.
 */
const WEIGHTS: Readonly<Record<keyof RuleScope, number>> = {
  device: 64,
  tag: 32,
  site: 16,
  species: 4,
  crop: 4,
  siteKind: 2,
  coop: 1,
};

/** Whether a rule, enabled or not, is for this device. A rule of another kind never is. */
export function isInScope(
  { scope }: Pick<Rule, 'scope'>,
  { device, site, siteKind }: Subject,
): boolean {
  return (
    isOrOpen(scope.coop, device.coop) &&
    isOrOpen(scope.site, device.site) &&
    isOrOpen(scope.device, device.id) &&
    isOrOpen(scope.siteKind, site?.kind ?? siteKind) &&
    isOrOpen(scope.species, site?.species) &&
    isOrOpen(scope.crop, site?.crop) &&
    (scope.tag === undefined || device.tags.includes(scope.tag))
  );
}

function isOrOpen(wanted: string | undefined, found: string | null | undefined): boolean {
  return wanted === undefined || wanted === found;
}

/**
 * The rules that are judged for a device, of all that its kind has: of each topic the one with the
 * most specific scope, if that one is enabled; the first by id of several. In the order given.
 */
export function chooseRules(rules: readonly Rule[], subject: Subject): Rule[] {
  const byTopic = new Map<string, Rule>();
  const reading = rules.filter((rule) => isInScope(rule, subject));
  for (const rule of reading) {
    if (rule.topic === undefined) continue;
    const best = byTopic.get(rule.topic);
    if (best === undefined || standsBefore(rule, best)) byTopic.set(rule.topic, rule);
  }
  return reading.filter(
    (rule) => rule.enabled && (rule.topic === undefined || byTopic.get(rule.topic) === rule),
  );
}

function standsBefore(rule: Rule, other: Rule): boolean {
  const difference = specificity(rule.scope) - specificity(other.scope);
  return difference === 0 ? rule.id < other.id : difference > 0;
}

function specificity(scope: RuleScope): number {
  let sum = 0;
  for (const [part, weight] of Object.entries(WEIGHTS)) {
    if (scope[part as keyof RuleScope] !== undefined) sum += weight;
  }
  return sum;
}
