import { describe, expect, test } from 'vitest';
import type { ProgrammeRun } from '#src/contracts/irrigation';
import type { Language } from '#src/contracts/localized';
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

function eventOf(name: string, change: Partial<ProgrammeRun> = {}, language?: Language): string[] {
  const run = runOf({ at: at('05:30'), reasons: [], pieces: [piece], ...change });
  return linesOf(calendarText([{ programme: programmeOf({ name }), run }], at('00:00'), language));
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
      'SUMMARY:Tưới sáng (20 phút)',
      'DESCRIPTION:v-1: 20 phút\\, 400 L\\nLiều nhân với 0\\,50.',
      'X-SLUICE-REASON:scaled (factor 0.5\\, et0 ?)',
      'STATUS:CONFIRMED',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
      'END:VCALENDAR',
    ]);
    const moved = eventOf('Tưới', { pieces: [{ ...piece, from: at('05:50') }] });
    expect(moved).toContain('UID:p-1-20261121T223000Z@sluice');
    expect(moved).toContain('DTSTART:20261121T225000Z');
  });

  test('says why in the language asked for, and keeps the codes for programs', () => {
    const reasons = [
      { code: 'rain-coming', values: { mm: 3.4, limit: 8 } },
      { code: 'need-capped', values: { device: 'v-1', seconds: 5_400, most: 1_200 } },
      { code: 'zone-unusable', values: { device: 'v-2', why: 'ACTUATOR_FAULTY' } },
      { code: 'of-a-newer-version', values: {} },
    ];
    const long = { ...piece, seconds: 5_400, litres: 1_234.5 };
    const saidIn = (language: Language): string[] => {
      const lines = eventOf('Tưới', { reasons, pieces: [long] }, language);
      const codes = lines.filter((line) => line.startsWith('X-SLUICE-REASON:'));
      expect(codes).toEqual([
        'X-SLUICE-REASON:rain-coming (mm 3.4\\, limit 8)',
        'X-SLUICE-REASON:need-capped (device v-1\\, seconds 5400\\, most 1200)',
        'X-SLUICE-REASON:zone-unusable (device v-2\\, why ACTUATOR_FAULTY)',
        'X-SLUICE-REASON:of-a-newer-version',
      ]);
      const text = lines.find((line) => line.startsWith('DESCRIPTION:')) ?? '';
      const read = text.slice('DESCRIPTION:'.length).split('\\n');
      return [
        lines.find((line) => line.startsWith('SUMMARY:')) ?? '',
        ...read.map((line) => line.replaceAll('\\', '')),
      ].map((line) => line.replace(/[\u00a0\u202f]/g, ' '));
    };
    expect(saidIn('vi')).toEqual([
      'SUMMARY:Tưới (1 giờ 30 phút)',
      'v-1: 1 giờ 30 phút, 1.235 L',
      'Có khả năng mưa 3,4 mm; từ 8,0 mm thì bỏ lượt.',
      'v-1: Cần 1 giờ 30 phút; nhiều nhất cho 20 phút.',
      'v-2: Không dùng được: Đang có lỗi. Hãy ra xem rồi xóa lỗi.',
      'of-a-newer-version',
    ]);
    expect(saidIn('en')).toEqual([
      'SUMMARY:Tưới (1 hour 30 minutes)',
      'v-1: 1 hour 30 minutes, 1,235 L',
      '3.4 mm of rain are likely; from 8.0 mm on it is left out.',
      'v-1: It would need 1 hour 30 minutes; at most 20 minutes are given.',
      'v-2: It cannot be used: A fault stands. Go and look, then clear it.',
      'of-a-newer-version',
    ]);
    expect(saidIn('fr').slice(0, 3)).toEqual([
      'SUMMARY:Tưới (1 heure 30 minutes)',
      'v-1: 1 heure 30 minutes, 1 235 L',
      expect.stringMatching(/3,4 mm/),
    ]);
  });

  test('folds between characters and keeps what names hold', () => {
    const long = 'Vườn sầu riêng; phía đông, \\ bờ kênh 🌱 số 7\r\nhàng hai '.repeat(3).trim();
    const summary = eventOf(long).find((line) => line.startsWith('SUMMARY:')) ?? '';
    const read = summary
      .slice('SUMMARY:'.length)
      .replace(/\\([\\;,n])/g, (_, mark: string) => (mark === 'n' ? '\n' : mark));
    expect(read).toBe(`${long.replace(/\r\n/g, '\n')} (20 phút)`);
    expect(eventOf('a\u0000b\u0007c\u007f').join()).toContain('SUMMARY:abc (20 phút)');
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
