import type { Words } from '../../src/health/device-rules.ts';

export const ammoniaHigh: Words = {
  title: { vi: 'TAN cao', en: 'Ammonia nitrogen (TAN) high', fr: 'Azote ammoniacal (TAN) élevé' },
  advice: {
    vi: [
      'Giảm thức ăn hôm nay; mức nguy hiểm thì ngừng và chạy hết quạt.',
      'Xi phông đáy ao, thay một phần nước bằng nước sạch đã lắng.',
      'Đo lại TAN cùng pH sau 6 giờ.',
    ],
    en: [
      'Feed less today; when critical, stop and run every aerator.',
      'Siphon the bottom; exchange part of the water with clean, settled water.',
      'Measure TAN together with pH again in 6 hours.',
    ],
    fr: [
      'Nourrissez moins aujourd’hui ; si critique, arrêtez et aérez à fond.',
      'Siphonnez le fond ; renouvelez une partie avec de l’eau propre décantée.',
      'Mesurez de nouveau TAN et pH ensemble dans 6 heures.',
    ],
  },
};

export const nh3High: Words = {
  title: {
    vi: 'Khí độc NH₃ cao',
    en: 'Toxic ammonia (NH₃) high',
    fr: 'Ammoniac toxique (NH₃) élevé',
  },
  advice: {
    vi: [
      'Ngừng cho ăn, chạy hết quạt nước.',
      'Không bón vôi: pH tăng làm NH₃ tăng thêm.',
      'Thay một phần nước; đo lại pH và TAN sau 6 giờ.',
    ],
    en: [
      'Stop feeding and run every aerator.',
      'No lime: a higher pH makes more of it.',
      'Exchange part of the water; measure pH and TAN again in 6 hours.',
    ],
    fr: [
      'Arrêtez l’alimentation et faites tourner tous les aérateurs.',
      'Pas de chaux : un pH plus haut en forme davantage.',
      'Renouvelez une partie de l’eau ; mesurez pH et TAN dans 6 heures.',
    ],
  },
};

export const nh3LowOxygen: Words = {
  title: {
    vi: 'NH₃ cao lúc oxy thấp',
    en: 'Toxic ammonia while oxygen is short',
    fr: 'Ammoniac toxique et manque d’oxygène',
  },
  advice: {
    vi: [
      'Bật hết quạt nước, sục khí ngay: thiếu oxy làm NH₃ độc hơn.',
      'Ngừng cho ăn.',
      'Thay một phần nước khi oxy đã lên; đo lại NH₃ sau 2 giờ.',
    ],
    en: [
      'Turn on every aerator now: short of oxygen, ammonia is more toxic.',
      'Stop feeding.',
      'Exchange part of the water once oxygen is up; measure again in 2 hours.',
    ],
    fr: [
      'Tous les aérateurs maintenant : sans oxygène, l’ammoniac est plus toxique.',
      'Arrêtez l’alimentation.',
      'Renouvelez une partie de l’eau une fois l’oxygène remonté ; mesurez dans 2 heures.',
    ],
  },
};

export const nitriteHigh: Words = {
  title: { vi: 'Nitrit cao', en: 'Nitrite high', fr: 'Nitrite élevé' },
  advice: {
    vi: [
      'Giảm thức ăn, tăng quạt và sục khí.',
      'Thay một phần nước; nước độ mặn thấp thì bổ sung muối.',
      'Đo lại nitrit và độ mặn ngày mai.',
    ],
    en: [
      'Feed less and aerate more.',
      'Exchange part of the water; where it is nearly fresh, add salt.',
      'Measure nitrite and salinity again tomorrow.',
    ],
    fr: [
      'Nourrissez moins et aérez davantage.',
      'Renouvelez une partie de l’eau ; presque douce, ajoutez du sel.',
      'Mesurez de nouveau nitrite et salinité demain.',
    ],
  },
};

export const sulphideHigh: Words = {
  title: { vi: 'Khí độc H₂S cao', en: 'Hydrogen sulphide high', fr: 'Sulfure d’hydrogène élevé' },
  advice: {
    vi: [
      'Chạy hết quạt; không khuấy bùn đáy.',
      'Đo pH: thấp dưới 7,5 thì bón vôi nông nghiệp, chia nhiều lần.',
      'Xi phông bùn đen, thay một phần nước, ngừng cho ăn.',
    ],
    en: [
      'Run every aerator; do not stir up the bottom.',
      'Measure pH: below 7.5, apply agricultural lime in several small doses.',
      'Siphon black mud, exchange part of the water, stop feeding.',
    ],
    fr: [
      'Tous les aérateurs en marche ; ne remuez pas le fond.',
      'Mesurez le pH : sous 7,5, chaulez en plusieurs fois.',
      'Siphonnez la vase noire, renouvelez une partie de l’eau, n’alimentez plus.',
    ],
  },
};

export const alkalinityLow: Words = {
  title: { vi: 'Độ kiềm thấp', en: 'Alkalinity low', fr: 'Alcalinité basse' },
  advice: {
    vi: [
      'Bón vôi nông nghiệp hoặc dolomite vào chiều tối, chia nhiều ngày.',
      'Đo lại độ kiềm và pH sáng mai.',
    ],
    en: [
      'Apply agricultural lime or dolomite in the evening, over several days.',
      'Measure alkalinity and pH again tomorrow morning.',
    ],
    fr: [
      'Apportez de la chaux agricole ou de la dolomie le soir, sur plusieurs jours.',
      'Mesurez de nouveau alcalinité et pH demain matin.',
    ],
  },
};

export const alkalinityHigh: Words = {
  title: { vi: 'Độ kiềm cao', en: 'Alkalinity high', fr: 'Alcalinité élevée' },
  advice: {
    vi: [
      'Ngừng bón vôi; xem vỏ tôm có đóng vôi, khó lột không.',
      'Thay một phần nước nếu độ kiềm còn tăng.',
    ],
    en: [
      'Stop liming; see whether shells are crusted or moulting is slow.',
      'Exchange part of the water if it still rises.',
    ],
    fr: [
      'Arrêtez le chaulage ; voyez si les carapaces s’entartrent ou si la mue tarde.',
      'Renouvelez une partie de l’eau si elle monte encore.',
    ],
  },
};

export const turbid: Words = {
  title: { vi: 'Nước đục', en: 'Water turbid', fr: 'Eau trouble' },
  advice: {
    vi: ['Xem nước đục do tảo hay do bùn.', 'Tảo dày: giảm thức ăn, thay một phần nước.'],
    en: [
      'See whether algae or mud make it turbid.',
      'Dense algae: feed less, exchange some water.',
    ],
    fr: [
      'Voyez si ce sont les algues ou la vase.',
      'Algues denses : nourrissez moins, renouvelez une partie de l’eau.',
    ],
  },
};

export const clear: Words = {
  title: { vi: 'Nước quá trong', en: 'Water too clear', fr: 'Eau trop claire' },
  advice: {
    vi: ['Kiểm tra tảo có tàn không và theo dõi oxy đêm nay.', 'Gây màu nước lại từ từ.'],
    en: [
      'See whether the algae have died off, and watch oxygen tonight.',
      'Rebuild the algal bloom gradually.',
    ],
    fr: [
      'Vérifiez si les algues sont mortes et surveillez l’oxygène cette nuit.',
      'Reconstituez peu à peu la couleur de l’eau.',
    ],
  },
};
