import { AppError, type AppErrorOptions } from '../base/errors.ts';
import type { Localized } from '../contracts/localized.ts';
import { PLANT_PROBLEMS } from './plant-problems.ts';
import {
  BUSY_RETRY_SECONDS,
  kind,
  later,
  type ProblemKind,
  STORE_RETRY_SECONDS,
} from './problem-kind.ts';

/** The one table from error codes to HTTP. */
export const PROBLEMS: Readonly<Record<string, ProblemKind>> = {
  ...PLANT_PROBLEMS,
  REQUEST_INVALID: kind(400, 'Yêu cầu không hợp lệ', 'Invalid request', 'Requête invalide'),
  BODY_INVALID: kind(400, 'Nội dung không đọc được', 'Unreadable body', 'Corps illisible'),
  CURSOR_INVALID: {
    ...kind(400, 'Con trỏ trang không hợp lệ', 'Invalid cursor', 'Curseur invalide'),
    field: 'cursor',
  },
  TOKEN_REQUIRED: kind(401, 'Cần đăng nhập', 'Sign in first', 'Connexion requise'),
  TOKEN_INVALID: kind(401, 'Mã truy cập không đúng', 'Unknown token', 'Jeton inconnu'),
  SIGN_IN_REFUSED: kind(401, 'Không đăng nhập được', 'Sign-in refused', 'Connexion refusée'),
  ROLE_INSUFFICIENT: kind(403, 'Không đủ quyền', 'Not allowed', 'Droits insuffisants'),
  ORIGIN_FORBIDDEN: kind(403, 'Nguồn bị từ chối', 'Origin refused', 'Origine refusée'),
  ROUTE_NOT_FOUND: kind(404, 'Không có đường dẫn này', 'No such route', 'Route inconnue'),
  COOP_NOT_FOUND: kind(404, 'Không có hợp tác xã này', 'No such coop', 'Coopérative inconnue'),
  SITE_NOT_FOUND: kind(404, 'Không có địa điểm này', 'No such site', 'Site inconnu'),
  DEVICE_NOT_FOUND: kind(404, 'Không có thiết bị này', 'No such device', 'Appareil inconnu'),
  ALERT_NOT_FOUND: kind(404, 'Không có cảnh báo này', 'No such alert', 'Alerte inconnue'),
  RULE_NOT_FOUND: kind(404, 'Không có quy tắc này', 'No such rule', 'Règle inconnue'),
  TOKEN_NOT_FOUND: kind(404, 'Không có mã này', 'No such token', 'Jeton inconnu'),
  BACKUP_NOT_FOUND: kind(404, 'Không có bản sao lưu này', 'No such backup', 'Sauvegarde inconnue'),
  PERSON_NOT_FOUND: kind(404, 'Không có người này', 'No such person', 'Personne inconnue'),
  DELIVERY_NOT_FOUND: kind(404, 'Không có tin này', 'No such message', 'Message inconnu'),
  CHANNEL_NOT_FOUND: kind(404, 'Không có kênh này', 'No such channel', 'Canal inconnu'),
  METHOD_NOT_ALLOWED: kind(405, 'Sai phương thức', 'Wrong method', 'Méthode non permise'),
  COOP_EXISTS: kind(409, 'Mã hợp tác xã đã có', 'Coop id is taken', 'Identifiant déjà pris'),
  COOP_IN_USE: kind(409, 'Hợp tác xã đang dùng', 'Coop is in use', 'Coopérative utilisée'),
  SITE_EXISTS: kind(409, 'Mã địa điểm đã có', 'Site id is taken', 'Identifiant déjà pris'),
  SITE_IN_USE: kind(409, 'Địa điểm đang dùng', 'Site is in use', 'Site utilisé'),
  DEVICE_EXISTS: kind(409, 'Mã thiết bị đã có', 'Device id is taken', 'Identifiant déjà pris'),
  TOKEN_EXISTS: kind(409, 'Mã truy cập đã có', 'Token is taken', 'Jeton déjà pris'),
  PERSON_EXISTS: kind(409, 'Mã người đã có', 'Person id is taken', 'Identifiant déjà pris'),
  PERSON_ON_DUTY: kind(409, 'Người này đang trực', 'Person is on duty', 'Personne de garde'),
  DELIVERY_OVER: kind(409, 'Tin đã xong', 'Message is over', 'Message terminé'),
  CHANNEL_NOT_READY: kind(409, 'Kênh chưa cài đặt', 'Channel is not set up', 'Canal non réglé'),
  ADDRESS_INVALID: kind(400, 'Địa chỉ không đúng', 'Invalid address', 'Adresse invalide'),
  CONTACT_INVALID: kind(400, 'Liên lạc không đúng', 'Invalid contact', 'Contact invalide'),
  BACKUP_RUNNING: kind(409, 'Đang sao lưu', 'A backup is being made', 'Sauvegarde en cours'),
  BACKUP_FAILED: kind(503, 'Không sao lưu được', 'No backup now', 'Sauvegarde impossible'),
  ALERT_RESOLVED: kind(409, 'Cảnh báo đã xong', 'Alert is over', 'Alerte terminée'),
  BODY_TOO_LARGE: kind(413, 'Nội dung quá lớn', 'Body too large', 'Corps trop volumineux'),
  MEDIA_TYPE_UNSUPPORTED: kind(
    415,
    'Kiểu nội dung không được nhận',
    'Media type not supported',
    'Type de contenu non accepté',
  ),
  HOST_FORBIDDEN: kind(421, 'Tên máy chủ lạ', 'Unknown host name', 'Nom d’hôte inconnu'),
  ALERT_NOTE_TOO_LONG: {
    ...kind(400, 'Ghi chú quá dài', 'Note too long', 'Note trop longue'),
    field: 'note',
  },
  ALERT_SHELF_INVALID: {
    ...kind(400, 'Thời hạn gác lại không hợp lệ', 'Invalid shelf time', 'Durée de report invalide'),
    field: 'until',
  },
  MAINTENANCE_NOT_FOUND: kind(
    404,
    'Không có lịch bảo trì này',
    'No such maintenance',
    'Maintenance inconnue',
  ),
  MAINTENANCE_INVALID: kind(
    400,
    'Lịch bảo trì không hợp lệ',
    'Invalid maintenance',
    'Maintenance invalide',
  ),
  MAINTENANCE_FULL: kind(409, 'Đã đủ lịch bảo trì', 'Too much maintenance', 'Trop de maintenances'),
  ADVICE_NOT_FOUND: kind(404, 'Không có lời khuyên riêng', 'No own advice', 'Aucun conseil propre'),
  ALERT_TIMELINE_FULL: kind(409, 'Cảnh báo đã đầy ghi chú', 'Alert is full', 'Alerte pleine'),
  COOP_UNKNOWN: kind(422, 'Không có hợp tác xã này', 'No such coop', 'Coopérative inconnue'),
  SITE_UNKNOWN: kind(422, 'Không có địa điểm này', 'No such site', 'Site inconnu'),
  DEVICE_UNKNOWN: kind(422, 'Không có thiết bị này', 'No such device', 'Appareil inconnu'),
  ALERT_UNKNOWN: kind(422, 'Không có cảnh báo này', 'No such alert', 'Alerte inconnue'),
  PEST_UNKNOWN: kind(400, 'Không có dịch hại này', 'No such pest', 'Ravageur inconnu'),
  MEASURE_UNKNOWN: kind(400, 'Không có cách đếm này', 'No such measure', 'Comptage inconnu'),
  SPRAY_NOT_FOUND: kind(404, 'Không có lần phun này', 'No such spray', 'Traitement inconnu'),
  SPRAY_EXISTS: kind(409, 'Mã lần phun đã có', 'Spray id is taken', 'Identifiant déjà pris'),
  BASELINE_OVERLAPS: kind(409, 'Mức gốc chồng nhau', 'Baselines overlap', 'Références superposées'),
  PERSON_UNKNOWN: kind(422, 'Không có người này', 'No such person', 'Personne inconnue'),
  KIND_UNKNOWN: kind(422, 'Không có loại thiết bị này', 'No such kind', 'Type inconnu'),
  METRIC_UNKNOWN: kind(400, 'Không có chỉ số này', 'No such metric', 'Mesure inconnue'),
  RANGE_EMPTY: kind(400, 'Khoảng thời gian rỗng', 'Empty time range', 'Période vide'),
  RANGE_TOO_LARGE: kind(400, 'Khoảng thời gian quá dài', 'Range too large', 'Période trop longue'),
  EXPIRY_PAST: kind(422, 'Đã quá hạn', 'Expiry is past', 'Expiration passée'),
  TOKEN_FROM_SETTING: kind(409, 'Mã do cấu hình đặt', 'Token is a setting', 'Jeton de réglage'),
  QUERY_TOO_LARGE: kind(400, 'Truy vấn quá lớn', 'Query too large', 'Requête trop lourde'),
  QUERY_INVALID: kind(400, 'Truy vấn không hợp lệ', 'Invalid query', 'Requête invalide'),
  CORRECTION_NOT_FOUND: kind(
    404,
    'Không có hiệu chỉnh này',
    'No such correction',
    'Correction inconnue',
  ),
  CORRECTION_CONFLICT: kind(
    409,
    'Hiệu chỉnh vừa bị đổi',
    'Correction has just changed',
    'Correction modifiée entre-temps',
  ),
  RULE_INVALID: kind(400, 'Quy tắc không dùng được', 'Rule cannot be', 'Règle impossible'),
  RULE_CONFLICT: kind(409, 'Quy tắc vừa bị đổi', 'Rule has just changed', 'Règle modifiée'),
  RULE_EXISTS: kind(409, 'Mã quy tắc đã có', 'Rule id is taken', 'Identifiant déjà pris'),
  RULE_OF_KIND: kind(409, 'Quy tắc của loại thiết bị', 'Rule of a kind', 'Règle d’un type'),
  RULE_OF_ALL: kind(
    403,
    'Quy tắc chung của mọi hợp tác xã',
    'Rule of all cooperatives',
    'Règle de toutes les coopératives',
  ),
  RULES_FULL: kind(409, 'Đã đủ quy tắc', 'Too many rules', 'Trop de règles'),
  DRY_RUN_TOO_LARGE: kind(400, 'Thử quá nhiều', 'Dry run too large', 'Essai trop grand'),
  NOISE_TOO_LARGE: kind(400, 'Quá nhiều cảnh báo', 'Too many alerts', 'Trop d’alertes'),
  CORRECTIONS_FULL: kind(409, 'Đã đủ hiệu chỉnh', 'Too many corrections', 'Trop de corrections'),
  RATE_LIMITED: later(60, kind(429, 'Quá nhiều yêu cầu', 'Too many requests', 'Trop de requêtes')),
  INTERNAL_ERROR: kind(500, 'Lỗi bên trong', 'Unexpected error', 'Erreur inattendue'),
  SERVER_BUSY: later(5, kind(503, 'Máy chủ đang bận', 'Server is busy', 'Serveur occupé')),
  STREAM_FULL: later(10, kind(503, 'Luồng đã đầy', 'Stream is full', 'Flux complet')),
  SERIES_UNAVAILABLE: later(
    STORE_RETRY_SECONDS,
    kind(503, 'Kho số liệu tạm ngưng', 'History is unavailable', 'Historique indisponible'),
  ),
  SERIES_BUSY: later(
    STORE_RETRY_SECONDS,
    kind(503, 'Kho số liệu đang bận', 'History is busy', 'Historique occupé'),
  ),
  DRY_RUN_BUSY: later(
    BUSY_RETRY_SECONDS,
    kind(503, 'Đang thử quy tắc khác', 'Other dry runs are under way', 'Autres essais en cours'),
  ),
  QUERY_TIMEOUT: later(
    STORE_RETRY_SECONDS,
    kind(503, 'Truy vấn quá lâu', 'Query took too long', 'Requête trop longue'),
  ),
  QUERY_CANCELLED: later(
    STORE_RETRY_SECONDS,
    kind(503, 'Truy vấn bị hủy', 'Query was cancelled', 'Requête annulée'),
  ),
  FILE_INVALID: kind(400, 'Tệp không đúng dạng', 'Not such a file', 'Fichier non conforme'),
  FILE_AGGREGATED: kind(400, 'Tệp số liệu gộp', 'File of aggregates', 'Fichier d’agrégats'),
  FILE_TOO_LARGE: kind(413, 'Tệp quá lớn', 'File too large', 'Fichier trop volumineux'),
  FILE_WORKER_FAILED: later(
    STORE_RETRY_SECONDS,
    kind(503, 'Chưa tạo được tệp', 'File cannot be made now', 'Fichier impossible pour l’instant'),
  ),
  FILE_DIR_UNUSABLE: later(
    BUSY_RETRY_SECONDS,
    kind(503, 'Ổ đĩa từ chối', 'The disk refuses', 'Le disque refuse'),
  ),
  IMPORT_BUSY: later(
    BUSY_RETRY_SECONDS,
    kind(503, 'Đang nhập tệp khác', 'Another import is running', 'Import déjà en cours'),
  ),
  JOURNAL_FULL: later(
    BUSY_RETRY_SECONDS,
    kind(503, 'Nhật ký đã đầy', 'The journal is full', 'Le journal est plein'),
  ),
  JOURNAL_WRITE_FAILED: later(
    BUSY_RETRY_SECONDS,
    kind(503, 'Ổ đĩa từ chối', 'The disk refuses', 'Le disque refuse'),
  ),
  JOURNAL_OVERLOADED: later(
    BUSY_RETRY_SECONDS,
    kind(503, 'Máy chủ đang bận', 'Server is busy', 'Serveur occupé'),
  ),
  STATE_UNAVAILABLE: later(
    STORE_RETRY_SECONDS,
    kind(503, 'Kho trạng thái tạm ngưng', 'State is unavailable', 'État indisponible'),
  ),
};

/** Options of an API error: `retryAfterSeconds` and `headers` go out with the answer. */
export interface ApiErrorOptions extends AppErrorOptions {
  headers?: Readonly<Record<string, string>>;
  errors?: ReadonlyArray<{ field: string; message: string }>;
}

/** An error born in the API: its detail is known in every language. */
export class ApiError extends AppError {
  declare readonly detail: Localized;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: string, detail: Localized, options: ApiErrorOptions = {}) {
    super(code, detail.en, { ...options, detail });
    this.headers = options.headers ?? {};
  }
}

const THINGS = {
  COOP: { vi: 'hợp tác xã', en: 'cooperative', fr: 'coopérative' },
  SITE: { vi: 'địa điểm', en: 'site', fr: 'site' },
  DEVICE: { vi: 'thiết bị', en: 'device', fr: 'appareil' },
  ALERT: { vi: 'cảnh báo', en: 'alert', fr: 'alerte' },
  RULE: { vi: 'quy tắc', en: 'rule', fr: 'règle' },
  TOKEN: { vi: 'mã truy cập', en: 'token', fr: 'jeton' },
  CORRECTION: { vi: 'hiệu chỉnh', en: 'correction', fr: 'correction' },
  SPRAY: { vi: 'lần phun', en: 'spray', fr: 'traitement' },
  MAINTENANCE: { vi: 'lịch bảo trì', en: 'maintenance', fr: 'maintenance' },
  ADVICE: { vi: 'lời khuyên riêng', en: 'own advice', fr: 'conseil propre' },
  PERSON: { vi: 'người', en: 'person', fr: 'personne' },
  DELIVERY: { vi: 'tin nhắn', en: 'message', fr: 'message' },
  BACKUP: { vi: 'bản sao lưu', en: 'backup', fr: 'sauvegarde' },
  COMMAND: { vi: 'lệnh', en: 'command', fr: 'commande' },
  ACTUATOR: { vi: 'bộ điều khiển', en: 'actuator', fr: 'actionneur' },
  STOP: { vi: 'lệnh dừng khẩn cấp', en: 'emergency stop', fr: 'arrêt d’urgence' },
  PROGRAMME: { vi: 'chương trình tưới', en: 'programme', fr: 'programme' },
  PLOT: { vi: 'thông tin thửa', en: 'plot', fr: 'parcelle' },
  AERATION: { vi: 'kế hoạch sục khí', en: 'aeration plan', fr: 'plan d’aération' },
} as const satisfies Record<string, Localized>;

export type Thing = keyof typeof THINGS;

function missing(thing: Thing, id: string): Localized {
  return {
    vi: `Không tìm thấy ${THINGS[thing].vi} “${id}”, hoặc nó không thuộc quyền của bạn.`,
    en: `There is no ${THINGS[thing].en} "${id}" that you may see.`,
    fr: `Aucun élément « ${id} » (${THINGS[thing].fr}) ne vous est visible.`,
  };
}

/** 404: also what others' things answer, so that ids cannot be probed. */
export function notFound(thing: Thing, id: string): ApiError {
  return new ApiError(`${thing}_NOT_FOUND`, missing(thing, id));
}

/** 422: the body or query refers to something that is not there. */
export function unknownReference(
  thing: 'COOP' | 'SITE' | 'ALERT' | 'PERSON' | 'DEVICE',
  id: string,
  field: string,
): ApiError {
  return new ApiError(`${thing}_UNKNOWN`, missing(thing, id), { field });
}
