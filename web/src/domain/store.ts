/** How the server's history store does. */
export interface Store {
  available: boolean;
  /** Reports that wait for it in the journal. */
  behind: number;
}

/** Fewer than these are taken in a moment; nobody need know of them. */
const BEHIND_SHOWN_FROM = 1_000;

/** What there is to say of the store, or null: what it lacks is safe and comes later. */
export function storeNotice(store: Store | null): 'down' | 'behind' | null {
  if (store === null) return null;
  if (!store.available) return 'down';
  return store.behind >= BEHIND_SHOWN_FROM ? 'behind' : null;
}
