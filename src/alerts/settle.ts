import type { Alert, AlertChange } from '../contracts/alert.ts';
import type { Repositories } from '../contracts/state.ts';
import { isNewLevel } from './levels.ts';
import { verdictDue, withLateWord } from './outage.ts';
import type { Calling, Sitting } from './sitting.ts';
import { dueOf, isEndedByPerson, isRaised, isStanding, isTold, withEntry } from './timeline.ts';

const GRAVER_NOTE = 'it got graver';

/** Settles what the rules found out; answers every alert that is to be stored. */
export async function settleChanges(
  sitting: Sitting,
  tx: Repositories,
  changes: readonly AlertChange[],
): Promise<Alert[]> {
  const fresh: AlertChange[] = [];
  const settled: Alert[] = [];
  for (const change of changes) {
    const stored = await tx.alerts.get(change.after.id);
    if (stored !== undefined && stored.revision >= change.after.revision) settled.push(stored);
    else fresh.push({ ...change, after: await prepared(sitting, tx, change) });
  }
  // Every silence is known before the first is judged: a gateway may stand last in the list.
  for (const { after } of fresh) {
    sitting.put(after);
    await sitting.heard(after);
  }
  for (const { before, after } of fresh) {
    if (isStanding(after)) await settleStanding(sitting, before, after);
    else await settleEnded(sitting, tx, { ...(before && { before }), after });
  }
  await sitting.review();
  const ids = new Set(sitting.changed().map(({ id }) => id));
  return [...settled.filter(({ id }) => !ids.has(id)), ...sitting.changed()];
}

/** What the desk adds to a change before it decides anything: advice, and the word of a person. */
async function prepared(
  sitting: Sitting,
  tx: Repositories,
  { before, after }: AlertChange,
): Promise<Alert> {
  if (before === undefined) {
    const advice = await tx.advice.get(after.coop, after.rule);
    return advice === undefined ? after : { ...after, advice };
  }
  const said = withLateWord(before, after, sitting.now);
  // It had not ended after all; but a person had ended it, and that holds until it does.
  const isTakenBack = said.state !== 'resolved' && before.state === 'resolved';
  return isTakenBack && isEndedByPerson(said) ? { ...said, state: 'resolved' } : said;
}

async function settleStanding(
  sitting: Sitting,
  before: Alert | undefined,
  after: Alert,
): Promise<void> {
  const calling = callingOf(before, after);
  if (calling === null) return;
  const answered = calling === 'escalated' ? askedAgain(sitting, after) : after;
  sitting.put(answered);
  await call(sitting, answered, calling);
}

function callingOf(before: Alert | undefined, after: Alert): Calling | null {
  if (!isRaised(after)) return null;
  if (before === undefined || !isRaised(before)) return 'raised';
  if (before.end !== null) return 'reopened';
  return isNewLevel(before, after) ? 'escalated' : null;
}

/** Who answered a milder alert has not answered this one. */
function askedAgain(sitting: Sitting, alert: Alert): Alert {
  if (alert.state === 'open') return alert;
  const open: Alert = { ...alert, state: 'open', shelf: null };
  if (alert.state !== 'shelved') return open;
  return withEntry(open, 'unshelved', { at: sitting.now, note: GRAVER_NOTE });
}

async function call(sitting: Sitting, alert: Alert, calling: Calling): Promise<void> {
  const hush = await sitting.hush(alert, calling);
  if (hush !== null) {
    sitting.put(sitting.hushed(alert, hush));
    if (hush.notice) sitting.tell(alert.id, calling);
  } else {
    sitting.put(spoken(sitting, alert, calling));
    if (alert.state === 'open') sitting.tell(alert.id, calling);
  }
  const now = await sitting.alert(alert.id);
  if (now !== undefined) await sitting.remind(now);
}

/** No longer quiet: what was damped got graver. */
function spoken(sitting: Sitting, alert: Alert, calling: Calling): Alert {
  if (alert.quiet === null) return alert;
  const next = { ...alert, quiet: null, cause: null };
  if (calling !== 'escalated') return next;
  return withEntry(next, 'unquieted', { at: sitting.now, note: GRAVER_NOTE });
}

async function settleEnded(
  sitting: Sitting,
  tx: Repositories,
  { before, after }: AlertChange,
): Promise<void> {
  const wasStanding = before !== undefined && isStanding(before);
  if (wasStanding && isTold(before)) sitting.tell(after.id, 'ended');
  sitting.put({ ...after, quiet: null, shelf: null });
  const verdict = verdictDue(before, after);
  const hadTime = before !== undefined && dueOf(before) !== null;
  if (verdict !== null || hadTime) await tx.desk.remind(after.id, verdict);
}
