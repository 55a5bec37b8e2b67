/** Nanoseconds since 1970 fill 63 bits: the years 1677 to 2262, less a second at each end. */
const TIME_MAX_MS = 9_223_372_035_000;

/** No server has a row at this time or later. */
export const TIME_END_MS: number = TIME_MAX_MS + 1;

export function canHoldTime(time: number): boolean {
  return Math.abs(time) <= TIME_MAX_MS;
}

/** Condition for `[from, to)` in ms; fractions of ms do not occur in the data. */
export function timeCondition(from: number, to: number): string {
  const literal = (time: number): string =>
    `${Math.max(-TIME_MAX_MS, Math.min(TIME_MAX_MS, Math.ceil(time)))}ms`;
  return `time >= ${literal(from)} AND time < ${literal(to)}`;
}

export function identifier(name: string): string {
  return `"${name.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'`;
}

/** Devices named in one statement: the parser of some servers goes one level deeper for each. */
const DEVICES_PER_STATEMENT_MAX = 200;

/** Conditions that together name all these devices; one that always holds when it is null. */
export function deviceConditions(devices: readonly string[] | null): string[] {
  if (devices === null) return [''];
  const conditions: string[] = [];
  for (let start = 0; start < devices.length; start += DEVICES_PER_STATEMENT_MAX) {
    const some = devices.slice(start, start + DEVICES_PER_STATEMENT_MAX);
    conditions.push(` AND (${some.map((name) => `"device" = ${literal(name)}`).join(' OR ')})`);
  }
  return conditions;
}

/** One series for each place a device stood on. */
export const BY_PLACE = 'GROUP BY "coop", "device", "site"';

/**
 * Names of our own fields. A dash keeps them apart from every metric; version 3 allows no other
 * sign that metrics cannot have.
 */
export const RECEIVED_AT = 'sluice-received-at';
export const receivedAtOf = (metric: string): string => `${RECEIVED_AT}-${metric}`;
export const qualityOf = (metric: string): string => `sluice-quality-${metric}`;
