import type { Rule } from '../../src/contracts/rule.ts';

const DAY = 86_400;
const HOUR = 3600;
/** A trap is read once a night; two days without a count say nothing of the night between. */
const GAP_SECONDS = 2 * DAY;

const base = { version: 1, enabled: true, kind: 'insect-trap', scope: {} } as const;

/** A catch is a sign to go and look, never a reason to spray: the field count decides. */
const scout: Rule['advice'] = {
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

const FLOOR_SOURCE =
  'floor of 50 insects a night, to be set for each site: our own rule. A trap catch is a signal ' +
  'of timing and trend; the field count is the decision (Walker et al. 2003; Litsinger 2006)';

export const rules: readonly Rule[] = [
  {
    ...base,
    id: 'trap-brown-planthopper-scout',
    title: {
      vi: 'Rầy nâu vào đèn nhiều',
      en: 'Many brown planthoppers in the trap',
      fr: 'Nombreuses cicadelles brunes au piège',
    },
    severity: 'warning',
    condition: {
      type: 'threshold',
      metric: 'count_NILALU',
      beyond: 'above',
      limit: 50,
      clear: 40,
      forSeconds: 0,
      clearSeconds: 0,
      gapSeconds: GAP_SECONDS,
    },
    source: { text: FLOOR_SOURCE, evidence: 'D' },
    advice: scout,
  },
  {
    ...base,
    id: 'trap-white-backed-planthopper-scout',
    title: {
      vi: 'Rầy lưng trắng vào đèn nhiều',
      en: 'Many white-backed planthoppers in the trap',
      fr: 'Nombreuses cicadelles à dos blanc au piège',
    },
    severity: 'info',
    condition: {
      type: 'threshold',
      metric: 'count_SOGAFU',
      beyond: 'above',
      limit: 50,
      clear: 40,
      forSeconds: 0,
      clearSeconds: 0,
      gapSeconds: GAP_SECONDS,
    },
    source: { text: FLOOR_SOURCE, evidence: 'D' },
    advice: scout,
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
    advice: {
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
    },
  },
  {
    ...base,
    id: 'trap-battery-low',
    title: { vi: 'Ắc quy bẫy yếu', en: 'Trap battery low', fr: 'Batterie du piège faible' },
    severity: 'warning',
    condition: {
      type: 'threshold',
      metric: 'battery_voltage',
      beyond: 'below',
      limit: 11.8,
      clear: 12.3,
      forSeconds: HOUR,
      clearSeconds: HOUR,
      gapSeconds: 6 * HOUR,
    },
    source: { text: '12 V lead-acid battery under lamp load: our own rule', evidence: 'D' },
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
  },
  {
    ...base,
    id: 'trap-silent',
    title: { vi: 'Mất tín hiệu bẫy đèn', en: 'Insect trap silent', fr: 'Piège à insectes muet' },
    severity: 'warning',
    condition: { type: 'absence', afterSeconds: null },
    source: { text: 'three expected intervals without a report: our own rule', evidence: 'D' },
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
  },
];
