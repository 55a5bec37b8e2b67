import type { Rule, Test } from '../../src/contracts/rule.ts';
import type { ActionThreshold } from '../../src/pests/action-thresholds.ts';
import { daysOfStages } from '../../src/pests/crop-stages.ts';
import { NO_EARLY_SPRAY_DAYS } from '../../src/pests/economic-threshold.ts';
import { FIELD_MEASURES, type FieldMeasure } from '../../src/pests/field-measures.ts';
import { ACTION_THRESHOLDS } from '../../src/pests/threshold-records.ts';
import { surveyed, TOGETHER } from './counts.ts';
import { MEASURES, PESTS, stageWords } from './words.ts';

const DAY = 86_400;
/** Fields are visited each week; two visits missed, and nobody knows what was between. */
const GAP_SECONDS = 14 * DAY;
/** Thresholds that are reached at their limit: what is above this, is at least the limit. */
const JUST_BELOW = 1e-6;
const VALID_UNTIL = '2028-12-31';
/** Rice to its harvest. */
const RICE_DAYS = 105;
/** A device that carries it stands where planthoppers carry virus. */
const VIRUS_TAG = 'virus-area';

/**
 * Sources disagree, and one of them stands until the cooperative chooses another: those of the
 * country before others, then the one that was checked against yield.
 */
const OFF: Readonly<Record<string, string>> = {
  'cnapme-litsinger': 'off because Bà Rịa–Vũng Tàu stands',
  'scirin-kerala-deadhearts': 'off because Litsinger stands, stage by stage',
  'scirin-kerala-eggs': 'off because Cần Thơ stands',
  'stehha-fernandes-flowering': 'off because no count of days tells the stage of a tree',
  'stehha-fernandes-pinhead': 'off because no count of days tells the stage of a tree',
  'stehha-fernandes-ripening': 'off because no count of days tells the stage of a tree',
};

/** Pests that only eat leaves: early in rice the crop makes up for it. */
const RICE_LEAF_FEEDERS: readonly string[] = ['CNAPME'];

const treat: Rule['advice'] = {
  vi: [
    'Đếm thiên địch: còn nhiều nhện, bọ xít mù xanh thì chờ 3 ngày rồi đếm lại.',
    'Hỏi cán bộ bảo vệ thực vật; xem thời gian cách ly đến ngày thu hoạch.',
    'Nếu phun: đúng thuốc, đúng lúc, rồi ghi vào sổ phun thuốc.',
  ],
  en: [
    'Count natural enemies: where spiders and mirids are many, wait 3 days, count again.',
    'Ask plant protection; check the days the product needs before harvest.',
    'If you treat: the right product at the right time; write it in the spray ledger.',
  ],
  fr: [
    'Comptez les auxiliaires : s’ils sont nombreux, attendez 3 jours et recomptez.',
    'Consultez la protection des végétaux ; vérifiez le délai avant récolte.',
    'Si vous traitez : bon produit, bon moment ; notez-le dans le registre.',
  ],
};

const lookAgain: Rule['advice'] = {
  vi: ['Thăm lại sau 3 ngày, đếm ít nhất 10 bụi theo đường chéo.', 'Chưa phun: chưa tới ngưỡng.'],
  en: [
    'Come back in 3 days; count at least 10 hills along a diagonal.',
    'Do not spray: the threshold is not reached.',
  ],
  fr: [
    'Revenez dans 3 jours ; comptez au moins 10 touffes en diagonale.',
    'Ne traitez pas : le seuil n’est pas atteint.',
  ],
};

const lookInTheField: Rule['advice'] = {
  vi: ['Đếm ngoài đồng, ngoài vườn trước khi quyết định.', 'Chưa phun: bẫy chỉ báo nên đi xem.'],
  en: ['Count in the field or orchard before you decide.', 'Do not spray: a trap only says look.'],
  fr: [
    'Comptez au champ ou au verger avant de décider.',
    'Ne traitez pas : un piège dit seulement d’aller voir.',
  ],
};

const TRAPS: readonly ActionThreshold['measure'][] = ['catch-per-trap', 'flies-per-trap-day'];

const atOnce = { forSeconds: 0, clearSeconds: 0, gapSeconds: GAP_SECONDS } as const;

function limitOf({ limit, isExclusive }: ActionThreshold, share = 1): number {
  return share * limit - (isExclusive === true ? 0 : JUST_BELOW);
}

/** `1.000`, `1,000`, `1 000`, as each language writes it. */
function numberIn(language: 'vi' | 'en' | 'fr', value: number): string {
  return value.toLocaleString(language);
}

function titleOf(record: ActionThreshold, name: Rule['title'], share = 1): Rule['title'] {
  const words = MEASURES[record.measure];
  const stage = stageWords(record.stages);
  const limit = share * record.limit;
  const exclusive = record.isExclusive === true;
  return {
    vi: `${name.vi}, ${words.vi}: ${exclusive ? 'trên' : 'từ'} ${numberIn('vi', limit)} (${stage.vi})`,
    en: `${name.en}, ${words.en}: ${exclusive ? 'above' : 'from'} ${numberIn('en', limit)} (${stage.en})`,
    fr: `${name.fr}, ${words.fr} : ${exclusive ? 'plus de' : 'dès'} ${numberIn('fr', limit)} (${stage.fr})`,
  };
}

/** When a record holds, in days after sowing; null: at any time. */
function daysOf({ pests, crop, stages }: ActionThreshold): { from: number; to: number } | null {
  const isEarlyCalm = pests.some((pest) => RICE_LEAF_FEEDERS.includes(pest));
  if (isEarlyCalm) return { from: NO_EARLY_SPRAY_DAYS + 1, to: RICE_DAYS };
  return daysOfStages(crop, stages);
}

function sourceOf(record: ActionThreshold, days: { from: number; to: number } | null) {
  const { source, range, crop } = record;
  const off = OFF[record.id];
  const span = range === undefined ? '' : `; the source says ${range[0]} to ${range[1]}`;
  const told = days === null ? '' : `, days ${days.from} to ${days.to}`;
  return {
    text: `${source.text}${span}${off === undefined ? '' : ` (${off})`}`,
    evidence: source.evidence,
    region: source.region,
    stage: `${crop ?? 'any crop'}, ${stageWords(record.stages).en}${told}`,
    validUntil: VALID_UNTIL,
  };
}

type Common = Omit<Rule, 'id' | 'topic' | 'title' | 'condition'>;

function commonOf(record: ActionThreshold): Common {
  const days = daysOf(record);
  const isTrap = TRAPS.includes(record.measure);
  return {
    version: 1,
    enabled: record.source.evidence !== 'U' && OFF[record.id] === undefined,
    kind: 'field-survey',
    severity: isTrap ? 'info' : 'warning',
    scope: record.isVirusOnly === true ? { tag: VIRUS_TAG } : {},
    ...(days !== null && { when: { cropDays: days } }),
    source: sourceOf(record, days),
    advises: isTrap ? 'scout' : 'treat',
    advice: isTrap ? lookInTheField : treat,
  };
}

function test(metric: string, beyond: 'above' | 'below', limit: number): Test {
  return { type: 'test', metric, beyond, limit, clear: limit };
}

function rulesOf(record: ActionThreshold): Rule[] {
  const found = FIELD_MEASURES.filter(
    ({ pest, measure }) => record.pests.includes(pest) && measure === record.measure,
  );
  const each = found.flatMap((one) => rulesOfPest(record, one));
  return record.pests.length > 1 ? [...each, togetherRule(record, found)] : each;
}

function rulesOfPest(record: ActionThreshold, { pest, metric }: FieldMeasure): Rule[] {
  const common = commonOf(record);
  const id = `survey-${record.id}${record.pests.length > 1 ? `-${pest.toLowerCase()}` : ''}`;
  const name = PESTS[pest] ?? { vi: pest, en: pest, fr: pest };
  const limit = limitOf(record);
  const reached: Rule = {
    ...common,
    id,
    topic: id,
    title: titleOf(record, name),
    condition: {
      type: 'threshold',
      metric: surveyed(metric),
      beyond: 'above',
      limit,
      clear: limit,
      ...atOnce,
    },
  };
  if (record.scoutShare === undefined) return [reached];
  const scout: Rule = {
    ...common,
    id: `${id}-scout`,
    topic: `${id}-scout`,
    title: titleOf(record, name, record.scoutShare),
    severity: 'info',
    // From here to the threshold: beyond it the other rule speaks.
    condition: {
      type: 'all',
      of: [
        test(surveyed(metric), 'above', limitOf(record, record.scoutShare)),
        test(surveyed(metric), 'below', record.limit),
      ],
      ...atOnce,
      maxAgeSeconds: 0,
    },
    source: {
      ...common.source,
      text: `${common.source.text}; half of it: our own rule`,
      evidence: 'D',
    },
    advises: 'scout',
    advice: lookAgain,
  };
  return [reached, scout];
}

/** Each below the threshold, together not: where one reaches it alone, its own rule speaks. */
function togetherRule(record: ActionThreshold, found: readonly FieldMeasure[]): Rule {
  const id = `survey-${record.id}-together`;
  const limit = limitOf(record);
  const names = found.map(({ pest }) => PESTS[pest] ?? { vi: pest, en: pest, fr: pest });
  const joined = {
    vi: names.map(({ vi }) => vi).join(' + '),
    en: names.map(({ en }) => en).join(' + '),
    fr: names.map(({ fr }) => fr).join(' + '),
  };
  const pair = TOGETHER.get(record.measure) ?? [];
  return {
    ...commonOf(record),
    id,
    topic: id,
    title: titleOf(record, joined),
    condition: {
      type: 'all',
      of: [
        { type: 'any', of: pair.map(({ name }) => test(name, 'above', limit)) },
        ...found.map(({ metric }) => test(surveyed(metric), 'below', record.limit)),
      ],
      ...atOnce,
      maxAgeSeconds: DAY,
    },
  };
}

export const rules: readonly Rule[] = [
  ...ACTION_THRESHOLDS.flatMap(rulesOf),
  {
    id: 'survey-silent',
    topic: 'survey-silent',
    version: 1,
    enabled: true,
    kind: 'field-survey',
    title: {
      vi: 'Ba tuần chưa ai thăm đồng',
      en: 'Nobody has surveyed the field for three weeks',
      fr: 'Aucun relevé au champ depuis trois semaines',
    },
    severity: 'info',
    scope: {},
    when: { cropDays: { from: 0, to: RICE_DAYS } },
    condition: { type: 'absence', afterSeconds: null },
    source: {
      text: 'fields are surveyed every 7 days; three visits missed while a crop stands: our own rule',
      evidence: 'D',
      validUntil: VALID_UNTIL,
    },
    advises: 'scout',
    advice: {
      vi: ['Thăm đồng trong tuần này, đếm ở 5 đến 10 điểm chéo góc.', 'Ghi số đếm vào sổ.'],
      en: ['Survey the field this week at 5 to 10 points on a diagonal.', 'Record the counts.'],
      fr: [
        'Relevez le champ cette semaine en 5 à 10 points sur la diagonale.',
        'Enregistrez les comptages.',
      ],
    },
  },
];
