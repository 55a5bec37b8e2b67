import type { ActionThreshold } from './action-thresholds.ts';
import type { PestSource } from './evidence.ts';

const RICE = 'ORYSA';
const MAIZE = 'ZEAMX';

const NATIONAL: PestSource = {
  text: 'National agricultural extension (khuyennongvn)',
  evidence: 'V',
  region: 'Vietnam',
};
const BA_RIA: PestSource = {
  text: 'Bà Rịa–Vũng Tàu plant protection',
  evidence: 'V',
  region: 'Bà Rịa–Vũng Tàu',
};
const BULLETIN: PestSource = {
  text: 'Vĩnh Phúc and An Giang bulletins; conflict with Bà Rịa–Vũng Tàu',
  evidence: 'V',
  region: 'Vĩnh Phúc, An Giang',
};
const KERALA: PestSource = {
  text: 'Kerala Agricultural University, economic threshold levels',
  evidence: 'V',
  region: 'Kerala',
};
const LITSINGER_FOLDER: PestSource = {
  text: 'Litsinger 2006 III, leaf folder',
  evidence: 'V',
  region: 'not stated',
};
const LITSINGER_BORER: PestSource = {
  text: 'Litsinger 2006 IV, stem borer: 96 to 99 % of decisions right',
  evidence: 'V',
  region: 'not stated',
};
const CAN_THO: PestSource = {
  text: 'Cần Thơ plant protection',
  evidence: 'V',
  region: 'Mekong delta',
};
const AGRIO: PestSource = {
  text: 'agrio, first month and a half of maize',
  evidence: 'V',
  region: 'not stated',
};
const CIMMYT: PestSource = {
  text: 'CIMMYT, not seen; a Vietnamese page says 3 to 5 larvae per plant',
  evidence: 'U',
  region: 'any',
};
const TEXAS: PestSource = {
  text: 'Texas, cabbage complex with S. exigua: two sprays fewer',
  evidence: 'V',
  region: 'Texas',
};
const FERNANDES: PestSource = {
  text: 'Fernandes 2011; not calibrated in Vietnam',
  evidence: 'V',
  region: 'Brazil',
};

const HOPPERS = { pests: ['NILALU', 'SOGAFU'], crop: RICE } as const;
const BROWN = { pests: ['NILALU'], crop: RICE } as const;
const WHITE_BACKED = { pests: ['SOGAFU'], crop: RICE } as const;
const FOLDER = { pests: ['CNAPME'], crop: RICE } as const;
const YELLOW_BORER = { pests: ['SCIRIN'], crop: RICE } as const;
/** No threshold of its own was found for the striped borer: it shares those of both. */
const BORERS = { pests: ['SCIRIN', 'CHILSU'], crop: RICE } as const;
const ARMYWORM = { pests: ['LAPHFR'], crop: MAIZE } as const;
/** EPPO's code of the coffee berry borer. */
const BERRY_BORER = { pests: ['STEHHA'] } as const;

/** Half of a national limit sends somebody to look again. */
const HALF = { scoutShare: 0.5 } as const;

const HOPPER_THRESHOLDS: readonly ActionThreshold[] = [
  {
    id: 'hoppers-national-panicle',
    ...HOPPERS,
    ...HALF,
    stages: ['panicle-initiation', 'booting', 'heading'],
    measure: 'insects-per-m2',
    limit: 1000,
    source: NATIONAL,
  },
  {
    id: 'hoppers-national-dough',
    ...HOPPERS,
    ...HALF,
    stages: ['flowering', 'dough'],
    measure: 'insects-per-m2',
    limit: 2000,
    source: NATIONAL,
  },
  {
    id: 'nilalu-ba-ria-young',
    ...BROWN,
    stages: ['seedling'],
    measure: 'insects-per-tiller',
    limit: 1,
    source: BA_RIA,
  },
  {
    id: 'nilalu-ba-ria-tillering',
    ...BROWN,
    stages: ['tillering'],
    measure: 'insects-per-tiller',
    limit: 2,
    isExclusive: true,
    source: BA_RIA,
  },
  {
    id: 'nilalu-bulletin-virus',
    ...BROWN,
    stages: ['seedling', 'tillering'],
    measure: 'insects-per-tiller',
    limit: 0,
    isExclusive: true,
    isVirusOnly: true,
    source: BULLETIN,
  },
  {
    id: 'nilalu-bulletin-late',
    ...BROWN,
    stages: ['panicle-initiation', 'booting', 'heading', 'flowering', 'dough'],
    measure: 'insects-per-tiller',
    limit: 3,
    range: [3, 5],
    source: BULLETIN,
  },
  {
    id: 'nilalu-kerala-seedling',
    ...BROWN,
    stages: ['seedling'],
    measure: 'insects-per-hill',
    limit: 5,
    range: [5, 10],
    source: KERALA,
  },
  {
    id: 'nilalu-kerala-tillering',
    ...BROWN,
    stages: ['tillering'],
    measure: 'insects-per-hill',
    limit: 10,
    source: KERALA,
  },
  {
    id: 'nilalu-kerala-booting',
    ...BROWN,
    stages: ['panicle-initiation', 'booting'],
    measure: 'insects-per-hill',
    limit: 15,
    range: [15, 20],
    source: KERALA,
  },
  {
    id: 'nilalu-kerala-flowering',
    ...BROWN,
    stages: ['flowering'],
    measure: 'insects-per-hill',
    limit: 25,
    range: [25, 30],
    source: KERALA,
  },
  {
    id: 'sogafu-kerala-tillering',
    ...WHITE_BACKED,
    stages: ['tillering'],
    measure: 'insects-per-hill',
    limit: 10,
    source: KERALA,
  },
  {
    id: 'sogafu-kerala-later',
    ...WHITE_BACKED,
    stages: ['panicle-initiation', 'booting', 'heading', 'flowering', 'dough'],
    measure: 'insects-per-hill',
    limit: 15,
    range: [15, 20],
    source: KERALA,
  },
];

const MOTH_THRESHOLDS: readonly ActionThreshold[] = [
  {
    id: 'cnapme-kerala',
    ...FOLDER,
    stages: ['any'],
    measure: 'damaged-leaves-per-hill',
    limit: 2,
    source: KERALA,
  },
  {
    id: 'cnapme-ba-ria',
    ...FOLDER,
    stages: ['any'],
    measure: 'damaged-leaves-percent',
    limit: 10,
    source: BA_RIA,
  },
  {
    id: 'cnapme-litsinger',
    ...FOLDER,
    stages: ['any'],
    measure: 'damaged-leaves-percent',
    limit: 15,
    source: LITSINGER_FOLDER,
  },
  {
    id: 'scirin-kerala-deadhearts',
    ...YELLOW_BORER,
    stages: ['any'],
    measure: 'deadhearts-percent',
    limit: 10,
    source: KERALA,
  },
  {
    id: 'scirin-kerala-moths',
    ...YELLOW_BORER,
    stages: ['any'],
    measure: 'moths-per-m2',
    limit: 1,
    source: KERALA,
  },
  {
    id: 'scirin-kerala-eggs',
    ...YELLOW_BORER,
    stages: ['any'],
    measure: 'egg-masses-per-m2',
    limit: 1,
    source: KERALA,
  },
  {
    id: 'scirin-litsinger-vegetative',
    ...YELLOW_BORER,
    stages: ['seedling', 'tillering'],
    measure: 'deadhearts-percent',
    limit: 5,
    source: LITSINGER_BORER,
  },
  {
    id: 'scirin-litsinger-reproductive',
    ...YELLOW_BORER,
    stages: ['panicle-initiation', 'booting', 'heading', 'flowering'],
    measure: 'deadhearts-percent',
    limit: 25,
    source: LITSINGER_BORER,
  },
  {
    id: 'scirin-litsinger-ripening',
    ...YELLOW_BORER,
    stages: ['dough', 'ripening'],
    measure: 'deadhearts-percent',
    limit: 10,
    source: LITSINGER_BORER,
  },
  {
    id: 'borers-can-tho-tillering',
    ...BORERS,
    stages: ['tillering'],
    measure: 'egg-masses-per-m2',
    limit: 0.5,
    range: [0.5, 0.7],
    source: CAN_THO,
  },
  {
    id: 'borers-can-tho-heading',
    ...BORERS,
    stages: ['panicle-initiation', 'booting'],
    measure: 'egg-masses-per-m2',
    limit: 0.2,
    range: [0.2, 0.3],
    source: CAN_THO,
  },
  {
    id: 'laphfr-agrio-seedlings',
    ...ARMYWORM,
    stages: ['seedling'],
    measure: 'cut-seedlings-percent',
    limit: 5,
    source: AGRIO,
  },
  {
    id: 'laphfr-agrio-whorl',
    ...ARMYWORM,
    stages: ['early-whorl'],
    measure: 'infested-plants-percent',
    limit: 20,
    source: AGRIO,
  },
  {
    id: 'laphfr-cimmyt-early',
    ...ARMYWORM,
    stages: ['early-whorl'],
    measure: 'infested-plants-percent',
    limit: 20,
    range: [10, 30],
    source: CIMMYT,
  },
  {
    id: 'laphfr-cimmyt-late',
    ...ARMYWORM,
    stages: ['late-whorl'],
    measure: 'infested-plants-percent',
    limit: 40,
    range: [30, 50],
    source: CIMMYT,
  },
  {
    id: 'laphfr-cimmyt-tassel',
    ...ARMYWORM,
    stages: ['tassel'],
    measure: 'infested-plants-percent',
    limit: 20,
    source: CIMMYT,
  },
  {
    id: 'cabbage-complex-texas',
    pests: ['PLUTMA', 'LAPHEG'],
    stages: ['any'],
    measure: 'larvae-per-plant',
    limit: 0.3,
    source: TEXAS,
  },
];

const ORCHARD_THRESHOLDS: readonly ActionThreshold[] = [
  {
    id: 'fruit-flies-programmes',
    pests: ['DACUDO'],
    stages: ['any'],
    measure: 'flies-per-trap-day',
    limit: 1,
    source: { text: 'Bands of control programmes, not seen', evidence: 'U', region: 'any' },
  },
  {
    id: 'stehha-fernandes-berries',
    ...BERRY_BORER,
    stages: ['any'],
    measure: 'bored-berries-percent',
    limit: 4.3,
    source: FERNANDES,
  },
  {
    id: 'stehha-fernandes-flowering',
    ...BERRY_BORER,
    stages: ['flowering'],
    measure: 'catch-per-trap',
    limit: 426,
    source: FERNANDES,
  },
  {
    id: 'stehha-fernandes-pinhead',
    ...BERRY_BORER,
    stages: ['pinhead'],
    measure: 'catch-per-trap',
    limit: 85,
    source: FERNANDES,
  },
  {
    id: 'stehha-fernandes-ripening',
    ...BERRY_BORER,
    stages: ['ripening'],
    measure: 'catch-per-trap',
    limit: 28,
    source: FERNANDES,
  },
];

/**
 * Thresholds that somebody published, each with where it holds. No number could be verified for
 * mango hoppers and borers, the longan stink bug and mite, nor for S. exigua on shallots.
 */
export const ACTION_THRESHOLDS: readonly ActionThreshold[] = [
  ...HOPPER_THRESHOLDS,
  ...MOTH_THRESHOLDS,
  ...ORCHARD_THRESHOLDS,
];

/**
 * Classes of infestation in official reports, planthoppers per m². Not verified: the survey
 * standard itself (QCVN 01-166:2014) was not seen.
 */
export const HOPPER_CLASSES = {
  light: 750,
  medium: 1500,
  heavy: 3000,
  source: { text: 'QCVN 01-166:2014/BNNPTNT, not seen', evidence: 'U', region: 'Vietnam' },
} as const;
