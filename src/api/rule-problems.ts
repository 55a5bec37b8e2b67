import { AppError } from '../base/errors.ts';
import type { Localized } from '../contracts/localized.ts';
import { ApiError } from './problems.ts';

type Words = (said: { message: string; hint: string; field: string }) => Localized;

/** What the rules refuse, in every language; what exactly is at fault is said as they say it. */
const WORDS: Readonly<Record<string, Words>> = {
  RULE_INVALID: ({ message, hint, field }) => ({
    vi: `Hãy sửa trường “${field}” của quy tắc: ${message}. ${hint}`,
    en: `${message}. ${hint}`,
    fr: `Corrigez le champ « ${field} » de la règle : ${message}. ${hint}`,
  }),
  RULE_CONFLICT: ({ message, hint }) => ({
    vi: 'Có người vừa thay đổi quy tắc này. Hãy đọc lại rồi lưu.',
    en: `${message}. ${hint}`,
    fr: 'Quelqu’un vient de modifier cette règle. Relisez-la, puis enregistrez.',
  }),
  RULES_FULL: ({ message, hint }) => ({
    vi: 'Đã đủ số quy tắc hoặc phiên bản. Hãy xóa những quy tắc không cần nữa.',
    en: `${message}. ${hint}`,
    fr: 'Il y a assez de règles ou de versions. Supprimez celles qui ne servent plus.',
  }),
  DRY_RUN_TOO_LARGE: ({ message, hint }) => ({
    vi: `Thử quá nhiều thiết bị hoặc quá nhiều ngày: ${message}. ${hint}`,
    en: `${message}. ${hint}`,
    fr: `Trop d’appareils ou trop de jours : ${message}. ${hint}`,
  }),
  DRY_RUN_BUSY: ({ message, hint }) => ({
    vi: 'Đang thử các quy tắc khác. Hãy thử lại sau vài giây.',
    en: `${message}. ${hint}`,
    fr: 'D’autres essais sont en cours. Réessayez dans quelques secondes.',
  }),
  NOISE_TOO_LARGE: ({ message, hint }) => ({
    vi: 'Quá nhiều cảnh báo cho một báo cáo. Hãy chọn khoảng thời gian ngắn hơn.',
    en: `${message}. ${hint}`,
    fr: 'Trop d’alertes pour un seul rapport. Demandez une période plus courte.',
  }),
};

/** Runs it; what the rules refuse is said in the caller's language, under the field as asked. */
export async function inWords<T>(work: () => Promise<T>, prefix = ''): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const words = error instanceof AppError ? WORDS[error.code] : undefined;
    if (words === undefined || !(error instanceof AppError)) throw error;
    const { code, message, hint = '' } = error;
    const isOfRule = code === 'RULE_INVALID' || code === 'RULE_CONFLICT';
    const field = error.field === undefined || !isOfRule ? error.field : prefix + error.field;
    const detail = words({ message, hint, field: field ?? 'rule' });
    throw new ApiError(code, detail, { cause: error, ...(field !== undefined && { field }) });
  }
}
