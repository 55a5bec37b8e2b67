import type { Localized } from '../contracts/localized.ts';
import type { FaultWords } from './declared-faults.ts';

const text = (vi: string, en: string, fr: string): Localized => ({ vi, en, fr });

const NO_FIX: Localized = text('', '', '');

/** What may be wrong with a plot, and what to do about it. */
export const PLOT_WORDS = {
  noSite: {
    why: text(
      'hợp tác xã {coop} không có nơi nào là {site}',
      'the cooperative {coop} has no site {site}',
      'la coopérative {coop} n’a pas de site {site}',
    ),
    fix: text('Hãy tạo nơi đó trước.', 'Make the site first.', 'Créez d’abord le site.'),
  },
  pond: {
    why: text('{site} là ao', '{site} is a pond', '{site} est un bassin'),
    fix: text(
      'Hãy dùng một nơi loại zone hoặc field.',
      'Use a site of kind zone, or field.',
      'Utilisez un site de type zone ou field.',
    ),
  },
  nowhere: {
    why: text(
      'không biết khu này ở đâu: cả ở đây lẫn nơi của nó đều không ghi vị trí',
      'neither the plot nor its site says where it is',
      'ni la parcelle ni son site ne disent où elle est',
    ),
    fix: text(
      'Hãy ghi vĩ độ, kinh độ và độ cao.',
      'Give latitude, longitude and altitude.',
      'Donnez latitude, longitude et altitude.',
    ),
  },
  outside: {
    why: text('{value} là không thể', '{value} cannot be', '{value} est impossible'),
    fix: text(
      'Hãy dùng {lowest} đến {highest}.',
      'Use {lowest} to {highest}.',
      'Utilisez {lowest} à {highest}.',
    ),
  },
  cropNotTabled: {
    why: text(
      'FAO-56 không có hệ số cho {crop}',
      'FAO-56 has no coefficients for {crop}',
      'la FAO-56 n’a pas de coefficients pour {crop}',
    ),
    fix: NO_FIX,
  },
  cropUnknown: {
    why: text(
      'không ai biết cây {crop}',
      'nobody knows the crop {crop}',
      'personne ne connaît la culture {crop}',
    ),
    fix: NO_FIX,
  },
  cropLike: {
    why: NO_FIX,
    fix: text('Có phải là {like}?', 'Did you mean {like}?', 'Vouliez-vous dire {like} ?'),
  },
  cropNames: {
    why: NO_FIX,
    fix: text('Hãy chọn trong {names}.', 'Use one of {names}.', 'Choisissez parmi {names}.'),
  },
  noDay: {
    why: text('{day} không phải là ngày', '{day} is no day', '{day} n’est pas un jour'),
    fix: text('Viết như 2026-11-22.', 'Write it as 2026-11-22.', 'Écrivez-le comme 2026-11-22.'),
  },
  noDays: {
    why: text(
      '{days} không phải là số ngày',
      '{days} is no number of days',
      '{days} n’est pas un nombre de jours',
    ),
    fix: text(
      'Hãy dùng số ngày tròn, từ 0 trở lên.',
      'Use whole days, 0 or more.',
      'Utilisez des jours entiers, 0 ou plus.',
    ),
  },
  season: {
    why: text(
      'một vụ {season} ngày là không thể',
      'a season of {season} days',
      'une saison de {season} jours est impossible',
    ),
    fix: text(
      'Bốn giai đoạn cộng lại từ 1 đến {most} ngày.',
      'The four stages together last 1 to {most} days.',
      'Les quatre stades durent ensemble 1 à {most} jours.',
    ),
  },
  soil: {
    why: text(
      'sức giữ ẩm {capacity} không cao hơn điểm héo {wilting}',
      'field capacity {capacity} does not lie above wilting at {wilting}',
      'la capacité au champ {capacity} ne dépasse pas le point de flétrissement {wilting}',
    ),
    fix: text(
      'Đất thịt pha sét khoảng 0,36 và 0,21 m³/m³, đất cát khoảng 0,12 và 0,045.',
      'A clay loam has about 0.36 and 0.21 m³/m³, a sand 0.12 and 0.045.',
      'Un limon argileux a environ 0,36 et 0,21 m³/m³, un sable 0,12 et 0,045.',
    ),
  },
  saltHalf: {
    why: text(
      'rửa mặn cần cả hai độ dẫn điện',
      'leaching needs both conductivities',
      'le lessivage demande les deux conductivités',
    ),
    fix: text(
      'Hãy ghi cả hai theo dS/m, hoặc để trống cả hai.',
      'Give both in dS/m, or neither.',
      'Donnez les deux en dS/m, ou aucune.',
    ),
  },
  tooSalty: {
    why: text(
      'nước {water} dS/m quá mặn cho cây chỉ chịu tới {soil}',
      'water of {water} dS/m is too salty for a crop that ends at {soil}',
      'une eau de {water} dS/m est trop salée pour une culture limitée à {soil}',
    ),
    fix: text(
      'Hãy dùng nước khác: hơn nửa nước này chỉ để rửa muối của chính nó.',
      'Use other water: more than half of this would be needed to wash its own salt down.',
      'Utilisez une autre eau : plus de la moitié servirait à lessiver son propre sel.',
    ),
  },
  noDevice: {
    why: text(
      'hợp tác xã không có thiết bị {device}',
      'the cooperative has no device {device}',
      'la coopérative n’a pas d’appareil {device}',
    ),
    fix: text(
      'Hãy đăng ký thiết bị trước, hoặc bỏ trống.',
      'Register the device first, or leave it out.',
      'Enregistrez d’abord l’appareil, ou laissez vide.',
    ),
  },
  noMetric: {
    why: text(
      'loại {kind} không đo {metric}',
      'a {kind} does not measure {metric}',
      'un {kind} ne mesure pas {metric}',
    ),
    fix: text(
      'Hãy chọn thiết bị có đo {metric}.',
      'Name a device whose kind measures {metric}.',
      'Choisissez un appareil qui mesure {metric}.',
    ),
  },
} as const satisfies Record<string, FaultWords>;
