import type { Rule } from '../../src/contracts/rule.ts';

const MINUTE = 60;
const HOUR = 3600;
/** Two samples of a controller that reports each five minutes. */
const HOLD_SECONDS = 5 * MINUTE;
/** Flow, pressure and level are useful for three reports of a ten-minute device. */
const LEVEL_GAP_SECONDS = 30 * MINUTE;
const SALINITY_GAP_SECONDS = 2 * HOUR;

const base = { version: 1, enabled: true, kind: 'drip-controller', scope: {} } as const;

const SALINITY_SOURCE =
  'Báo Đồng Khởi (Bến Tre, 09-03-2023, quoting the department of agriculture): banana, longan, ' +
  'papaya, durian, mangosteen, leafy vegetables at most 1 ‰; rice, maize, tomato below 2 ‰. ' +
  'Durian is elsewhere given 0.5 ‰: set the limit for the crop. Two samples to close, below ' +
  '0.9 of the limit for 30 minutes to open: our own rule';

const salinityAdvice: Rule['advice'] = {
  vi: [
    'Đóng cống, ngừng lấy nước vào bồn.',
    'Đo lại độ mặn ở kênh bằng máy cầm tay.',
    'Chờ nước ròng rồi đo lại; chỉ lấy nước khi độ mặn đạt cho cây.',
  ],
  en: [
    'Close the inlet; take no more water into the tank.',
    'Measure the canal again with a hand meter.',
    'Wait for the ebb and measure; take water only when it suits the crop.',
  ],
  fr: [
    'Fermez la prise d’eau ; ne remplissez plus le réservoir.',
    'Mesurez de nouveau le canal avec un appareil portatif.',
    'Attendez le jusant et mesurez ; ne prenez l’eau que si elle convient à la culture.',
  ],
};

function salinityCondition(limit: number): Rule['condition'] {
  return {
    type: 'threshold',
    metric: 'source_salinity',
    beyond: 'above',
    limit,
    clear: Math.round(limit * 90) / 100,
    forSeconds: HOLD_SECONDS,
    clearSeconds: 30 * MINUTE,
    gapSeconds: SALINITY_GAP_SECONDS,
  };
}

export const rules: readonly Rule[] = [
  {
    ...base,
    id: 'drip-tank-low',
    title: { vi: 'Bồn nước gần cạn', en: 'Tank nearly empty', fr: 'Réservoir presque vide' },
    severity: 'warning',
    condition: {
      type: 'threshold',
      metric: 'tank_level',
      beyond: 'below',
      limit: 20,
      clear: 25,
      forSeconds: 0,
      clearSeconds: HOLD_SECONDS,
      gapSeconds: LEVEL_GAP_SECONDS,
    },
    source: {
      text: 'mark of 20 % with 5 % hysteresis against dry running: our own rule',
      evidence: 'D',
    },
    advice: {
      vi: ['Tắt bơm tưới để khỏi chạy khô.', 'Bơm nước vào bồn, kiểm tra phao và lưới lọc.'],
      en: ['Stop the pump before it runs dry.', 'Fill the tank; check float valve and screen.'],
      fr: [
        'Arrêtez la pompe avant qu’elle ne tourne à sec.',
        'Remplissez le réservoir ; vérifiez le flotteur et la crépine.',
      ],
    },
  },
  {
    ...base,
    id: 'drip-source-salinity-critical',
    title: {
      vi: 'Nước tưới quá mặn',
      en: 'Irrigation water far too salty',
      fr: 'Eau d’irrigation beaucoup trop salée',
    },
    severity: 'critical',
    condition: salinityCondition(2),
    source: { text: SALINITY_SOURCE, evidence: 'V' },
    advice: salinityAdvice,
  },
  {
    ...base,
    id: 'drip-source-salinity-high',
    title: {
      vi: 'Nước tưới nhiễm mặn',
      en: 'Irrigation water salty',
      fr: 'Eau d’irrigation salée',
    },
    severity: 'warning',
    condition: salinityCondition(1),
    source: { text: SALINITY_SOURCE, evidence: 'V' },
    advice: salinityAdvice,
  },
  {
    ...base,
    id: 'drip-battery-low',
    title: {
      vi: 'Ắc quy bộ tưới yếu',
      en: 'Controller battery low',
      fr: 'Batterie du contrôleur faible',
    },
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
    source: { text: '12 V lead-acid battery at rest: our own rule', evidence: 'D' },
    advice: {
      vi: ['Kiểm tra van đã đóng chưa.', 'Lau tấm pin mặt trời, sạc hoặc thay ắc quy hôm nay.'],
      en: [
        'See that the valve is closed.',
        'Clean the panel; charge or replace the battery today.',
      ],
      fr: [
        'Vérifiez que la vanne est fermée.',
        'Nettoyez le panneau ; rechargez ou remplacez la batterie aujourd’hui.',
      ],
    },
  },
  {
    ...base,
    id: 'drip-silent',
    title: {
      vi: 'Mất tín hiệu bộ tưới',
      en: 'Drip controller silent',
      fr: 'Contrôleur d’irrigation muet',
    },
    severity: 'warning',
    condition: { type: 'absence', afterSeconds: null },
    source: { text: 'three expected intervals without a report: our own rule', evidence: 'D' },
    advice: {
      vi: ['Ra ruộng xem van đã đóng chưa; chưa thì đóng tay.', 'Kiểm tra nguồn điện và sóng.'],
      en: [
        'Go and see that the valve is closed; if not, close it by hand.',
        'Check power and signal.',
      ],
      fr: [
        'Allez voir si la vanne est fermée ; sinon, fermez-la à la main.',
        'Vérifiez l’alimentation et le réseau.',
      ],
    },
  },
];
