/** Vietnam keeps one offset all year. */
const OFFSET = '+07:00';
const OFFSET_MS = 7 * 3_600_000;

/** What a `datetime-local` field shows for an instant, by the farms' clock. */
export function localInput(ms: number): string {
  return new Date(ms + OFFSET_MS).toISOString().slice(0, 'yyyy-MM-ddThh:mm'.length);
}

/** The instant of what was typed into it, as the API takes it. */
export function instantOfInput(typed: string): string {
  return `${typed}:00${OFFSET}`;
}
