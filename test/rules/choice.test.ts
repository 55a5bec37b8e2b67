import { describe, expect, test } from 'vitest';
import { chooseRules, isInScope } from '#src/rules/choice';
import type { Rule, RuleScope } from '../../src/contracts/rule.ts';
import type { Subject } from '../../src/rules/choice.ts';
import { LOW_OXYGEN, ruleOf } from './harness.ts';

const subject: Subject = {
  device: { id: 'ao-1', coop: 'c', site: 'pond-1', tags: ['deep', 'north'] },
  site: { kind: 'pond', species: 'Litopenaeus vannamei', crop: null },
  siteKind: 'pond',
};

describe('a scope', () => {
  const cases: [scope: RuleScope, reads: boolean][] = [
    [{}, true],
    [{ coop: 'c' }, true],
    [{ coop: 'd' }, false],
    [{ site: 'pond-1', device: 'ao-1' }, true],
    [{ site: 'pond-2', device: 'ao-1' }, false],
    [{ tag: 'north' }, true],
    [{ tag: 'south' }, false],
    [{ species: 'Litopenaeus vannamei' }, true],
    [{ species: 'Penaeus monodon' }, false],
    [{ crop: 'rice' }, false],
    [{ siteKind: 'pond' }, true],
    [{ siteKind: 'zone' }, false],
  ];
  test.each(cases)('%j: %s', (scope, reads) => {
    expect(isInScope({ scope }, subject)).toBe(reads);
  });

  test('a device that stands nowhere is of its kind of site, and of no species', () => {
    const nowhere: Subject = { ...subject, site: null };
    expect(isInScope({ scope: { siteKind: 'pond' } }, nowhere)).toBe(true);
    expect(isInScope({ scope: { species: 'Litopenaeus vannamei' } }, nowhere)).toBe(false);
  });
});

describe('of one topic', () => {
  const rule = (id: string, scope: RuleScope, more: Partial<Rule> = {}): Rule => ({
    ...ruleOf(id, LOW_OXYGEN.condition, { scope }),
    topic: 'oxygen',
    ...more,
  });
  const chosen = (...rules: Rule[]): string[] => chooseRules(rules, subject).map(({ id }) => id);

  test('the most specific scope wins, whatever the order', () => {
    const ladder = [
      rule('all', {}),
      rule('coop', { coop: 'c' }),
      rule('site-kind', { siteKind: 'pond', coop: 'c' }),
      rule('species', { species: 'Litopenaeus vannamei' }),
      rule('site', { site: 'pond-1' }),
      rule('tag', { tag: 'deep' }),
      rule('device', { device: 'ao-1' }),
    ];
    for (let most = 0; most < ladder.length; most++) {
      const upTo = ladder.slice(0, most + 1);
      expect(chosen(...upTo)).toEqual([ladder[most]?.id]);
      expect(chosen(...upTo.reverse())).toEqual([ladder[most]?.id]);
    }
  });

  test('one most specific part outweighs all the others together', () => {
    const rest = { site: 'pond-1', species: 'Litopenaeus vannamei', siteKind: 'pond', coop: 'c' };
    expect(chosen(rule('tag', { tag: 'deep' }), rule('rest', rest as RuleScope))).toEqual(['tag']);
    expect(chosen(rule('more', { tag: 'deep', coop: 'c' }), rule('a', { tag: 'deep' }))).toEqual([
      'more',
    ]);
  });

  test('the first by id of several', () => {
    expect(chosen(rule('b', { tag: 'deep' }), rule('a', { tag: 'north' }))).toEqual(['a']);
  });

  test('one that does not read the device takes no part', () => {
    expect(chosen(rule('all', {}), rule('other', { device: 'ao-2' }))).toEqual(['all']);
  });

  test('when the most specific is disabled none is judged', () => {
    expect(chosen(rule('all', {}), rule('site', { site: 'pond-1' }, { enabled: false }))).toEqual(
      [],
    );
    expect(chosen(rule('all', {}, { enabled: false }), rule('site', { site: 'pond-1' }))).toEqual([
      'site',
    ]);
  });

  test('rules of other topics, and of none, go on', () => {
    const { topic: _, ...alone } = rule('alone', {});
    const { topic: __, ...off } = rule('off', {}, { enabled: false });
    const other = rule('other', {}, { topic: 'heat' });
    expect(chosen(alone, rule('a', {}), rule('b', { site: 'pond-1' }), other, off)).toEqual([
      'alone',
      'b',
      'other',
    ]);
  });
});
