import type { Rule } from '../../src/contracts/rule.ts';
import { batteryLow, clockWrong, silent } from '../../src/health/device-rules.ts';
import { PEAK_FLOOR, PEAK_RATIO } from '../../src/pests/peaks.ts';

const DAY = 86_400;
/** A trap is read once a night; two days without a count say nothing of the night between. */
const GAP_SECONDS = 2 * DAY;

const OWNER = { kind: 'insect-trap', prefix: 'trap' } as const;
const base = { version: 1, enabled: true, kind: 'insect-trap', scope: {} } as const;

/** A trap that burns no lamp, or does not say how long: its catch is taken as it is. */
const NO_LAMP = 'no-lamp';
/** What a site has until it sets a floor of its own. */
const FLOOR = 50;
const FLOOR_CLEAR = 40;
/** Sources say "at least": a value at the limit belongs, so the limit stands just below it. */
const JUST_BELOW = 1e-6;

/** A catch is a sign to go and look, never a reason to spray: the field count decides. */
const scoutHoppers: Rule['advice'] = {
  vi: [
    'Thăm đồng trong 2 ngày, đếm rầy ở ít nhất 10 bụi lúa.',
    'Chưa phun: chỉ mật số ngoài đồng mới quyết định.',
    'Ruộng sắp sạ: hỏi lịch né rầy của trạm bảo vệ thực vật.',
  ],
  en: [
    'Scout the field within 2 days; count hoppers on at least 10 hills.',
    'Do not spray yet: only the count in the field decides.',
    'About to sow: ask plant protection for the escape-sowing calendar.',
  ],
  fr: [
    'Inspectez le champ sous 2 jours ; comptez les cicadelles sur au moins 10 touffes.',
    'Ne traitez pas encore : seul le comptage au champ décide.',
    'Avant le semis : demandez le calendrier d’évitement à la protection des végétaux.',
  ],
};

const scoutOrchard: Rule['advice'] = {
  vi: [
    'Xem quả non và quả sắp chín, nhặt quả rụng mang đi chôn.',
    'Chưa phun: số ruồi vào bẫy chưa nói lên quả bị hại.',
  ],
  en: [
    'Look at young and ripening fruit; gather and bury what has dropped.',
    'Do not spray yet: flies in a trap do not say that fruit is harmed.',
  ],
  fr: [
    'Examinez les fruits jeunes et mûrissants ; ramassez et enfouissez les fruits tombés.',
    'Ne traitez pas encore : les mouches du piège ne disent pas que les fruits sont atteints.',
  ],
};

const lampAdvice: Rule['advice'] = {
  vi: [
    'Kiểm tra bóng đèn, công tắc giờ và ắc quy trước tối nay.',
    'Đêm không đèn là không có số liệu, không phải là không có rầy.',
  ],
  en: [
    'Check lamp, timer and battery before tonight.',
    'A night without light is no data, not a night without insects.',
  ],
  fr: [
    'Vérifiez la lampe, la minuterie et la batterie avant ce soir.',
    'Une nuit sans lampe est une nuit sans donnée, pas sans insectes.',
  ],
};

const VALID_UNTIL = '2028-12-31';
const RICE_AT_ANY_TIME = { region: 'Mekong delta', stage: 'rice, any stage' } as const;
const FLOOR_SOURCE: Rule['source'] = {
  text:
    'floor of 50 insects a standard night, to be set for each site: our own rule. A trap catch is a ' +
    'signal of timing and trend; the field count decides (Walker et al. 2003; Litsinger 2006)',
  evidence: 'D',
  ...RICE_AT_ANY_TIME,
  validUntil: VALID_UNTIL,
};

interface Hopper {
  code: string;
  /** Middle of the rules' ids. */
  id: string;
  severity: Rule['severity'];
  many: Rule['title'];
  rising: Rule['title'];
}

const BROWN: Hopper = {
  code: 'NILALU',
  id: 'brown-planthopper',
  severity: 'warning',
  many: {
    vi: 'Rầy nâu vào đèn nhiều',
    en: 'Many brown planthoppers in the trap',
    fr: 'Nombreuses cicadelles brunes au piège',
  },
  rising: {
    vi: 'Rầy nâu vào đèn tăng gấp đôi',
    en: 'Brown planthoppers in the trap doubled',
    fr: 'Cicadelles brunes au piège : doublement',
  },
};

const WHITE_BACKED: Hopper = {
  code: 'SOGAFU',
  id: 'white-backed-planthopper',
  severity: 'info',
  many: {
    vi: 'Rầy lưng trắng vào đèn nhiều',
    en: 'Many white-backed planthoppers in the trap',
    fr: 'Nombreuses cicadelles à dos blanc au piège',
  },
  rising: {
    vi: 'Rầy lưng trắng vào đèn tăng gấp đôi',
    en: 'White-backed planthoppers in the trap doubled',
    fr: 'Cicadelles à dos blanc au piège : doublement',
  },
};

const atOnce = { forSeconds: 0, clearSeconds: 0, gapSeconds: GAP_SECONDS } as const;

/** Above the floor; by the catch as it is for a trap without a lamp, which stands in by its tag. */
function floorRules({ code, id, severity, many }: Hopper): Rule[] {
  const floor = { beyond: 'above', limit: FLOOR, clear: FLOOR_CLEAR, ...atOnce } as const;
  const rule = {
    ...base,
    topic: `trap-${id}-floor`,
    title: many,
    severity,
    source: FLOOR_SOURCE,
    advises: 'scout',
    advice: scoutHoppers,
  } as const;
  return [
    {
      ...rule,
      id: `trap-${id}-scout`,
      condition: { type: 'threshold', metric: `night_${code}`, ...floor },
    },
    {
      ...rule,
      id: `trap-${id}-no-lamp-scout`,
      scope: { tag: NO_LAMP },
      condition: { type: 'threshold', metric: `count_${code}`, ...floor },
    },
  ];
}

/** Twice the usual, and not of next to nothing. */
function riseRule({ code, id, severity, rising }: Hopper): Rule {
  return {
    ...base,
    id: `trap-${id}-rise-scout`,
    topic: `trap-${id}-rise`,
    title: rising,
    severity,
    condition: {
      type: 'all',
      of: [
        {
          type: 'test',
          metric: `rise_${code}`,
          beyond: 'above',
          limit: PEAK_RATIO - JUST_BELOW,
          clear: 1.5,
        },
        {
          type: 'test',
          metric: `night_${code}`,
          view: {
            type: 'days',
            each: 'max',
            function: 'mean',
            days: 3,
            minimumDays: 2,
            startsAt: '12:00',
          },
          beyond: 'above',
          limit: PEAK_FLOOR - JUST_BELOW,
          clear: FLOOR_CLEAR,
        },
      ],
      ...atOnce,
      maxAgeSeconds: 0,
    },
    source: {
      text: 'mean of three nights at least 50 and twice the median of the fourteen before: our own rule',
      evidence: 'D',
      ...RICE_AT_ANY_TIME,
      validUntil: VALID_UNTIL,
    },
    advises: 'scout',
    advice: scoutHoppers,
  };
}

export const rules: readonly Rule[] = [
  ...floorRules(BROWN),
  ...floorRules(WHITE_BACKED),
  riseRule(BROWN),
  riseRule(WHITE_BACKED),
  {
    ...base,
    id: 'trap-brown-planthopper-peak-scout',
    topic: 'trap-brown-planthopper-peak',
    title: {
      vi: 'Đỉnh rầy nâu di cư vào đèn',
      en: 'Migration peak of brown planthoppers',
      fr: 'Pic de migration des cicadelles brunes',
    },
    severity: 'info',
    condition: {
      type: 'threshold',
      metric: 'peak_NILALU',
      beyond: 'above',
      limit: PEAK_FLOOR - JUST_BELOW,
      clear: FLOOR_CLEAR,
      ...atOnce,
    },
    source: {
      text: 'peak of three-night means: our own rule; one migrant peak a month, 5 to 6 days earlier each month (Huỳnh et al. 2012, Cần Thơ)',
      evidence: 'D',
      region: 'Mekong delta',
      stage: 'rice, before sowing',
      validUntil: VALID_UNTIL,
    },
    advises: 'scout',
    advice: {
      vi: [
        'Ruộng sắp sạ: hỏi lịch né rầy, sạ đồng loạt theo trạm bảo vệ thực vật.',
        'Ruộng đã sạ: thăm đồng, đếm rầy và xem trứng sau 3 đến 4 ngày.',
        'Chưa phun: chỉ mật số ngoài đồng mới quyết định.',
      ],
      en: [
        'About to sow: ask plant protection for the escape-sowing calendar; sow together.',
        'Already sown: scout, count hoppers and look for eggs in 3 to 4 days.',
        'Do not spray yet: only the count in the field decides.',
      ],
      fr: [
        'Avant le semis : demandez le calendrier d’évitement ; semez tous ensemble.',
        'Déjà semé : inspectez, comptez les cicadelles et cherchez les œufs sous 3 à 4 jours.',
        'Ne traitez pas encore : seul le comptage au champ décide.',
      ],
    },
  },
  {
    ...base,
    // The bands of control programmes were not seen: it stands ready, and off.
    enabled: false,
    id: 'trap-fruit-fly-scout',
    topic: 'trap-fruit-fly',
    title: {
      vi: 'Ruồi đục quả: từ 1 con/bẫy/ngày',
      en: 'Fruit flies: 1 per trap and day reached',
      fr: 'Mouches des fruits : 1 par piège et jour atteint',
    },
    severity: 'info',
    condition: {
      type: 'threshold',
      metric: 'ftd_DACUDO',
      beyond: 'above',
      limit: 1 - JUST_BELOW,
      clear: 0.8,
      ...atOnce,
    },
    source: {
      text: 'bands of control programmes, not seen; the index itself is IAEA 2013',
      evidence: 'U',
      region: 'any',
      stage: 'fruit on the tree',
    },
    advises: 'scout',
    advice: scoutOrchard,
  },
  {
    ...base,
    id: 'trap-nights-dark',
    topic: 'trap-nights-dark',
    title: {
      vi: 'Bẫy không quan trắc 2 đêm liền',
      en: 'Two nights in a row were not observed',
      fr: 'Deux nuits de suite sans observation',
    },
    severity: 'warning',
    condition: {
      type: 'threshold',
      metric: 'lamp_hours',
      view: {
        type: 'days',
        each: 'sum',
        function: 'max',
        days: 2,
        minimumDays: 2,
        startsAt: '12:00',
      },
      beyond: 'below',
      limit: 1,
      clear: 2,
      ...atOnce,
    },
    source: {
      text: 'a night under one lamp hour was not observed; two of them leave a hole in the trend: our own rule',
      evidence: 'D',
      validUntil: VALID_UNTIL,
    },
    advice: lampAdvice,
  },
  {
    ...base,
    id: 'trap-nights-unheard',
    topic: 'trap-nights-unheard',
    title: {
      vi: 'Hai đêm không có số liệu đèn',
      en: 'No word of the lamp for two nights',
      fr: 'Aucune nouvelle de la lampe depuis deux nuits',
    },
    severity: 'warning',
    // The morning after the second night without a word, with half a day to spare.
    condition: { type: 'absence', afterSeconds: 2.5 * DAY, metric: 'lamp_hours' },
    source: {
      text: 'traps are read each morning; two mornings without lamp hours: our own rule',
      evidence: 'D',
      validUntil: VALID_UNTIL,
    },
    advice: lampAdvice,
  },
  {
    ...base,
    // Such a trap has no lamp to speak of: the tag takes the rule off it.
    enabled: false,
    id: 'trap-nights-unheard-no-lamp',
    topic: 'trap-nights-unheard',
    scope: { tag: NO_LAMP },
    title: {
      vi: 'Bẫy không đèn',
      en: 'Trap without a lamp',
      fr: 'Piège sans lampe',
    },
    severity: 'info',
    condition: { type: 'absence', afterSeconds: 2.5 * DAY, metric: 'lamp_hours' },
    source: { text: 'a trap without a lamp says no lamp hours: our own rule', evidence: 'D' },
    advice: lampAdvice,
  },
  {
    ...base,
    id: 'trap-lamp-dark',
    title: {
      vi: 'Đèn bẫy không sáng đêm qua',
      en: 'The lamp did not burn last night',
      fr: 'La lampe n’a pas brûlé cette nuit',
    },
    severity: 'info',
    condition: {
      type: 'threshold',
      metric: 'lamp_hours',
      beyond: 'below',
      limit: 1,
      clear: 2,
      forSeconds: 0,
      clearSeconds: 0,
      gapSeconds: GAP_SECONDS,
    },
    source: {
      text: 'traps burn 19:00–22:00 (An Giang network); under one hour the night was not observed: our own rule',
      evidence: 'D',
    },
    advice: lampAdvice,
  },
  batteryLow(OWNER, {
    limit: 11.8,
    clear: 12.3,
    source: '12 V lead-acid battery under lamp load',
    title: { vi: 'Ắc quy bẫy yếu', en: 'Trap battery low', fr: 'Batterie du piège faible' },
    advice: {
      vi: ['Lau tấm pin mặt trời, kiểm tra đầu nối.', 'Sạc hoặc thay ắc quy trước tối nay.'],
      en: [
        'Clean the solar panel and check its connector.',
        'Charge or replace the battery today.',
      ],
      fr: [
        'Nettoyez le panneau solaire et vérifiez la prise.',
        'Rechargez ou remplacez la batterie aujourd’hui.',
      ],
    },
  }),
  silent(OWNER, {
    title: { vi: 'Mất tín hiệu bẫy đèn', en: 'Insect trap silent', fr: 'Piège à insectes muet' },
    advice: {
      vi: ['Kiểm tra nguồn điện, sóng và thẻ SIM của bẫy.', 'Đếm tay mẻ bẫy đêm qua nếu còn.'],
      en: [
        'Check the power, signal and SIM card of the trap.',
        'Count last night’s catch by hand.',
      ],
      fr: [
        'Vérifiez l’alimentation, le réseau et la carte SIM du piège.',
        'Comptez à la main les captures de la nuit.',
      ],
    },
  }),
  clockWrong(OWNER),
];
