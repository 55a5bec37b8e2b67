import type { Localized } from '../contracts/localized.ts';
import type { FaultWords } from './declared-faults.ts';

const text = (vi: string, en: string, fr: string): Localized => ({ vi, en, fr });

const LEVEL_FIX = text(
  'Hãy ghi mg/L lớn hơn 0, nhiều nhất {most}.',
  'Give mg/L above 0, at most {most}.',
  'Donnez des mg/L au-dessus de 0, au plus {most}.',
);

/** What may be wrong with an aeration plan, and what to do about it. */
export const AERATION_WORDS = {
  noSite: {
    why: text(
      'không có nơi {site} trong {coop}',
      'there is no site {site} in {coop}',
      'il n’y a pas de site {site} dans {coop}',
    ),
    fix: text(
      'Hãy chọn một ao của hợp tác xã.',
      'Name a pond of the cooperative.',
      'Choisissez un bassin de la coopérative.',
    ),
  },
  noPond: {
    why: text('{site} thuộc loại {kind}', '{site} is a {kind}', '{site} est un {kind}'),
    fix: text(
      'Sục khí chạy trong ao: hãy chọn nơi loại pond.',
      'Aerators run in ponds: name a site of kind pond.',
      'Les aérateurs tournent dans un bassin : choisissez un site de type pond.',
    ),
  },
  noMode: {
    why: text(
      'không có cách chạy {mode}',
      'there is no mode {mode}',
      'le mode {mode} n’existe pas',
    ),
    fix: text('Hãy dùng {modes}.', 'Use {modes}.', 'Utilisez {modes}.'),
  },
  noSensor: {
    why: text(
      'không có thiết bị {device} trong {coop}',
      'there is no device {device} in {coop}',
      'il n’y a pas d’appareil {device} dans {coop}',
    ),
    fix: text(
      'Hãy chọn một cảm biến của hợp tác xã.',
      'Name a sensor of the cooperative.',
      'Choisissez un capteur de la coopérative.',
    ),
  },
  sensorElsewhere: {
    why: text(
      '{device} không đặt ở {site}',
      '{device} does not stand in {site}',
      '{device} n’est pas dans {site}',
    ),
    fix: text(
      'Hãy chọn cảm biến của chính ao này.',
      'Name the sensor of this pond.',
      'Choisissez le capteur de ce bassin.',
    ),
  },
  noOxygen: {
    why: text(
      '{device} không đo oxy',
      '{device} does not measure oxygen',
      '{device} ne mesure pas l’oxygène',
    ),
    fix: text(
      'Hãy chọn cảm biến có {metric}.',
      'Name a sensor with {metric}.',
      'Choisissez un capteur avec {metric}.',
    ),
  },
  noActuator: {
    why: text(
      '{device} chưa được khai báo là máy trong {coop}',
      '{device} is no actuator in {coop}',
      '{device} n’est pas un actionneur de {coop}',
    ),
    fix: text(
      'Hãy chọn thiết bị của hợp tác xã đã khai báo là máy sục khí.',
      'Name a device of the cooperative that is set up as an aerator.',
      'Choisissez un appareil de la coopérative déclaré comme aérateur.',
    ),
  },
  noAerator: {
    why: text(
      '{device} được khai báo là {role}',
      '{device} is a {role}',
      '{device} est déclaré comme {role}',
    ),
    fix: text(
      'Hãy chọn máy có vai trò aerator.',
      'Name actuators of the role aerator.',
      'Choisissez des actionneurs de rôle aerator.',
    ),
  },
  failsOff: {
    why: text(
      '{device} không tự bật khi mất liên lạc',
      '{device} does not fail safe on',
      '{device} ne se replie pas sur marche',
    ),
    fix: text(
      'Hãy khai báo hướng an toàn của nó: on.',
      'Declare its fail-safe direction: on.',
      'Déclarez son sens de repli : on.',
    ),
  },
  twice: {
    why: text('{device} có hai lần', '{device} is named twice', '{device} est nommé deux fois'),
    fix: text(
      'Mỗi máy chỉ ghi một lần.',
      'Name each aerator once.',
      'Nommez chaque aérateur une fois.',
    ),
  },
  ofAnother: {
    why: text(
      '{device} thuộc kế hoạch của {site}',
      '{device} belongs to the plan of {site}',
      '{device} appartient au plan de {site}',
    ),
    fix: text(
      'Hãy bỏ nó khỏi kế hoạch đó trước.',
      'Take it out of that plan first.',
      'Retirez-le d’abord de ce plan.',
    ),
  },
  count: {
    why: text('có {count} máy sục khí', 'it has {count} aerators', 'il a {count} aérateurs'),
    fix: text(
      'Hãy chọn 1 đến {most} máy sục khí.',
      'Name 1 to {most} aerators.',
      'Choisissez 1 à {most} aérateurs.',
    ),
  },
  noLevel: {
    why: text(
      '{level} mg/L không phải là ngưỡng',
      '{level} mg/L is no limit',
      '{level} mg/L n’est pas un seuil',
    ),
    fix: LEVEL_FIX,
  },
  notAbove: {
    why: text(
      '{stop} mg/L không cao hơn {start}, mức bắt đầu chạy',
      '{stop} mg/L is not above {start}, where it starts',
      '{stop} mg/L ne dépasse pas {start}, où il démarre',
    ),
    fix: text(
      'Mức tắt phải cao hơn mức bật.',
      'Stop above the level at which it starts.',
      'L’arrêt doit être au-dessus du démarrage.',
    ),
  },
  noPower: {
    why: text(
      '{power} kW không phải là công suất',
      '{power} kW is no power',
      '{power} kW n’est pas une puissance',
    ),
    fix: text(
      'Hãy ghi số kW của tất cả máy cộng lại, nhiều nhất {most}.',
      'Give the kW of all aerators together, at most {most}.',
      'Donnez les kW de tous les aérateurs ensemble, au plus {most}.',
    ),
  },
  noTime: {
    why: text(
      '{time} không phải là giờ trong ngày',
      '{time} is no time of day',
      '{time} n’est pas une heure',
    ),
    fix: text('Viết như 21:30.', 'Give it as 21:30.', 'Écrivez-la comme 21:30.'),
  },
  noSpan: {
    why: text(
      'bắt đầu và kết thúc cùng lúc {from}',
      'it begins and ends at {from}',
      'cela commence et finit à {from}',
    ),
    fix: text(
      'Giờ kết thúc phải khác giờ bắt đầu.',
      'Give an end that differs from its beginning.',
      'Donnez une fin différente du début.',
    ),
  },
} as const satisfies Record<string, FaultWords>;
