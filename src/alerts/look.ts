import type { Alert, Maintenance } from '../contracts/alert.ts';
import type { Repositories } from '../contracts/state.ts';
import { withVerdict } from './outage.ts';
import type { Sitting } from './sitting.ts';
import { isRaised, isStanding, withEntry } from './timeline.ts';

/** Alerts read at a time; at 4 KB each 800 KB. */
const PAGE_SIZE = 200;

/** Looks at one alert whose time has come: shelf, silence or the time for late reports is over. */
export async function look(sitting: Sitting, tx: Repositories, id: string): Promise<void> {
  const alert = await sitting.alert(id);
  if (alert === undefined) return tx.desk.remind(id, null);
  if (!isStanding(alert)) {
    const said = withVerdict(alert, sitting.now);
    if (said !== null) sitting.revise(said);
    return tx.desk.remind(id, null);
  }
  const unshelved = offShelf(alert, sitting.now);
  const next = await offHush(sitting, unshelved);
  if (next !== alert) sitting.revise(next);
  const calls = next.state === 'open' && next.quiet === null && isRaised(next);
  const spoke = unshelved !== alert || (alert.quiet !== null && next.quiet === null);
  if (calls && spoke) sitting.tell(id, 'unquieted');
  await sitting.remind(next);
}

function offShelf(alert: Alert, now: number): Alert {
  if (alert.state !== 'shelved' || alert.shelf === null || alert.shelf.until > now) return alert;
  return withEntry({ ...alert, state: 'open', shelf: null }, 'unshelved', { at: now });
}

async function offHush(sitting: Sitting, alert: Alert): Promise<Alert> {
  const { quiet } = alert;
  if (quiet === null || quiet.until === null || quiet.until > sitting.now) return alert;
  const hush = await sitting.hush(alert, 'unquieted');
  if (hush !== null) return sitting.hushed(alert, hush);
  const next = { ...alert, quiet: null, cause: null };
  return withEntry(next, 'unquieted', { at: sitting.now, note: quiet.reason });
}

/** Makes what stands on a site quiet when people begin to work there. */
export async function beginWork(
  sitting: Sitting,
  tx: Repositories,
  window: Maintenance,
): Promise<void> {
  for await (const alert of standing(tx, window)) {
    if (alert.quiet !== null || !isStanding(alert)) continue;
    const hush = await sitting.hush(alert, 'unquieted');
    if (hush?.quiet.reason !== 'maintenance') continue;
    const next = sitting.hushed(alert, hush);
    sitting.put({ ...next, revision: alert.revision + 1 });
    await sitting.remind(next);
  }
  await tx.maintenance.begin(window.id);
}

/** Alerts of the window's places that are looked at again, now that nobody works there. */
export async function endWork(tx: Repositories, window: Maintenance, now: number): Promise<void> {
  const found: Alert[] = [];
  for await (const alert of standing(tx, window)) {
    if (alert.quiet?.reason === 'maintenance') found.push(alert);
  }
  for (const alert of found) {
    const { quiet } = alert;
    const next = { ...alert, quiet: quiet && { ...quiet, until: now } };
    await tx.alerts.save([{ ...next, revision: alert.revision + 1 }]);
    await tx.desk.remind(alert.id, now);
  }
}

async function* standing(tx: Repositories, { coop, site }: Maintenance): AsyncIterable<Alert> {
  const states = ['open', 'acknowledged', 'shelved'] as const;
  const filter = { coops: [coop], states, ...(site !== null && { site }) };
  let after: string | undefined;
  do {
    const page = { limit: PAGE_SIZE, ...(after !== undefined && { after }) };
    const { items, next } = await tx.alerts.list(filter, page);
    yield* items;
    after = next ?? undefined;
  } while (after !== undefined);
}

/** Moves what ends after so long with a clock that jumped: it lasts as long as was meant. */
export async function moveWith(tx: Repositories, byMs: number): Promise<Alert[]> {
  const moved: Alert[] = [];
  for (const { alert: id, at } of await tx.desk.reminders()) {
    const alert = await tx.alerts.get(id);
    await tx.desk.remind(id, at + byMs);
    if (alert === undefined || !isStanding(alert)) continue;
    const { shelf, quiet } = alert;
    const until = quiet === null || quiet.until === null ? null : quiet.until + byMs;
    moved.push({
      ...alert,
      shelf: shelf && { ...shelf, until: shelf.until + byMs },
      quiet: quiet && { ...quiet, until },
      revision: alert.revision + 1,
    });
  }
  await tx.alerts.save(moved);
  return moved;
}
