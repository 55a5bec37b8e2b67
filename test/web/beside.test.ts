import { describe, expect, it } from 'vitest';
import { besideLines } from '../../web/src/domain/beside.ts';
import { readNumber } from '../../web/src/domain/number-input.ts';
import { idAt } from '../../web/src/domain/rule-edit.ts';

describe('what stands beside a value', () => {
  it('is the other model, when a level is reached, and how sure a number is', () => {
    expect(besideLines({ logLinear: 2.4, since: '18:02', reaches4At: '02:40' })).toEqual([
      { type: 'word', word: 'logLinear', value: 2.4, has: 'unit' },
      { type: 'word', word: 'since', value: '18:02', has: 'none' },
      { type: 'reaches', level: '4', time: '02:40' },
    ]);
    expect(besideLines({ lower: 0.1, upper: 0.2, NILALU: 12, outage: 'link' })).toEqual([
      { type: 'between', lower: 0.1, upper: 0.2 },
      { type: 'other', name: 'NILALU', value: 12 },
    ]);
  });
});

describe('a number as people type it', () => {
  it('takes a decimal comma, and is none for anything else', () => {
    expect(['3,1', '3.1', ' -2 ', '1 000'].map(readNumber)).toEqual([3.1, 3.1, -2, 1000]);
    expect(readNumber('')).toBeNull();
    expect(['3,1,2', 'abc', '1e9', '--1', ','].map(readNumber)).toEqual(Array(5).fill(Number.NaN));
  });
});

describe('the id of a rule at a place', () => {
  it('names the place, and is its own without one', () => {
    expect(idAt('low', {})).toBe('low');
    expect(idAt('low', { coop: 'c' })).toBe('low-c');
    expect(idAt('low', { site: 'p1' })).toBe('low-p1');
  });
});
