import { spokenDurations } from '../../base/spoken-durations.ts';
import type { Programme, ProgrammeRun, Reason } from '../../contracts/irrigation.ts';
import type { Language } from '../../contracts/localized.ts';
import { REASON_WORDS } from '../words/languages.ts';
import { type ReasonSense, reasonText } from '../words/reason-text.ts';
import { endOf } from './plan.ts';

/** Octets of a content line without its end (RFC 5545, 3.1). */
const LINE_OCTETS_MAX = 75;

export interface CalendarEntry {
  programme: Programme;
  run: ProgrammeRun;
}

const LOCALES: Readonly<Record<Language, string>> = { vi: 'vi-VN', en: 'en-GB', fr: 'fr-FR' };

/**
 * Planned runs as an iCalendar object (RFC 5545): one event each, from the first valve to the last,
 * in words of a language; Vietnamese is what most people read. What is skipped is left out. `now`
 * dates the object; times are UTC, and a run keeps its UID.
 */
export function calendarText(
  entries: readonly CalendarEntry[],
  now: number,
  language: Language = 'vi',
): string {
  const sense = senseOf(language);
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Sluice//Irrigation programmes//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    ...entries.flatMap((entry) => eventLines(entry, now, sense)),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

function senseOf(language: Language): ReasonSense {
  const locale = LOCALES[language];
  return {
    words: REASON_WORDS[language],
    format: {
      number: (value, decimals) =>
        value.toLocaleString(locale, {
          minimumFractionDigits: decimals,
          maximumFractionDigits: decimals,
        }),
      date: (ms) => new Date(ms).toLocaleDateString(locale, { timeZone: 'Asia/Ho_Chi_Minh' }),
      duration: spokenDurations(locale),
    },
    nameOf: (id) => id,
  };
}

function eventLines({ programme, run }: CalendarEntry, now: number, sense: ReasonSense): string[] {
  const from = run.pieces[0]?.from;
  const to = endOf(run.pieces);
  if (from === undefined || to === null || run.decision === 'skip') return [];
  const seconds = run.pieces.reduce((sum, piece) => sum + piece.seconds, 0);
  return [
    'BEGIN:VEVENT',
    `UID:${programme.id}-${stamp(run.at)}@sluice`,
    `DTSTAMP:${stamp(now)}`,
    `DTSTART:${stamp(from)}`,
    `DTEND:${stamp(to)}`,
    `SUMMARY:${escaped(`${programme.name} (${lasting(seconds, sense)})`)}`,
    `DESCRIPTION:${escaped(described(run, sense))}`,
    ...run.reasons.map((reason) => `X-SLUICE-REASON:${escaped(coded(reason))}`),
    `STATUS:${run.decision === 'propose' ? 'TENTATIVE' : 'CONFIRMED'}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ];
}

/** To the minute: what a calendar has room for. */
function lasting(seconds: number, { format }: ReasonSense): string {
  return format.duration(Math.max(1, Math.round(seconds / 60)) * 60_000);
}

function described({ pieces, reasons }: ProgrammeRun, sense: ReasonSense): string {
  const zones = pieces.map(({ device, seconds, litres }) => {
    const water = litres === null ? '' : `, ${sense.format.number(litres, 0)} L`;
    return `${device}: ${lasting(seconds, sense)}${water}`;
  });
  return [...zones, ...reasons.map((reason) => reasonText(reason, sense))].join('\n');
}

/** A reason for programs, whatever language people asked for (3.8.8.2). */
function coded({ code, values }: Reason): string {
  const said = Object.entries(values).map(([name, value]) => `${name} ${value ?? '?'}`);
  return said.length === 0 ? code : `${code} (${said.join(', ')})`;
}

/** `20261122T053000Z` (3.3.5, form 2). */
function stamp(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

/** TEXT (3.3.11). */
function escaped(text: string): string {
  return text
    .replace(/\\/g, '\\\\')
    .replace(/[;,]/g, (mark) => `\\${mark}`)
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(CONTROLS, '');
}

/** Characters that no TEXT may hold; a tab may stay. */
const CONTROLS = /(?!\t)\p{Cc}/gu;

/** Lines of at most 75 octets, cut between characters, each further one after a space (3.1). */
function folded(line: string): string {
  const pieces: string[] = [];
  let piece = '';
  let octets = 0;
  for (const character of line) {
    const more = Buffer.byteLength(character);
    if (octets + more > LINE_OCTETS_MAX) {
      pieces.push(piece);
      piece = ' ';
      octets = 1;
    }
    piece += character;
    octets += more;
  }
  return [...pieces, piece].join('\r\n');
}
