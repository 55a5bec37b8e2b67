import { AppError } from '../base/errors.ts';
import type { StoredCount } from '../contracts/series.ts';
import type { Page, Paged, ReceivedCount } from '../contracts/state.ts';

/** One device's day: what came in and what became of it. */
export interface Account {
  coop: string;
  device: string;
  day: string;
  received: number;
  stored: number;
  duplicate: number;
  rejected: number;
  pending: number;
  balanced: boolean;
}

/** Newest day first, then by device; a device that changed its cooperative has a line for each. */
const keyOf = ({ day, device, coop }: Pick<Account, 'day' | 'device' | 'coop'>): string =>
  `${day} ${device} ${coop}`;

/** Joins what was decoded with what the store holds. */
export function mergeCounts(
  received: readonly ReceivedCount[],
  stored: readonly StoredCount[],
): Account[] {
  const accounts = new Map<string, Account>();
  const accountOf = (count: ReceivedCount | StoredCount): Account => {
    const key = keyOf(count);
    let account = accounts.get(key);
    if (account === undefined) {
      const { coop, device, day } = count;
      const nothing = { received: 0, stored: 0, duplicate: 0, rejected: 0, pending: 0 };
      account = { coop, device, day, ...nothing, balanced: true };
      accounts.set(key, account);
    }
    return account;
  };
  for (const count of received) {
    const account = accountOf(count);
    account.received += count.received;
    account.rejected += count.rejected;
    account.duplicate += count.repeated;
  }
  for (const count of stored) {
    const account = accountOf(count);
    account.stored += count.stored;
    account.duplicate += count.duplicate;
  }
  for (const account of accounts.values()) {
    const missing = account.received - account.stored - account.duplicate - account.rejected;
    account.pending = Math.max(0, missing);
    account.balanced = missing === 0;
  }
  return [...accounts.values()].sort(byDayThenDevice);
}

function byDayThenDevice(left: Account, right: Account): number {
  if (left.day !== right.day) return left.day < right.day ? 1 : -1;
  if (left.device !== right.device) return left.device < right.device ? -1 : 1;
  return left.coop < right.coop ? -1 : left.coop > right.coop ? 1 : 0;
}

/** One page; the cursor is the key of its last account. */
export function accountPage(accounts: readonly Account[], page: Page): Paged<Account> {
  const start = page.after === undefined ? 0 : startAfter(accounts, page.after);
  const items = accounts.slice(start, start + page.limit);
  const last = items.at(-1);
  const more = start + page.limit < accounts.length;
  return {
    items,
    next: more && last !== undefined ? Buffer.from(keyOf(last)).toString('base64url') : null,
  };
}

function startAfter(accounts: readonly Account[], cursor: string): number {
  const [day = '', device = '', coop = '', rest] = Buffer.from(cursor, 'base64url')
    .toString('utf8')
    .split(' ');
  if (day === '' || device === '' || coop === '' || rest !== undefined) {
    throw new AppError('CURSOR_INVALID', 'the cursor is not one this list gave out', {
      field: 'cursor',
      hint: 'Use the value of `next` as it came, with the same filters.',
    });
  }
  const last = { day, device, coop } as Account;
  const index = accounts.findIndex((account) => byDayThenDevice(account, last) > 0);
  return index === -1 ? accounts.length : index;
}
