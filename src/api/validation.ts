import type { FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { nearest } from '../base/suggest.ts';
import type { Language, Localized } from '../contracts/localized.ts';

/** An input field at fault and why, in the reader's language. */
export interface FieldIssue {
  field: string;
  message: string;
}

/** Most faults named in one answer; a person mends a few at a time. */
const ISSUES_MAX = 20;
/** Longest field name repeated back; what a caller invents may be longer. */
const FIELD_LENGTH_MAX = 100;

type IssueText = (issue: z.core.$ZodRawIssue) => string | { message: string } | undefined | null;

const ISSUE_TEXTS: Readonly<Record<Language, IssueText>> = {
  vi: z.locales.vi().localeError,
  en: z.locales.en().localeError,
  fr: z.locales.fr().localeError,
};

const UNKNOWN_FIELD: Readonly<Record<Language, string>> = {
  vi: 'không có trường này',
  en: 'there is no such field',
  fr: 'ce champ n’existe pas',
};

const DID_YOU_MEAN: Readonly<Record<Language, (name: string) => string>> = {
  vi: (name) => `; có phải là “${name}”?`,
  en: (name) => `; did you mean "${name}"?`,
  fr: (name) => ` ; vouliez-vous dire « ${name} » ?`,
};

/** Faults our own refinements find, by the code they give. */
const REFINEMENT_TEXTS: Readonly<Record<string, Localized>> = {
  RING_OPEN: {
    vi: 'vòng chưa khép kín: vị trí cuối phải trùng vị trí đầu',
    en: 'the ring is not closed: its last position must equal its first',
    fr: 'l’anneau n’est pas fermé : la dernière position doit égaler la première',
  },
  INSTANT_INVALID: {
    vi: 'cần thời điểm ISO 8601, ngày như 2026-11-22, hoặc số mili giây từ 1970',
    en: 'expected an ISO 8601 time, a date such as 2026-11-22, or milliseconds since 1970',
    fr: 'attendu : une heure ISO 8601, une date comme 2026-11-22, ou des millisecondes depuis 1970',
  },
  EVERY_INVALID: {
    vi: 'cần một khoảng như 5m, 1h, 1d, 1w, 1mo hoặc 1y',
    en: 'expected a width such as 5m, 1h, 1d, 1w, 1mo or 1y',
    fr: 'attendu : une durée comme 5m, 1h, 1d, 1w, 1mo ou 1y',
  },
  EVERY_ZERO: {
    vi: 'khoảng phải dài hơn 0; ngắn nhất là 1s, hoặc bỏ every để lấy từng điểm đo',
    en: 'a width is longer than 0; use 1s or more, or leave every out for the points themselves',
    fr: 'une durée dépasse 0 ; utilisez 1s ou plus, ou omettez every pour obtenir les points',
  },
  EVERY_TOO_LONG: {
    vi: 'khoảng dài nhất là 1y; hãy dùng 1y hoặc ngắn hơn',
    en: 'the longest width is 1y; use 1y or less',
    fr: 'la durée la plus longue est 1y ; utilisez 1y ou moins',
  },
  GAIN_ZERO: {
    vi: 'gain không được bằng 0: mọi giá trị sẽ thành offset',
    en: 'a gain of 0 would make every value the offset; use value to set one',
    fr: 'un gain de 0 donnerait partout offset ; utilisez value pour fixer une valeur',
  },
  CORRECTION_WORK_UNCLEAR: {
    vi: 'cần đúng một trong calibration, flag và value',
    en: 'expected exactly one of calibration, flag and value',
    fr: 'attendu : exactement un parmi calibration, flag et value',
  },
  CORRECTION_SPAN_MISSING: {
    vi: 'cần from, hoặc at cho một thời điểm',
    en: 'expected from, or at for one instant',
    fr: 'attendu : from, ou at pour un seul instant',
  },
  CORRECTION_SPAN_DOUBLE: {
    vi: 'at thay cho from và to: chỉ dùng một cách',
    en: 'at stands instead of from and to: use one of the two',
    fr: 'at remplace from et to : utilisez l’un ou l’autre',
  },
  CORRECTION_SPAN_EMPTY: {
    vi: 'from phải trước to',
    en: 'from must be before to',
    fr: 'from doit précéder to',
  },
  COUNT_NEGATIVE: {
    vi: 'số đếm là 0 hoặc lớn hơn; không thấy con nào thì ghi 0',
    en: 'a count is 0 or more; write 0 when none was found',
    fr: 'un comptage vaut 0 ou plus ; écrivez 0 si rien n’a été trouvé',
  },
  SAMPLE_EMPTY: {
    vi: 'mẫu phải lớn hơn 0; chưa xem gì thì không ghi số đếm',
    en: 'a sample is more than 0; where nothing was looked at there is no count',
    fr: 'un échantillon dépasse 0 ; sans observation il n’y a pas de comptage',
  },
  VALUES_MISSING: {
    vi: 'cần ít nhất một giá trị',
    en: 'expected at least one value',
    fr: 'au moins une valeur est attendue',
  },
  VALUES_TOO_MANY: {
    vi: 'nhiều nhất 64 giá trị một lần; hãy gửi làm nhiều lần',
    en: 'at most 64 values at once; send them in several reports',
    fr: 'au plus 64 valeurs à la fois ; envoyez plusieurs relevés',
  },
  SEASON_EMPTY: {
    vi: 'ngày cuối phải không trước ngày đầu',
    en: 'the last day must not be before the first',
    fr: 'le dernier jour ne doit pas précéder le premier',
  },
  SHELF_UNCLEAR: {
    vi: 'cần đúng một trong minutes và until',
    en: 'expected exactly one of minutes and until',
    fr: 'attendu : exactement un parmi minutes et until',
  },
  QUIET_HOURS_EMPTY: {
    vi: 'giờ yên lặng cần hai thời điểm khác nhau',
    en: 'quiet hours begin and end at different times',
    fr: 'les heures calmes commencent et finissent à des heures différentes',
  },
  ZONE_INVALID: {
    vi: 'không có múi giờ này; ví dụ Asia/Ho_Chi_Minh',
    en: 'there is no such time zone; an example is Asia/Ho_Chi_Minh',
    fr: 'ce fuseau horaire n’existe pas ; par exemple Asia/Ho_Chi_Minh',
  },
};

/** Input that its schema refused. Keeps the input, to say why in the reader's language. */
export class InputRefused extends Error {
  readonly schema: z.ZodType;
  readonly input: unknown;

  constructor(schema: z.ZodType, input: unknown) {
    super('input refused by its schema');
    this.name = 'InputRefused';
    this.schema = schema;
    this.input = input;
  }
}

/** Checks params, query and body of every route with its zod schema. */
export const compileValidator: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (input: unknown) => {
    const result = schema.safeParse(input);
    return result.success ? { value: result.data } : { error: new InputRefused(schema, input) };
  };

/** The faults behind an error, or undefined when it was not refused input. */
export function issuesOf(error: unknown, language: Language): FieldIssue[] | undefined {
  if (!(error instanceof InputRefused)) return undefined;
  const result = error.schema.safeParse(error.input, { error: ISSUE_TEXTS[language] });
  if (result.success) return [];
  return result.error.issues
    .flatMap((issue) => describeIssue(issue, error.schema, language))
    .slice(0, ISSUES_MAX);
}

function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  language: Language,
): FieldIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = issue.path.length === 0 ? nearest(key, namesOf(schema)) : undefined;
      const suggestion = known === undefined ? '' : DID_YOU_MEAN[language](known);
      return {
        field: fieldName([...issue.path, key]),
        message: `${UNKNOWN_FIELD[language]}${suggestion}`,
      };
    });
  }
  return [{ field: fieldName(issue.path), message: ownText(issue, language) ?? issue.message }];
}

/** What we say of a fault that a refinement of ours has found. */
function ownText(issue: z.core.$ZodIssue, language: Language): string | undefined {
  if (issue.code !== 'custom') return undefined;
  const { code, suggestion } = issue.params ?? {};
  const text = typeof code === 'string' ? REFINEMENT_TEXTS[code]?.[language] : undefined;
  if (text === undefined || typeof suggestion !== 'string') return text;
  return `${text}${DID_YOU_MEAN[language](suggestion)}`;
}

function namesOf(schema: z.ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function fieldName(path: readonly PropertyKey[]): string {
  const name = path.map(String).join('.');
  return (name === '' ? 'body' : name).slice(0, FIELD_LENGTH_MAX);
}
