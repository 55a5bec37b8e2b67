import type { Rule } from '../../src/contracts/rule.ts';

/** What people read of a rule; its first step is the thing to do now. */
export type Words = Pick<Rule, 'title' | 'advice'>;

export const oxygenCritical: Words = {
  title: { vi: 'Oxy rất thấp', en: 'Oxygen very low', fr: 'Oxygène très bas' },
  advice: {
    vi: [
      'Bật hết quạt nước, sục khí ngay.',
      'Ngừng cho ăn đến khi oxy trên 4 mg/L.',
      'Đo lại sau 15 phút; vẫn dưới 3 mg/L thì tạt oxy viên và gọi kỹ thuật.',
    ],
    en: [
      'Turn on every paddlewheel and aerator now.',
      'Stop feeding until oxygen is above 4 mg/L.',
      'Measure again in 15 minutes; still below 3 mg/L, add oxygen tablets and call the technician.',
    ],
    fr: [
      'Mettez tous les aérateurs en marche maintenant.',
      'Arrêtez l’alimentation jusqu’à plus de 4 mg/L d’oxygène.',
      'Mesurez dans 15 minutes ; toujours sous 3 mg/L, ajoutez de l’oxygène et appelez le technicien.',
    ],
  },
};

export const oxygenLow: Words = {
  title: { vi: 'Oxy thấp', en: 'Oxygen low', fr: 'Oxygène bas' },
  advice: {
    vi: [
      'Bật thêm quạt nước.',
      'Giảm lượng thức ăn cữ tới.',
      'Xem lại sau 30 phút; oxy còn giảm thì bật hết quạt.',
    ],
    en: [
      'Turn on more aerators.',
      'Cut the next feeding.',
      'Look again in 30 minutes; if oxygen still falls, turn on all aerators.',
    ],
    fr: [
      'Mettez davantage d’aérateurs en marche.',
      'Réduisez le prochain repas.',
      'Revérifiez dans 30 minutes ; si l’oxygène baisse encore, mettez tous les aérateurs.',
    ],
  },
};

export const phVeryLow: Words = {
  title: { vi: 'pH rất thấp', en: 'pH very low', fr: 'pH très bas' },
  advice: {
    vi: [
      'Đo lại pH ngay bằng máy khác hoặc bộ thử.',
      'Tạt vôi nông nghiệp (CaCO₃) hoặc dolomite, chia nhiều lần.',
      'Chạy quạt mạnh: pH thấp làm khí độc H₂S tăng.',
    ],
    en: [
      'Measure pH again now with another meter or a kit.',
      'Apply agricultural lime (CaCO₃) or dolomite, in several small doses.',
      'Aerate hard: low pH makes hydrogen sulphide more toxic.',
    ],
    fr: [
      'Mesurez de nouveau le pH avec un autre appareil ou un kit.',
      'Épandez du calcaire (CaCO₃) ou de la dolomie, en plusieurs petites doses.',
      'Aérez fortement : un pH bas rend le sulfure d’hydrogène plus toxique.',
    ],
  },
};

export const phLow: Words = {
  title: { vi: 'pH thấp', en: 'pH low', fr: 'pH bas' },
  advice: {
    vi: [
      'Đo lại pH bằng máy cầm tay.',
      'Đo độ kiềm; nếu thấp thì bón dolomite từng ít một.',
      'Xi phông bùn đáy nếu đáy ao dơ.',
    ],
    en: [
      'Measure pH again with a hand meter.',
      'Measure alkalinity; if it is low, apply dolomite little by little.',
      'Siphon out the sludge if the bottom is dirty.',
    ],
    fr: [
      'Mesurez de nouveau le pH avec un appareil portatif.',
      'Mesurez l’alcalinité ; si elle est basse, ajoutez de la dolomie peu à peu.',
      'Siphonnez la vase si le fond est sale.',
    ],
  },
};

export const phVeryHigh: Words = {
  title: { vi: 'pH rất cao', en: 'pH very high', fr: 'pH très élevé' },
  advice: {
    vi: [
      'Đo TAN ngay: pH cao làm khí độc NH₃ tăng mạnh.',
      'Ngừng bón vôi; thay một phần nước để giảm tảo.',
      'Giảm cho ăn và chạy quạt đến khi pH dưới 8,9.',
    ],
    en: [
      'Measure TAN now: high pH sharply raises toxic ammonia.',
      'Stop liming; exchange part of the water to thin out the algae.',
      'Feed less and aerate until pH is below 8.9.',
    ],
    fr: [
      'Mesurez le TAN maintenant : un pH élevé augmente fortement l’ammoniac toxique.',
      'Arrêtez le chaulage ; renouvelez une partie de l’eau pour réduire les algues.',
      'Nourrissez moins et aérez jusqu’à un pH inférieur à 8,9.',
    ],
  },
};

export const phHigh: Words = {
  title: { vi: 'pH cao', en: 'pH high', fr: 'pH élevé' },
  advice: {
    vi: [
      'Đo lại pH bằng máy cầm tay và đo TAN.',
      'Ngừng bón vôi, giảm lượng thức ăn.',
      'Nước xanh đậm thì thay một phần nước.',
    ],
    en: [
      'Measure pH again with a hand meter, and TAN.',
      'Stop liming and feed less.',
      'If the water is deep green, exchange part of it.',
    ],
    fr: [
      'Mesurez de nouveau le pH avec un appareil portatif, et le TAN.',
      'Arrêtez le chaulage et nourrissez moins.',
      'Si l’eau est très verte, renouvelez-en une partie.',
    ],
  },
};

export const veryCold: Words = {
  title: { vi: 'Nước rất lạnh', en: 'Water very cold', fr: 'Eau très froide' },
  advice: {
    vi: ['Ngừng cho ăn.', 'Giữ mực nước sâu nhất có thể.', 'Đo lại nhiệt độ ở đáy ao mỗi giờ.'],
    en: [
      'Stop feeding.',
      'Keep the water as deep as you can.',
      'Measure the bottom temperature every hour.',
    ],
    fr: [
      'Arrêtez l’alimentation.',
      'Gardez l’eau la plus profonde possible.',
      'Mesurez la température du fond toutes les heures.',
    ],
  },
};

export const cold: Words = {
  title: { vi: 'Nước lạnh', en: 'Water cold', fr: 'Eau froide' },
  advice: {
    vi: [
      'Giảm cho ăn theo sức bắt mồi của tôm.',
      'Giữ mực nước sâu, không thay nước lúc trời lạnh.',
    ],
    en: ['Feed only what the shrimp take.', 'Keep the water deep; no water exchange while cold.'],
    fr: [
      'Ne donnez que ce que les crevettes mangent.',
      'Gardez l’eau profonde ; pas de renouvellement d’eau par temps froid.',
    ],
  },
};

export const veryHot: Words = {
  title: { vi: 'Nước rất nóng', en: 'Water very hot', fr: 'Eau très chaude' },
  advice: {
    vi: [
      'Chạy hết quạt nước để đảo nước ngay.',
      'Ngừng cho ăn.',
      'Cấp thêm nước mát từ ao lắng, từ từ.',
    ],
    en: [
      'Run every paddlewheel now to mix the water.',
      'Stop feeding.',
      'Slowly add cooler water from the reservoir pond.',
    ],
    fr: [
      'Faites tourner tous les aérateurs maintenant pour brasser l’eau.',
      'Arrêtez l’alimentation.',
      'Ajoutez lentement de l’eau plus fraîche du bassin réservoir.',
    ],
  },
};

export const hot: Words = {
  title: { vi: 'Nước nóng', en: 'Water hot', fr: 'Eau chaude' },
  advice: {
    vi: [
      'Chạy quạt để phá phân tầng nhiệt.',
      'Giảm thức ăn cữ trưa.',
      'Đêm nay theo dõi oxy kỹ: nước nóng giữ ít oxy.',
    ],
    en: [
      'Run the paddlewheels to break up the warm layer.',
      'Cut the midday feeding.',
      'Watch oxygen closely tonight: warm water holds less.',
    ],
    fr: [
      'Faites tourner les aérateurs pour casser la stratification.',
      'Réduisez le repas de midi.',
      'Surveillez l’oxygène cette nuit : l’eau chaude en retient moins.',
    ],
  },
};

const againstFreshWater: Words['advice'] = {
  vi: [
    'Đo lại độ mặn ở mặt và đáy ao bằng khúc xạ kế.',
    'Sau mưa: xả lớp nước mặt, chạy quạt để trộn nước.',
    'Cấp nước mặn hơn từ từ, không đổi quá 3 ‰ mỗi ngày.',
  ],
  en: [
    'Measure salinity again at the surface and bottom with a refractometer.',
    'After rain: drain the surface layer and run the paddlewheels to mix.',
    'Add saltier water slowly, no more than 3 g/kg of change a day.',
  ],
  fr: [
    'Mesurez de nouveau la salinité en surface et au fond au réfractomètre.',
    'Après la pluie : évacuez la couche de surface et brassez l’eau.',
    'Ajoutez lentement de l’eau plus salée, pas plus de 3 g/kg d’écart par jour.',
  ],
};

export const veryFresh: Words = {
  title: { vi: 'Độ mặn rất thấp', en: 'Salinity very low', fr: 'Salinité très basse' },
  advice: againstFreshWater,
};

export const fresh: Words = {
  title: { vi: 'Độ mặn thấp', en: 'Salinity low', fr: 'Salinité basse' },
  advice: againstFreshWater,
};

const againstSaltyWater: Words['advice'] = {
  vi: [
    'Đo lại độ mặn bằng khúc xạ kế.',
    'Cấp nước ngọt từ từ, không đổi quá 3 ‰ mỗi ngày.',
    'Giữ mực nước để giảm bốc hơi làm mặn thêm.',
  ],
  en: [
    'Measure salinity again with a refractometer.',
    'Add fresh water slowly, no more than 3 g/kg of change a day.',
    'Keep the level up: evaporation concentrates the salt.',
  ],
  fr: [
    'Mesurez de nouveau la salinité au réfractomètre.',
    'Ajoutez lentement de l’eau douce, pas plus de 3 g/kg d’écart par jour.',
    'Maintenez le niveau : l’évaporation concentre le sel.',
  ],
};

export const verySalty: Words = {
  title: { vi: 'Độ mặn rất cao', en: 'Salinity very high', fr: 'Salinité très élevée' },
  advice: againstSaltyWater,
};

export const salty: Words = {
  title: { vi: 'Độ mặn cao', en: 'Salinity high', fr: 'Salinité élevée' },
  advice: againstSaltyWater,
};

export const ammoniaCritical: Words = {
  title: { vi: 'TAN rất cao', en: 'Ammonia nitrogen very high', fr: 'Azote ammoniacal très élevé' },
  advice: {
    vi: [
      'Ngừng cho ăn, chạy hết quạt nước.',
      'Thay một phần nước bằng nước sạch đã lắng.',
      'Đo pH và TAN lại sau 6 giờ; gọi kỹ thuật.',
    ],
    en: [
      'Stop feeding and run every aerator.',
      'Exchange part of the water with clean, settled water.',
      'Measure pH and TAN again in 6 hours; call the technician.',
    ],
    fr: [
      'Arrêtez l’alimentation et faites tourner tous les aérateurs.',
      'Renouvelez une partie de l’eau avec de l’eau propre décantée.',
      'Mesurez pH et TAN dans 6 heures ; appelez le technicien.',
    ],
  },
};

export const ammoniaHigh: Words = {
  title: { vi: 'TAN cao', en: 'Ammonia nitrogen high', fr: 'Azote ammoniacal élevé' },
  advice: {
    vi: [
      'Giảm lượng thức ăn hôm nay.',
      'Xi phông đáy ao.',
      'Đo lại TAN ngày mai, và đo pH buổi chiều.',
    ],
    en: [
      'Feed less today.',
      'Siphon the pond bottom.',
      'Measure TAN again tomorrow, and pH this afternoon.',
    ],
    fr: [
      'Nourrissez moins aujourd’hui.',
      'Siphonnez le fond du bassin.',
      'Mesurez de nouveau le TAN demain, et le pH cet après-midi.',
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

export const batteryLow: Words = {
  title: { vi: 'Pin cảm biến yếu', en: 'Sensor battery low', fr: 'Batterie du capteur faible' },
  advice: {
    vi: ['Lau tấm pin mặt trời, kiểm tra đầu nối.', 'Thay hoặc sạc pin trong hôm nay.'],
    en: ['Clean the solar panel and check its connector.', 'Replace or charge the battery today.'],
    fr: [
      'Nettoyez le panneau solaire et vérifiez la prise.',
      'Remplacez ou rechargez la batterie aujourd’hui.',
    ],
  },
};

export const silent: Words = {
  title: { vi: 'Mất tín hiệu cảm biến ao', en: 'Pond sensor silent', fr: 'Capteur de bassin muet' },
  advice: {
    vi: [
      'Ra ao đo oxy bằng máy cầm tay.',
      'Ban đêm: giữ quạt chạy đến khi có lại số đo.',
      'Kiểm tra nguồn điện, sóng và hộp máy.',
    ],
    en: [
      'Go and measure oxygen with a hand meter.',
      'At night: keep the aerators running until readings are back.',
      'Check power, signal and the box.',
    ],
    fr: [
      'Allez mesurer l’oxygène avec un appareil portatif.',
      'La nuit : laissez tourner les aérateurs jusqu’au retour des mesures.',
      'Vérifiez l’alimentation, le réseau et le boîtier.',
    ],
  },
};
