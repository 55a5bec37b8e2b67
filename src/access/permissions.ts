import type { Action, Principal } from '../contracts/access.ts';
import type { Role } from '../contracts/state.ts';

/** Each role and what it may do beyond the one before it. */
const LADDER: ReadonlyArray<readonly [role: Role, added: readonly Action[]]> = [
  ['viewer', ['read']],
  ['farmer', ['answer-alerts', 'record-field-work', 'stop-devices']],
  [
    'agronomist',
    ['resolve-alerts', 'correct-values', 'edit-rules', 'command-devices', 'edit-programmes'],
  ],
  [
    'operator',
    ['manage-sites', 'manage-devices', 'manage-actuators', 'manage-maintenance', 'manage-people'],
  ],
  ['administrator', ['manage-coops', 'manage-tokens', 'manage-backups']],
];

const RIGHTS: ReadonlyMap<Role, ReadonlySet<Action>> = new Map(
  LADDER.map(([role], step) => [
    role,
    new Set(LADDER.slice(0, step + 1).flatMap(([, added]) => added)),
  ]),
);

/** Whether the role permits it; which cooperatives it covers is asked apart. */
export function allows({ role }: Principal, action: Action): boolean {
  return RIGHTS.get(role)?.has(action) ?? false;
}
