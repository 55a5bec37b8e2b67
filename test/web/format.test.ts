import { describe, expect, it } from 'vitest';
import { createFormat, unitSymbol } from '../../web/src/domain/format.ts';
import { parseRoute, routeHref } from '../../web/src/domain/route.ts';
import { matches } from '../../web/src/domain/search.ts';
import { MINUTE_MS, NOON } from './support.ts';

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('numbers and dates', () => {
  const vi = createFormat('vi');

  it('are written the Vietnamese way', () => {
    expect(plain(vi.quantity(2.84, 1, 'mg/L'))).toBe('2,8 mg/L');
    expect(vi.number(12_345.678, 2)).toBe('12.345,68');
    expect(plain(vi.quantity(29.5, 1, 'Cel'))).toBe('29,5 °C');
    expect(vi.quantity(7.95, 2, '[pH]')).toBe('7,95');
    expect(vi.date(NOON)).toBe('22/11/2026');
    expect(vi.time(NOON)).toBe('12:00');
  });

  it('are of the farm’s clock, with midnight at 00:00', () => {
    const beforeMidnight = Date.parse('2026-11-22T16:59:00Z');
    expect(vi.dateTime(beforeMidnight)).toBe('22/11/2026 23:59');
    expect(vi.dateTime(beforeMidnight + MINUTE_MS)).toBe('23/11/2026 00:00');
    expect(vi.dayMonth(beforeMidnight)).toBe('22/11');
    expect(vi.monthYear(beforeMidnight)).toBe('11/2026');
    expect(vi.shortTime(NOON, NOON)).toBe('12:00');
    expect(vi.shortTime(NOON - 86_400_000, NOON)).toBe('21/11 12:00');
  });

  it('follow the language', () => {
    expect(createFormat('en').number(1_234.5, 1)).toBe('1,234.5');
    expect(plain(createFormat('fr').number(1_234.5, 1))).toBe('1 234,5');
    expect(createFormat('fr').date(NOON)).toBe('22/11/2026');
    expect(createFormat('en').time(NOON)).toBe('12:00');
  });

  it('never show a negative nothing, nor break on what is no time', () => {
    expect(vi.number(-0.01, 1)).toBe('0,0');
    expect(vi.number(-0.06, 1)).toBe('-0,1');
    expect(vi.dateTime(Number.NaN)).toContain('–');
  });

  it('say ranges with the limits that exist', () => {
    expect(plain(vi.range({ min: 4, max: null }, 1))).toBe('≥ 4,0');
    expect(plain(vi.range({ min: null, max: 33 }, 0))).toBe('≤ 33');
    expect(vi.range({ min: 7.5, max: 8.5 }, 1)).toBe('7,5–8,5');
  });

  it('know the printed form of units, and keep those they do not know', () => {
    expect(unitSymbol('1')).toBe('');
    expect(unitSymbol('mS/cm')).toBe('mS/cm');
    expect(unitSymbol(null)).toBe('');
  });
});

describe('ages and durations', () => {
  const vi = createFormat('vi');

  it('use the largest unit that fits', () => {
    expect(vi.ago(400)).toBe('vừa xong');
    expect(vi.ago(5_400)).toBe('5 giây trước');
    expect(vi.ago(59_999)).toBe('59 giây trước');
    expect(vi.ago(125 * MINUTE_MS)).toBe('2 giờ trước');
    expect(vi.ago(4 * 86_400_000)).toBe('4 ngày trước');
    expect(vi.ago(-3_000)).toBe('vừa xong');
    expect(createFormat('fr').ago(5_000)).toBe('il y a 5 secondes');
  });

  it('say at most two units', () => {
    expect(plain(vi.duration(42 * MINUTE_MS + 30_000))).toBe('42 phút');
    expect(plain(vi.duration(130 * MINUTE_MS))).toBe('2 giờ 10 phút');
    expect(plain(vi.duration(26 * 60 * MINUTE_MS))).toBe('1 ngày 2 giờ');
    expect(plain(vi.duration(2 * 60 * MINUTE_MS))).toBe('2 giờ');
    expect(plain(vi.duration(0))).toBe('0 giây');
  });
});

describe('search', () => {
  it('ignores case, diacritics and the order of words', () => {
    expect(matches('ao nuoi', ['Ao nuôi 3'])).toBe(true);
    expect(matches('DUONG ruong', ['Ruộng Đường Cái'])).toBe(true);
    expect(matches('the chan trang', [null, undefined, 'tôm thẻ chân trắng'])).toBe(true);
    expect(matches('ao 4', ['Ao nuôi 3'])).toBe(false);
    expect(matches('  ', ['Ao 1'])).toBe(true);
  });
});

describe('places on the page', () => {
  it('are read back as they are written', () => {
    const href = routeHref('chart', { device: 'a b&c', metric: 'ph', range: null });
    expect(parseRoute(href)).toEqual({ view: 'chart', query: { device: 'a b&c', metric: 'ph' } });
    expect(parseRoute(routeHref('home'))).toEqual({ view: 'home', query: {} });
    expect(parseRoute('')).toEqual({ view: 'home', query: {} });
    expect(parseRoute('#/nowhere?x=1').view).toBe('home');
  });
});
