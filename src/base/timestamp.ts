const PATTERN =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))$/;

/**
 * RFC 3339 date-time (section 5.6) as ms since 1970; fractions below a millisecond are cut. NaN
 * for anything else, also for a local time without offset, which would be a guess, and for dates
 * that do not exist, such as 30 February.
 */
export function parseTimestamp(text: string): number {
  const match = PATTERN.exec(text);
  if (match === null) return Number.NaN;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  if (hour > 23 || minute > 59 || second > 60) return Number.NaN;
  const ms = match[7] === undefined ? 0 : Math.trunc(Number(`0.${match[7]}`) * 1000 + 1e-6);
  const midnight = Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return Number.NaN;
  const offsetMinutes = match[8] === undefined ? offset(match[9], match[10], match[11]) : 0;
  return midnight + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000 + ms;
}

function offset(sign: string | undefined, hours = '0', minutes = '0'): number {
  if (Number(hours) > 23 || Number(minutes) > 59) return Number.NaN;
  const total = Number(hours) * 60 + Number(minutes);
  return sign === '-' ? -total : total;
}
