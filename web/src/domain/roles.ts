/** From who may do least on; each may do what the one before it may. */
const ROLES = ['viewer', 'farmer', 'agronomist', 'operator', 'administrator'] as const;
export type Role = (typeof ROLES)[number];

/** True when a role is at least another; an unknown one, of a newer server, is let try. */
export function isAtLeast(role: string | null, least: Role): boolean {
  const known: readonly (string | null)[] = ROLES;
  const rank = known.indexOf(role);
  return rank === -1 || rank >= ROLES.indexOf(least);
}
