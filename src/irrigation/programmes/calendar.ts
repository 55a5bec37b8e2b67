import type { Programme, ProgrammeRun } from '../../contracts/irrigation.ts';
import { endOf } from './plan.ts';

/** Octets of a content line without its end (RFC 5545, 3.1). */
const LINE_OCTETS_MAX = 75;

export interface CalendarEntry {
  programme: Programme;
  run: ProgrammeRun;
}

/**
 * Planned runs as an iCalendar object (RFC 5545): one event each, from the first valve to the last.
 * What is skipped is left out. `now` dates the object; times are UTC, and a run keeps its UID.
 */
export function calendarText(entries: readonly CalendarEntry[], now: number): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Sluice//Irrigation programmes//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    ...entries.flatMap((entry) => eventLines(entry, now)),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

function eventLines({ programme, run }: CalendarEntry, now: number): string[] {
  const from = run.pieces[0]?.from;
  const to = endOf(run.pieces);
  if (from === undefined || to === null || run.decision === 'skip') return [];
  const minutes = Math.round(run.pieces.reduce((sum, { seconds }) => sum + seconds, 0) / 60);
  return [
    'BEGIN:VEVENT',
    `UID:${programme.id}-${stamp(run.at)}@sluice`,
    `DTSTAMP:${stamp(now)}`,
    `DTSTART:${stamp(from)}`,
    `DTEND:${stamp(to)}`,
    `SUMMARY:${escaped(`${programme.name} (${minutes} min)`)}`,
    `DESCRIPTION:${escaped(described(run))}`,
    `STATUS:${run.decision === 'propose' ? 'TENTATIVE' : 'CONFIRMED'}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ];
}

function described({ pieces, reasons }: ProgrammeRun): string {
  const zones = pieces.map(({ device, seconds, litres }) => {
    const water = litres === null ? '' : `, ${Math.round(litres)} L`;
    return `${device}: ${Math.round(seconds / 60)} min${water}`;
  });
  const why = reasons.map(({ code, values }) => {
    const said = Object.entries(values).map(([name, value]) => `${name} ${value ?? '?'}`);
    return said.length === 0 ? code : `${code} (${said.join(', ')})`;
  });
  return [...zones, ...why].join('\n');
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
