import type { AppError } from '../base/errors.ts';
import type { Localized } from '../contracts/localized.ts';
import { kind, later, type ProblemKind } from './problem-kind.ts';

/** What a refusal of the plant is called, and what to do about it; `{field}` names the field. */
interface PlantProblem extends ProblemKind {
  fix: Localized;
}

const plant = (base: ProblemKind, vi: string, en: string, fr: string): PlantProblem => ({
  ...base,
  fix: { vi, en, fr },
});

/** A provider of forecasts is asked again after a while. */
const FORECAST_RETRY_SECONDS = 60;

/** What people are told when a command, a programme or a plan is refused. */
const REFUSALS: Readonly<Record<string, PlantProblem>> = {
  COMMAND_INVALID: plant(
    kind(400, 'Lệnh không hợp lệ', 'Invalid command', 'Commande invalide'),
    'Hãy sửa trường “{field}” của lệnh rồi gửi lại.',
    'Mend the field "{field}" of the command and send it again.',
    'Corrigez le champ « {field} » de la commande et renvoyez-la.',
  ),
  COMMAND_UNKNOWN_ACTION: plant(
    kind(400, 'Không có hành động này', 'No such action', 'Action inconnue'),
    'Loại thiết bị này không có hành động đó. GET /kinds liệt kê các hành động.',
    'This kind of device has no such action; GET /kinds lists those it has.',
    'Ce type d’appareil n’a pas cette action ; GET /kinds donne celles qu’il a.',
  ),
  COMMAND_NO_LEASE: plant(
    kind(400, 'Thiếu thời gian chạy', 'No time to run', 'Durée manquante'),
    'Hãy thêm maxSeconds: thiết bị tự dừng sau từng ấy giây.',
    'Add maxSeconds: the device ends it by itself after so many seconds.',
    'Ajoutez maxSeconds : l’appareil s’arrête de lui-même après ce nombre de secondes.',
  ),
  COMMAND_OVER_CAP: plant(
    kind(400, 'Chạy quá lâu', 'Longer than allowed', 'Durée trop longue'),
    'Hãy yêu cầu thời gian ngắn hơn, hoặc nhờ người vận hành nâng giới hạn của bộ điều khiển.',
    "Ask for less time, or have an operator raise the actuator's cap.",
    'Demandez moins de temps, ou faites relever la limite de l’actionneur par un exploitant.',
  ),
  COMMAND_TOO_LATE: plant(
    kind(400, 'Hạn bắt đầu không hợp lệ', 'Cannot begin by then', 'Délai de début impossible'),
    'Hãy chọn notAfter trong tương lai, nhiều nhất 7 ngày tới, hoặc bỏ trống.',
    'Choose a notAfter to come, at most 7 days ahead, or leave it out.',
    'Choisissez un notAfter à venir, au plus 7 jours, ou omettez-le.',
  ),
  COMMAND_OFFLINE: plant(
    kind(409, 'Thiết bị mất kết nối', 'Device is offline', 'Appareil hors ligne'),
    'Hãy kiểm tra điện và mạng của thiết bị, hoặc chọn notAfter muộn hơn để lệnh chờ nó.',
    'Look after its power and network, or choose a later notAfter so that the command waits.',
    'Vérifiez son alimentation et son réseau, ou choisissez un notAfter plus tardif.',
  ),
  ACTUATOR_NOT_FOUND: plant(
    kind(404, 'Chưa khai báo bộ điều khiển', 'No such actuator', 'Actionneur inconnu'),
    'Hãy khai báo thiết bị bằng PUT /actuators/<thiết bị> trước khi ra lệnh.',
    'Declare the device with PUT /actuators/<device> before it takes commands.',
    'Déclarez l’appareil par PUT /actuators/<appareil> avant de le commander.',
  ),
  ACTUATOR_DISABLED: plant(
    kind(409, 'Bộ điều khiển đang tắt', 'Actuator is disabled', 'Actionneur désactivé'),
    'Người vận hành có thể bật nó bằng enabled: true. Lệnh đóng vẫn luôn được nhận.',
    'An operator enables it with enabled: true. A stop always passes.',
    'Un exploitant l’active avec enabled: true. Un arrêt passe toujours.',
  ),
  ACTUATOR_NO_FAIL_SAFE: plant(
    kind(409, 'Chưa có hướng an toàn', 'No fail-safe direction', 'Sens de repli absent'),
    'Hãy khai báo failSafe: van và bơm là off, máy sục khí là on.',
    'Declare failSafe: off for valves and pumps, on for aerators.',
    'Déclarez failSafe : off pour vannes et pompes, on pour les aérateurs.',
  ),
  ACTUATOR_FAULTY: plant(
    kind(409, 'Bộ điều khiển bị lỗi', 'Actuator has a fault', 'Actionneur en défaut'),
    'Hãy ra xem tại chỗ, sửa, rồi xóa lỗi bằng POST /actuators/<thiết bị>/clear-fault.',
    'Look at it on site, mend it, then clear it with POST /actuators/<device>/clear-fault.',
    'Allez voir, réparez, puis effacez par POST /actuators/<appareil>/clear-fault.',
  ),
  ACTUATOR_OWNED: plant(
    kind(409, 'Đang chạy cho người khác', 'In use by another', 'Utilisé par un autre'),
    'Hãy đợi lượt chạy này xong, hoặc dừng nó trước.',
    'Wait until that run is over, or stop it first.',
    'Attendez la fin de cette marche, ou arrêtez-la d’abord.',
  ),
  ACTUATOR_STOPPED: plant(
    kind(409, 'Đang dừng khẩn cấp', 'Emergency stop stands', 'Arrêt d’urgence en vigueur'),
    'Khi đã an toàn, hãy gỡ lệnh dừng khẩn cấp bằng DELETE /emergency-stops/<nơi>.',
    'When it is safe, release the stop with DELETE /emergency-stops/<scope>.',
    'Quand tout est sûr, levez l’arrêt par DELETE /emergency-stops/<lieu>.',
  ),
  ACTUATOR_IN_USE: plant(
    kind(409, 'Còn cấp nước cho nơi khác', 'It feeds another', 'Il en alimente un autre'),
    'Hãy cho những van nó cấp nước một nguồn khác trước.',
    'Give those that it feeds another supply first.',
    'Donnez d’abord une autre source à ceux qu’il alimente.',
  ),
  ACTUATOR_INVALID: plant(
    kind(400, 'Khai báo không dùng được', 'Actuator cannot be', 'Actionneur impossible'),
    'Hãy sửa trường “{field}” của bộ điều khiển.',
    'Mend the field "{field}" of the actuator.',
    'Corrigez le champ « {field} » de l’actionneur.',
  ),
  STOP_SCOPE_INVALID: plant(
    kind(400, 'Không có nơi để dừng', 'No place to stop', 'Aucun lieu à arrêter'),
    'Hãy ghi coop:<mã>, site:<mã> hoặc device:<mã>.',
    'Say coop:<id>, site:<id> or device:<id>.',
    'Indiquez coop:<id>, site:<id> ou device:<id>.',
  ),
  INTERLOCK_MINIMUM_OFF: plant(
    kind(409, 'Vừa mới tắt', 'It has just stopped', 'Arrêt trop récent'),
    'Hãy đợi hết thời gian nghỉ tối thiểu rồi thử lại.',
    'Wait until its least time off has passed.',
    'Attendez la fin de son temps d’arrêt minimal.',
  ),
  INTERLOCK_DAILY_SECONDS: plant(
    kind(409, 'Hết giờ chạy hôm nay', 'Daily time is used up', 'Durée du jour épuisée'),
    'Hãy yêu cầu ít hơn, hoặc đợi đến ngày mai.',
    'Ask for less, or wait until tomorrow.',
    'Demandez moins, ou attendez demain.',
  ),
  INTERLOCK_DAILY_LITRES: plant(
    kind(409, 'Hết lượng nước hôm nay', 'Daily volume is used up', 'Volume du jour épuisé'),
    'Hãy đợi đến ngày mai, hoặc kiểm tra xem có rò rỉ không.',
    'Wait until tomorrow, and look for a leak if that is unexpected.',
    'Attendez demain, et cherchez une fuite si cela surprend.',
  ),
  INTERLOCK_TANK_LEVEL: plant(
    kind(409, 'Bồn cạn', 'Tank is low', 'Cuve basse'),
    'Hãy đổ đầy bồn, hoặc kiểm tra cảm biến mực nước của nó.',
    'Fill the tank, or look after its level sensor.',
    'Remplissez la cuve, ou vérifiez son capteur de niveau.',
  ),
  INTERLOCK_SOURCE_SALINITY: plant(
    kind(409, 'Nước nguồn quá mặn', 'Source is too salty', 'Source trop salée'),
    'Hãy đợi con nước ngọt hơn, hoặc kiểm tra cảm biến độ mặn của nguồn.',
    "Wait for fresher water, or look after the source's salinity sensor.",
    'Attendez une eau plus douce, ou vérifiez le capteur de salinité de la source.',
  ),
  INTERLOCK_RAIN: plant(
    kind(409, 'Vừa có mưa', 'It has rained', 'Il a plu'),
    'Không cần tưới lúc này; hãy thử lại khi đất khô hơn.',
    'No water is needed now; try again when it is drier.',
    'L’eau est inutile maintenant ; réessayez par temps plus sec.',
  ),
  INTERLOCK_STALE: plant(
    kind(409, 'Không có số liệu mới', 'No fresh readings', 'Pas de mesure récente'),
    'Khi không biết tình trạng thì không mở. Hãy kiểm tra thiết bị báo số liệu.',
    'What nobody knows is not started. Look after the device that reports it.',
    'On ne démarre pas sans savoir. Vérifiez l’appareil qui mesure.',
  ),
  INTERLOCK_MOST_OPEN: plant(
    kind(409, 'Đã mở đủ số van', 'Enough valves are open', 'Assez de vannes ouvertes'),
    'Hãy đợi một van khác đóng lại.',
    'Wait until another valve has closed.',
    'Attendez qu’une autre vanne se ferme.',
  ),
  INTERLOCK_NEEDS_OPEN: plant(
    kind(409, 'Chưa có van nào mở', 'No valve is open', 'Aucune vanne ouverte'),
    'Hãy mở một van trước, rồi mới chạy bơm.',
    'Open a valve first, then start the pump.',
    'Ouvrez d’abord une vanne, puis démarrez la pompe.',
  ),
  CONFIRMATION_NEEDED: plant(
    kind(409, 'Cần xác nhận', 'Confirmation needed', 'Confirmation requise'),
    'Nếu đúng ý bạn, hãy gửi lại trong hai phút với “Confirmation: <confirmation>”.',
    'If that is meant, send it again within two minutes with "Confirmation: <confirmation>".',
    'Si c’est voulu, renvoyez dans les deux minutes avec « Confirmation: <confirmation> ».',
  ),
  PROGRAMME_INVALID: plant(
    kind(400, 'Chương trình không dùng được', 'Programme cannot be', 'Programme impossible'),
    'Hãy sửa trường “{field}” của chương trình.',
    'Mend the field "{field}" of the programme.',
    'Corrigez le champ « {field} » du programme.',
  ),
  PROGRAMME_NOT_FOUND: plant(
    kind(404, 'Không có chương trình này', 'No such programme', 'Programme inconnu'),
    'Hãy chọn một chương trình có trong GET /programmes.',
    'Choose one of GET /programmes.',
    'Choisissez-en un de GET /programmes.',
  ),
  PROGRAMME_RUNNING: plant(
    kind(409, 'Chương trình đang chạy', 'A run is under way', 'Une marche est en cours'),
    'Hãy đợi lượt này xong, hoặc dừng nó trước.',
    'Wait until that run is over, or stop it first.',
    'Attendez la fin de cette marche, ou arrêtez-la d’abord.',
  ),
  PROGRAMME_NOT_PROPOSED: plant(
    kind(409, 'Không có đề xuất này', 'Nothing is proposed', 'Rien n’est proposé'),
    'Đề xuất đã được nhận hoặc đã hết hạn. GET /programmes/<mã>/runs cho biết.',
    'It was accepted already, or is over. GET /programmes/<id>/runs tells.',
    'C’est déjà accepté, ou terminé. GET /programmes/<id>/runs le dit.',
  ),
  PLOT_INVALID: plant(
    kind(400, 'Thông tin thửa không đúng', 'Plot cannot be', 'Parcelle impossible'),
    'Hãy sửa trường “{field}” của thửa.',
    'Mend the field "{field}" of the plot.',
    'Corrigez le champ « {field} » de la parcelle.',
  ),
  PLOT_NOT_FOUND: plant(
    kind(404, 'Chưa khai báo thửa', 'No such plot', 'Parcelle inconnue'),
    'Hãy khai báo cây trồng, đất và tưới nhỏ giọt bằng PUT /plots/<thửa>.',
    'Declare its crop, soil and drip lines with PUT /plots/<site>.',
    'Déclarez culture, sol et goutte-à-goutte par PUT /plots/<site>.',
  ),
  FORECAST_UNAVAILABLE: plant(
    later(
      FORECAST_RETRY_SECONDS,
      kind(503, 'Chưa có dự báo', 'No forecast now', 'Prévision indisponible'),
    ),
    'Nguồn dự báo không trả lời. Hãy thử lại sau.',
    'The provider does not answer. Try again later.',
    'Le fournisseur ne répond pas. Réessayez plus tard.',
  ),
  AERATION_INVALID: plant(
    kind(400, 'Kế hoạch không dùng được', 'Aeration plan cannot be', 'Plan impossible'),
    'Hãy sửa trường “{field}” của kế hoạch sục khí.',
    'Mend the field "{field}" of the aeration plan.',
    'Corrigez le champ « {field} » du plan d’aération.',
  ),
  AERATION_NOT_PROPOSED: plant(
    kind(409, 'Không có đề xuất', 'Nothing is proposed', 'Rien n’est proposé'),
    'Lúc này kế hoạch không đề xuất gì. GET /aeration/<ao>/decision cho biết lý do.',
    'The plan proposes nothing now. GET /aeration/<pond>/decision tells why.',
    'Le plan ne propose rien. GET /aeration/<bassin>/decision dit pourquoi.',
  ),
};

/** Problems of this room's own making about the plant. */
const OWN: Readonly<Record<string, ProblemKind>> = {
  COMMAND_NOT_FOUND: kind(404, 'Không có lệnh này', 'No such command', 'Commande inconnue'),
  COMMAND_EXISTS: kind(409, 'Mã lệnh đã dùng', 'Command id is taken', 'Identifiant déjà pris'),
  ACTUATOR_CONFLICT: kind(
    409,
    'Bộ điều khiển vừa bị đổi',
    'Actuator has just changed',
    'Actionneur modifié entre-temps',
  ),
  STOP_NOT_FOUND: kind(404, 'Không có lệnh dừng', 'No such stop', 'Aucun arrêt ici'),
  PROGRAMME_EXISTS: kind(409, 'Mã chương trình đã có', 'Programme id is taken', 'Déjà pris'),
  PROGRAMME_CONFLICT: kind(
    409,
    'Chương trình vừa bị đổi',
    'Programme has just changed',
    'Programme modifié entre-temps',
  ),
  PROGRAMME_IDLE: kind(409, 'Không có lượt đang chạy', 'No run is under way', 'Rien en cours'),
  FORECAST_NOT_FOUND: kind(404, 'Không có dự báo', 'No forecast here', 'Pas de prévision ici'),
  AERATION_NOT_FOUND: kind(404, 'Không có kế hoạch', 'No such plan', 'Plan inconnu'),
};

export const PLANT_PROBLEMS: Readonly<Record<string, ProblemKind>> = { ...REFUSALS, ...OWN };

/**
 * What the rooms of the plant refuse, in every language: the fix, and what exactly is at fault as
 * they say it. Undefined for codes of other rooms.
 */
export function plantDetail({ code, message, hint, field }: AppError): Localized | undefined {
  const fix = REFUSALS[code]?.fix;
  if (fix === undefined) return undefined;
  const text = (of: string): string => of.replaceAll('{field}', field ?? 'body');
  const said = hint === undefined ? sentence(message) : `${sentence(message)} ${hint}`;
  return {
    vi: `${text(fix.vi)} (${said})`,
    en: `${sentence(message)} ${hint ?? text(fix.en)}`,
    fr: `${text(fix.fr)} (${said})`,
  };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
