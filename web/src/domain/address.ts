/** The channel that reaches browsers; its addresses are subscriptions. */
export const PUSH_CHANNEL = 'web-push';

/** Longest address shown whole. */
const SHOWN_LENGTH_MAX = 40;

/** An address short enough for a line; its end tells two of them apart. */
export function shortAddress(address: string): string {
  if (address.length <= SHOWN_LENGTH_MAX) return address;
  return `${address.slice(0, SHOWN_LENGTH_MAX / 2)}…${address.slice(-8)}`;
}

/** An id made of a name, as `nguyen-van-a`, that is not taken yet. */
export function idOf(name: string, taken: readonly string[]): string {
  const plain = name
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  const base = plain === '' ? 'person' : plain;
  let id = base;
  for (let count = 2; taken.includes(id); count += 1) id = `${base}-${count}`;
  return id;
}
