import type { Localized } from '../../src/contracts/localized.ts';
import type { CropStage, Measure } from '../../src/pests/action-thresholds.ts';

/** The pests people count, by EPPO code. */
export const PESTS: Readonly<Record<string, Localized>> = {
  NILALU: { vi: 'Rầy nâu', en: 'Brown planthopper', fr: 'Cicadelle brune du riz' },
  SOGAFU: { vi: 'Rầy lưng trắng', en: 'White-backed planthopper', fr: 'Cicadelle à dos blanc' },
  CNAPME: { vi: 'Sâu cuốn lá nhỏ', en: 'Rice leaf folder', fr: 'Enrouleuse du riz' },
  SCIRIN: { vi: 'Sâu đục thân hai chấm', en: 'Yellow stem borer', fr: 'Foreur jaune du riz' },
  CHILSU: {
    vi: 'Sâu đục thân năm vạch đầu nâu',
    en: 'Striped stem borer',
    fr: 'Pyrale rayée du riz',
  },
  LAPHFR: { vi: 'Sâu keo mùa thu', en: 'Fall armyworm', fr: 'Légionnaire d’automne' },
  PLUTMA: { vi: 'Sâu tơ', en: 'Diamondback moth', fr: 'Teigne des crucifères' },
  LAPHEG: { vi: 'Sâu xanh da láng', en: 'Beet armyworm', fr: 'Noctuelle exiguë' },
  STEHHA: { vi: 'Mọt đục quả cà phê', en: 'Coffee berry borer', fr: 'Scolyte du caféier' },
  DACUDO: {
    vi: 'Ruồi đục quả phương Đông',
    en: 'Oriental fruit fly',
    fr: 'Mouche orientale des fruits',
  },
};

/** What was counted, as it follows a pest's name and a number. */
export const MEASURES: Readonly<Record<Measure, Localized>> = {
  'insects-per-m2': { vi: 'con/m²', en: 'per m²', fr: 'par m²' },
  'insects-per-tiller': { vi: 'con/dảnh', en: 'per tiller', fr: 'par talle' },
  'insects-per-hill': { vi: 'con/bụi', en: 'per hill', fr: 'par touffe' },
  'larvae-per-plant': { vi: 'sâu/cây', en: 'larvae per plant', fr: 'larves par plante' },
  'egg-masses-per-m2': { vi: 'ổ trứng/m²', en: 'egg masses per m²', fr: 'pontes par m²' },
  'moths-per-m2': { vi: 'bướm/m²', en: 'moths per m²', fr: 'papillons par m²' },
  'damaged-leaves-per-hill': {
    vi: 'lá bị hại/bụi',
    en: 'damaged leaves per hill',
    fr: 'feuilles atteintes par touffe',
  },
  'damaged-leaves-percent': {
    vi: '% lá bị hại',
    en: '% of leaves damaged',
    fr: '% de feuilles atteintes',
  },
  'deadhearts-percent': { vi: '% dảnh héo', en: '% deadhearts', fr: '% de cœurs morts' },
  'cut-seedlings-percent': {
    vi: '% cây con bị cắn',
    en: '% of seedlings cut',
    fr: '% de plantules coupées',
  },
  'infested-plants-percent': {
    vi: '% cây bị sâu',
    en: '% of plants infested',
    fr: '% de plantes infestées',
  },
  'bored-berries-percent': {
    vi: '% quả bị đục',
    en: '% of berries bored',
    fr: '% de cerises perforées',
  },
  'catch-per-trap': { vi: 'con/bẫy', en: 'per trap', fr: 'par piège' },
  'flies-per-trap-day': {
    vi: 'con/bẫy/ngày',
    en: 'per trap and day',
    fr: 'par piège et jour',
  },
};

export const STAGES: Readonly<Record<CropStage, Localized>> = {
  any: { vi: 'mọi giai đoạn', en: 'any stage', fr: 'tout stade' },
  seedling: { vi: 'cây con', en: 'seedling', fr: 'plantule' },
  tillering: { vi: 'đẻ nhánh', en: 'tillering', fr: 'tallage' },
  'panicle-initiation': { vi: 'làm đòng', en: 'panicle initiation', fr: 'initiation paniculaire' },
  booting: { vi: 'ngậm đòng', en: 'booting', fr: 'gonflement' },
  heading: { vi: 'trỗ', en: 'heading', fr: 'épiaison' },
  flowering: { vi: 'ra hoa', en: 'flowering', fr: 'floraison' },
  dough: { vi: 'ngậm sữa, chắc xanh', en: 'dough', fr: 'grain pâteux' },
  ripening: { vi: 'chín', en: 'ripening', fr: 'maturation' },
  'early-whorl': { vi: 'loa kèn sớm', en: 'early whorl', fr: 'cornet jeune' },
  'late-whorl': { vi: 'loa kèn muộn', en: 'late whorl', fr: 'cornet avancé' },
  tassel: { vi: 'trỗ cờ', en: 'tassel', fr: 'panicule mâle' },
  pinhead: { vi: 'quả đầu đinh', en: 'pinhead', fr: 'tête d’épingle' },
};

/** First and last of stages that follow each other: `làm đòng – trỗ`. */
export function stageWords(stages: readonly CropStage[]): Localized {
  const first = STAGES[stages[0] ?? 'any'];
  const last = STAGES[stages.at(-1) ?? 'any'];
  if (first === last) return first;
  return {
    vi: `${first.vi} – ${last.vi}`,
    en: `${first.en} to ${last.en}`,
    fr: `${first.fr} à ${last.fr}`,
  };
}
