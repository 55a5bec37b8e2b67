import type { Localized } from '../contracts/localized.ts';
import type { HydraulicFault } from '../water/hydraulic-faults.ts';

/**
 * What an actuator may be found to have: what its water shows, what parts without a flow show, and
 * one that cannot be reached, which is over as soon as it is known to stand.
 */
export type ActuatorFaultCode = HydraulicFault | 'no-effect' | 'does-not-stop' | 'no-answer';

/** What is wrong, for the person who goes there. */
export const FAULT_WORDS: Readonly<Record<ActuatorFaultCode, Localized>> = {
  leak: {
    vi: 'Nước vẫn chảy khi mọi van đã đóng.',
    en: 'Water flows although everything is closed.',
    fr: 'L’eau coule alors que tout est fermé.',
  },
  blockage: {
    vi: 'Van mở nhưng nước chảy quá ít: tắc lọc, tắc ống hoặc không có nước.',
    en: 'It is open and too little flows: a blocked filter or line, or no water.',
    fr: 'C’est ouvert et il coule trop peu : filtre ou conduite bouchés, ou pas d’eau.',
  },
  burst: {
    vi: 'Nước chảy nhiều hơn bình thường: có thể vỡ ống.',
    en: 'More flows than it should: a pipe may have burst.',
    fr: 'Il coule plus que la normale : une conduite a peut-être éclaté.',
  },
  'low-pressure': {
    vi: 'Áp suất chưa bằng một nửa bình thường.',
    en: 'The pressure is below half of the usual.',
    fr: 'La pression est inférieure à la moitié de l’habituelle.',
  },
  'high-pressure': {
    vi: 'Áp suất cao hơn một lần rưỡi bình thường.',
    en: 'The pressure is above one and a half times the usual.',
    fr: 'La pression dépasse une fois et demie l’habituelle.',
  },
  'stuck-valve': {
    vi: 'Van không chuyển sang vị trí đã ra lệnh.',
    en: 'The valve does not stand where it was told to.',
    fr: 'La vanne n’est pas dans la position commandée.',
  },
  'dead-meter': {
    vi: 'Có áp suất bình thường nhưng đồng hồ không đếm nước.',
    en: 'The pressure is that of a good run and the meter counts nothing.',
    fr: 'La pression est celle d’un bon arrosage et le compteur ne compte rien.',
  },
  'no-effect': {
    vi: 'Thiết bị báo đang chạy nhưng cảm biến không thấy tác dụng.',
    en: 'It says that it runs, and the sensor sees no effect.',
    fr: 'Il dit fonctionner, et le capteur ne voit aucun effet.',
  },
  'does-not-stop': {
    vi: 'Thiết bị báo đã dừng nhưng cảm biến cho thấy vẫn đang chạy.',
    en: 'It says that it stopped, and the sensor sees it run.',
    fr: 'Il dit être arrêté, et le capteur le voit fonctionner.',
  },
  'no-answer': {
    vi: 'Thiết bị không trả lời lệnh dừng và cảm biến cho thấy vẫn đang chạy.',
    en: 'It does not answer the order to stop, and the sensor sees it run.',
    fr: 'Il ne répond pas à l’ordre d’arrêt, et le capteur le voit fonctionner.',
  },
};
