import type { HealthFinding } from '../contracts/health.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import { SEVERITIES } from '../contracts/rule.ts';
import type { Client } from './client.ts';

/** Devices asked for at once. */
const PAGE_LIMIT = 1_000;
/** Named one by one; of the others it says how many. */
const SHOWN_MAX = 5;

interface ListedDevice {
  id: string;
  health: Array<Pick<HealthFinding, 'code' | 'severity'>>;
}

/** The devices with the gravest findings, in one line each; the check fails on a warning. */
export async function deviceChecks(client: Pick<Client, 'call'>): Promise<ReadinessCheck[]> {
  const ailing: ListedDevice[] = [];
  let count = 0;
  let next: string | null = '';
  while (next !== null) {
    const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
    const page: { items: ListedDevice[]; next: string | null } = await client.call(
      'GET',
      `/devices?limit=${PAGE_LIMIT}${cursor}`,
    );
    count += page.items.length;
    ailing.push(...page.items.filter(({ health }) => health.length > 0));
    next = page.next;
  }
  const name = 'devices';
  if (ailing.length === 0) {
    return count === 0 ? [] : [{ name, ok: true, detail: `nothing is wrong with ${count}` }];
  }
  ailing.sort((left, right) => gravity(right) - gravity(left));
  const checks: ReadinessCheck[] = [];
  for (const device of ailing.slice(0, SHOWN_MAX)) {
    const { items } = await client.call<{ items: HealthFinding[] }>(
      'GET',
      `/devices/${encodeURIComponent(device.id)}/health`,
    );
    const detail = `${device.id}: ${items.map(({ text }) => text.en).join(' ')}`;
    checks.push({ name, ok: gravity(device) < SEVERITIES.indexOf('warning'), detail });
  }
  const more = ailing.length - checks.length;
  if (more > 0) checks.push({ name, ok: true, detail: `and ${more} more of ${count}` });
  return checks;
}

/** The gravest finding is the first. */
function gravity({ health }: ListedDevice): number {
  return SEVERITIES.indexOf(health[0]?.severity ?? 'info');
}
