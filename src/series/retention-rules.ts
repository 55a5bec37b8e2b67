import { AppError } from '../base/errors.ts';
import { DAY_MS, localClock } from '../base/local-clock.ts';
import { nearest } from '../base/suggest.ts';
import { RETENTION_TIERS } from '../contracts/series.ts';
import { toInstant, zonePieces } from './time-zone.ts';

/** What else would grow for ever, though no series store keeps it. */
export const STATE_TIERS = ['rejections', 'alerts'] as const;
export type StateTier = (typeof STATE_TIERS)[number];

const TIERS = [...RETENTION_TIERS, ...STATE_TIERS] as const;
export type KeptTier = (typeof TIERS)[number];

const UNITS = { d: 'day', w: 'week', mo: 'month', y: 'year' } as const;
/** A thousand years; beyond it dates have no four-digit year. */
const COUNT_MAX = 9_999;
const UNIT_COUNT_MAX: Readonly<Record<AgeUnit, number>> = {
  day: COUNT_MAX,
  week: COUNT_MAX / 7,
  month: COUNT_MAX / 8,
  year: 1_000,
};

type AgeUnit = (typeof UNITS)[keyof typeof UNITS];

/** By the calendar of the instance: a month ago is the same day of the month before. */
export interface Age {
  count: number;
  unit: AgeUnit;
}

export interface RetentionRule {
  /** Null: every kind without a rule of its own. */
  kind: string | null;
  tier: KeptTier;
  /** Null: for ever. */
  age: Age | null;
}

/** What holds for a tier that no rule names: the rest is kept for ever. */
const DEFAULTS: readonly string[] = ['rejections=400d'];
/** Points that leave for an archive still answer; elsewhere they would be gone unasked. */
const ARCHIVE_DEFAULTS: readonly string[] = [...DEFAULTS, 'raw=400d'];

/**
 * Rules from entries such as `raw=400d` and `pond.raw=forever`, over the defaults. Throws
 * CONFIG_INVALID that says what is wrong with which entry.
 */
export function parseRetention(
  entries: readonly string[],
  { keepsArchive }: { keepsArchive: boolean },
): RetentionRule[] {
  const given = entries.map(parseEntry);
  const seen = new Set<string>();
  given.forEach(({ kind, tier }, index) => {
    const key = `${kind} ${tier}`;
    if (seen.has(key)) throw invalid(entries[index] ?? '', 'it is named twice');
    seen.add(key);
  });
  const defaults = (keepsArchive ? ARCHIVE_DEFAULTS : DEFAULTS).map(parseEntry);
  return [...defaults.filter(({ tier }) => !seen.has(`null ${tier}`)), ...given];
}

function parseEntry(entry: string): RetentionRule {
  const match = /^(?:([^.=\s]+)\.)?([^.=\s]+)=(\S+)$/.exec(entry);
  if (match === null) throw invalid(entry, 'it is not [kind.]tier=age, such as raw=400d');
  const [, kind = null, tierName = '', ageText = ''] = match;
  const tier = TIERS.find((known) => known === tierName);
  if (tier === undefined) {
    throw invalid(entry, `there is no tier ${tierName}${suggestion(tierName, TIERS)}`);
  }
  if (kind !== null && STATE_TIERS.some((known) => known === tier)) {
    throw invalid(entry, `${tier} are kept alike for all kinds`);
  }
  return { kind, tier, age: parseAge(entry, ageText) };
}

function parseAge(entry: string, text: string): Age | null {
  if (text === 'forever') return null;
  const match = /^([1-9]\d{0,3})(d|w|mo|y)$/.exec(text);
  const unit = UNITS[match?.[2] as keyof typeof UNITS];
  const count = Number(match?.[1]);
  if (match === null || count > UNIT_COUNT_MAX[unit]) {
    throw invalid(entry, `${text} is no age such as 400d, 8w, 6mo, 10y or forever`);
  }
  return { count, unit };
}

/** Throws CONFIG_INVALID when a rule names a kind that is not installed. */
export function checkRetentionKinds(
  rules: readonly RetentionRule[],
  kinds: ReadonlyMap<string, unknown>,
): void {
  for (const { kind, tier } of rules) {
    if (kind === null || kinds.has(kind)) continue;
    throw invalid(`${kind}.${tier}`, `there is no kind ${kind}${suggestion(kind, kinds.keys())}`);
  }
}

function suggestion(word: string, known: Iterable<string>): string {
  const names = [...known];
  const like = nearest(word, names);
  return like === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${like}?`;
}

function invalid(entry: string, why: string): AppError {
  return new AppError('CONFIG_INVALID', `SLUICE_RETENTION: ${entry}: ${why}`, {
    field: 'SLUICE_RETENTION',
    hint: 'It is a list of [kind.]tier=age, such as raw=400d,archive=10y,hour=forever.',
  });
}

/** How long a kind's data stay in a tier: its own rule, else the tier's; null is for ever. */
export function ageOf(
  rules: readonly RetentionRule[],
  tier: KeptTier,
  kind: string | null,
): Age | null {
  const of = (name: string | null): RetentionRule | undefined =>
    rules.findLast((rule) => rule.tier === tier && rule.kind === name);
  return (of(kind) ?? of(null))?.age ?? null;
}

/** The local midnight before which data of that age or older were observed. */
export function cutOff(age: Age, now: number, timeZone: string): number {
  const day = earlier(localClock(timeZone).day(now), age) * DAY_MS;
  return toInstant(day, zonePieces(timeZone, day - 2 * DAY_MS, day + 2 * DAY_MS));
}

/** A day, counted from 1970-01-01, so much earlier. */
function earlier(day: number, { count, unit }: Age): number {
  if (unit === 'day') return day - count;
  if (unit === 'week') return day - 7 * count;
  const date = new Date(day * DAY_MS);
  const months =
    date.getUTCFullYear() * 12 + date.getUTCMonth() - (unit === 'year' ? 12 : 1) * count;
  const year = Math.floor(months / 12);
  const month = months - year * 12;
  // The 31st of a month that has 30 days is its 30th.
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Math.floor(Date.UTC(year, month, Math.min(date.getUTCDate(), last)) / DAY_MS);
}
