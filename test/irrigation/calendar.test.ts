import { describe, expect, test } from 'vitest';
import type { ProgrammeRun } from '#src/contracts/irrigation';
import { calendarText } from '#src/irrigation/programmes/calendar';
import { programmeOf, runOf } from '../state/examples-water.ts';
import { at, Stand } from './support/stand.ts';

/** Content lines as a reader unfolds them (RFC 5545, 3.1). */
function linesOf(text: string): string[] {
  expect(text.endsWith('\r\n')).toBe(true);
  for (const line of text.split('\r\n')) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(line).not.toMatch(/[\r\n]/);
  }
  return text.replace(/\r\n /g, '').split('\r\n').slice(0, -1);
}

const piece = { device: 'v-1', from: at('05:30'), seconds: 1_200, litres: 400, command: null };

function eventOf(name: string, change: Partial<ProgrammeRun> = {}): string[] {
  const run = runOf({ at: at('05:30'), reasons: [], pieces: [piece], ...change });
  return linesOf(calendarText([{ programme: programmeOf({ name }), run }], at('00:00')));
}

describe('the calendar', () => {
  test('is an event for each run, in UTC, with a name that stays', () => {
    const reasons = [{ code: 'scaled', values: { factor: 0.5, et0: null } }];
    expect(eventOf('Tưới sáng', { reasons })).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Sluice//Irrigation programmes//EN',
      'CALSCALE:GREGORIAN',
      'METHOD:PUBLISH',
      'BEGIN:VEVENT',
      'UID:p-1-20261121T223000Z@sluice',
      'DTSTAMP:20261121T170000Z',
      'DTSTART:20261121T223000Z',
      'DTEND:20261121T225000Z',
      'SUMMARY:Tưới sáng (20 min)',
      'DESCRIPTION:v-1: 20 min\\, 400 L\\nscaled (factor 0.5\\, et0 ?)',
      'STATUS:CONFIRMED',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
      'END:VCALENDAR',
    ]);
    const moved = eventOf('Tưới', { pieces: [{ ...piece, from: at('05:50') }] });
    expect(moved).toContain('UID:p-1-20261121T223000Z@sluice');
    expect(moved).toContain('DTSTART:20261121T225000Z');
  });

  test('folds between characters and keeps what names hold', () => {
    const long = 'Vườn sầu riêng; phía đông, \\ bờ kênh 🌱 số 7\r\nhàng hai '.repeat(3).trim();
    const summary = eventOf(long).find((line) => line.startsWith('SUMMARY:')) ?? '';
    const read = summary
      .slice('SUMMARY:'.length)
      .replace(/\\([\\;,n])/g, (_, mark: string) => (mark === 'n' ? '\n' : mark));
    expect(read).toBe(`${long.replace(/\r\n/g, '\n')} (20 min)`);
    expect(eventOf('a\u0000b\u0007c\u007f').join()).toContain('SUMMARY:abc (20 min)');
  });

  test('leaves out what is skipped and marks what is proposed', () => {
    expect(eventOf('x', { decision: 'skip' }).join()).not.toContain('VEVENT');
    expect(eventOf('x', { decision: 'propose' })).toContain('STATUS:TENTATIVE');
  });

  test('has the next fortnight of the cooperatives asked for', async () => {
    const stand = await Stand.open();
    await stand.save({ start: { type: 'times', at: ['05:30'], days: [1] } });
    await stand.save({ id: 'p-2', enabled: false });
    await stand.valve('their-valve', { supply: null }, 'phu-my');
    await stand.save({ id: 'p-3', coop: 'phu-my', zones: [{ device: 'their-valve' }] });
    const events = async (coops?: string[]): Promise<string[]> =>
      linesOf(await stand.programmes.calendar(coops === undefined ? {} : { coops })).filter(
        (line) => line.startsWith('UID:'),
      );
    expect(await events(['an-binh'])).toEqual([
      'UID:p-1-20261122T223000Z@sluice',
      'UID:p-1-20261129T223000Z@sluice',
    ]);
    expect((await events()).length).toBe(2 + 14);
    expect(await events([])).toEqual([]);
  });
});
