/** Quarter hours remembered: receive times of one batch span a handful. */
const CACHED_QUARTERS_MAX = 64;

/**
 * The local calendar day, `2026-11-22`, of a time in ms. Cached by quarter hour: every zone's offset
 * changes on a quarter hour at the finest.
 */
export function localDayOf(timeZone: string): (time: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const cache = new Map<number, string>();
  return (time) => {
    const quarter = Math.floor(time / 900_000);
    let day = cache.get(quarter);
    if (day === undefined) {
      day = format.format(time);
      if (cache.size >= CACHED_QUARTERS_MAX) cache.clear();
      cache.set(quarter, day);
    }
    return day;
  };
}
