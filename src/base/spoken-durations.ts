type SpokenUnit = 'second' | 'minute' | 'hour' | 'day';

/** Units in which times are told, the longest first. */
export const SPOKEN_UNITS: ReadonlyArray<{ unit: SpokenUnit; ms: number }> = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
  { unit: 'second', ms: 1_000 },
];

/** Lengths of time as people of a locale say them, `2 giờ 10 phút`; at most two units. */
export function spokenDurations(locale: string): (ms: number) => string {
  const formats = new Map(
    SPOKEN_UNITS.map(({ unit }) => [
      unit,
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }),
    ]),
  );
  return (ms) => {
    const rest = Math.max(ms, 0);
    const first = SPOKEN_UNITS.findIndex((entry) => rest >= entry.ms);
    const main = SPOKEN_UNITS[first === -1 ? SPOKEN_UNITS.length - 1 : first];
    if (main === undefined) return '';
    const count = Math.floor(rest / main.ms);
    const text = formats.get(main.unit)?.format(count) ?? '';
    const next = SPOKEN_UNITS[first + 1];
    const remainder = next === undefined ? 0 : Math.floor((rest - count * main.ms) / next.ms);
    if (next === undefined || main.unit === 'minute' || remainder === 0 || first === -1)
      return text;
    return `${text} ${formats.get(next.unit)?.format(remainder)}`;
  };
}
