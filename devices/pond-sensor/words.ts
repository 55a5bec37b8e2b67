import type { Words } from '../../src/health/device-rules.ts';

export const oxygenLow: Words = {
  title: { vi: 'Oxy thấp', en: 'Oxygen low', fr: 'Oxygène bas' },
  advice: {
    vi: [
      'Bật quạt nước, sục khí ngay; dưới 3 mg/L thì bật hết.',
      'Ngừng cho ăn đến khi oxy trên 4 mg/L.',
      'Đo lại sau 15 phút; dưới 2 mg/L là tôm chết: tạt oxy viên, gọi kỹ thuật.',
    ],
    en: [
      'Turn on aerators now; below 3 mg/L, every one.',
      'Stop feeding until oxygen is above 4 mg/L.',
      'Measure in 15 minutes; half an hour below 2 mg/L kills: add oxygen tablets, call help.',
    ],
    fr: [
      'Mettez les aérateurs en marche maintenant ; sous 3 mg/L, tous.',
      'Arrêtez l’alimentation jusqu’à plus de 4 mg/L d’oxygène.',
      'Mesurez dans 15 minutes ; sous 2 mg/L une demi-heure tue : ajoutez de l’oxygène, appelez.',
    ],
  },
};

export const dawnOxygen: Words = {
  title: {
    vi: 'Oxy có thể cạn trước sáng',
    en: 'Oxygen may run out before dawn',
    fr: 'L’oxygène risque de manquer avant l’aube',
  },
  advice: {
    vi: [
      'Chuẩn bị và bật quạt trước giờ dự báo, không đợi nửa đêm.',
      'Kiểm tra điện, máy phát dự phòng và oxy viên ngay bây giờ.',
      'Bỏ cữ ăn tối; xem lại oxy mỗi giờ đến sáng.',
    ],
    en: [
      'Start the aerators before the hour forecast; do not wait for midnight.',
      'Check power, standby generator and oxygen tablets now.',
      'Skip the evening feed; look at oxygen every hour until morning.',
    ],
    fr: [
      'Lancez les aérateurs avant l’heure prévue, sans attendre minuit.',
      'Vérifiez maintenant le courant, le groupe de secours et l’oxygène en comprimés.',
      'Sautez le repas du soir ; regardez l’oxygène chaque heure jusqu’au matin.',
    ],
  },
};

export const oxygenMissing: Words = {
  title: {
    vi: 'Ban đêm không có số đo oxy',
    en: 'No oxygen reading at night',
    fr: 'Pas de mesure d’oxygène la nuit',
  },
  advice: {
    vi: [
      'Ra ao đo oxy bằng máy cầm tay ngay.',
      'Giữ quạt chạy đến khi có lại số đo.',
      'Kiểm tra đầu đo oxy, dây và nguồn.',
    ],
    en: [
      'Go and measure oxygen with a hand meter now.',
      'Keep the aerators running until readings are back.',
      'Check the oxygen probe, its cable and power.',
    ],
    fr: [
      'Allez mesurer l’oxygène maintenant avec un appareil portatif.',
      'Laissez tourner les aérateurs jusqu’au retour des mesures.',
      'Vérifiez la sonde à oxygène, son câble et son alimentation.',
    ],
  },
};

export const phLow: Words = {
  title: { vi: 'pH thấp', en: 'pH low', fr: 'pH bas' },
  advice: {
    vi: [
      'Đo lại pH bằng máy khác hoặc bộ thử, và đo độ kiềm.',
      'Tạt vôi nông nghiệp (CaCO₃) hoặc dolomite, chia nhiều lần.',
      'Dưới 7: chạy quạt mạnh, pH thấp làm khí độc H₂S tăng.',
    ],
    en: [
      'Measure pH again with another meter or a kit, and alkalinity.',
      'Apply agricultural lime (CaCO₃) or dolomite, in several small doses.',
      'Below 7: run the aerators hard, low pH makes hydrogen sulphide more toxic.',
    ],
    fr: [
      'Mesurez de nouveau le pH autrement, et l’alcalinité.',
      'Apportez de la chaux agricole (CaCO₃) ou de la dolomie, en plusieurs fois.',
      'Sous 7 : aérez fort, un pH bas rend le sulfure d’hydrogène plus toxique.',
    ],
  },
};

export const phHigh: Words = {
  title: { vi: 'pH cao', en: 'pH high', fr: 'pH élevé' },
  advice: {
    vi: [
      'Đo lại pH bằng máy cầm tay và đo TAN: pH cao làm khí độc NH₃ tăng.',
      'Ngừng bón vôi, giảm lượng thức ăn.',
      'Nước xanh đậm hay pH trên 9: thay một phần nước để giảm tảo.',
    ],
    en: [
      'Measure pH with a hand meter, and TAN: high pH makes ammonia more toxic.',
      'Stop liming and feed less.',
      'Deep green water or pH above 9: exchange part of it to thin the algae.',
    ],
    fr: [
      'Mesurez le pH autrement, et le TAN : un pH élevé rend l’ammoniac plus toxique.',
      'Arrêtez le chaulage et nourrissez moins.',
      'Eau très verte ou pH au-dessus de 9 : renouvelez-en une partie.',
    ],
  },
};

export const phSwing: Words = {
  title: {
    vi: 'pH dao động mạnh trong ngày',
    en: 'pH swings widely in a day',
    fr: 'Le pH varie fortement dans la journée',
  },
  advice: {
    vi: [
      'Đo độ kiềm; dưới 100 mg/L thì bón vôi nông nghiệp vào ban đêm.',
      'Tảo dày: giảm thức ăn, thay một phần nước.',
      'Đo pH lúc 6 giờ và 15 giờ trong 3 ngày tới.',
    ],
    en: [
      'Measure alkalinity; below 100 mg/L, apply agricultural lime at night.',
      'Dense algae: feed less, exchange part of the water.',
      'Measure pH at 6:00 and 15:00 for the next 3 days.',
    ],
    fr: [
      'Mesurez l’alcalinité ; sous 100 mg/L, chaulez la nuit.',
      'Algues denses : nourrissez moins, renouvelez une partie de l’eau.',
      'Mesurez le pH à 6 h et à 15 h pendant 3 jours.',
    ],
  },
};

export const cold: Words = {
  title: { vi: 'Nước lạnh', en: 'Water cold', fr: 'Eau froide' },
  advice: {
    vi: [
      'Cho ăn theo sức bắt mồi của tôm; dưới 18 °C thì ngừng.',
      'Giữ mực nước sâu, không thay nước lúc trời lạnh.',
      'Đo nhiệt độ ở đáy ao mỗi vài giờ.',
    ],
    en: [
      'Feed only what the shrimp take; below 18 °C stop.',
      'Keep the water deep; no water exchange while cold.',
      'Measure the bottom temperature every few hours.',
    ],
    fr: [
      'Ne donnez que ce que les crevettes mangent ; sous 18 °C, rien.',
      'Gardez l’eau profonde ; pas de renouvellement d’eau par temps froid.',
      'Mesurez la température du fond toutes les quelques heures.',
    ],
  },
};

export const hot: Words = {
  title: { vi: 'Nước nóng', en: 'Water hot', fr: 'Eau chaude' },
  advice: {
    vi: [
      'Chạy quạt nước để phá phân tầng nhiệt.',
      'Giảm thức ăn cữ trưa; trên 35 °C thì ngừng và cấp nước mát từ từ.',
      'Đêm nay theo dõi oxy kỹ: nước nóng giữ ít oxy.',
    ],
    en: [
      'Run the paddlewheels to break up the warm layer.',
      'Cut the midday feed; above 35 °C stop it and slowly add cooler water.',
      'Watch oxygen closely tonight: warm water holds less.',
    ],
    fr: [
      'Faites tourner les aérateurs pour casser la stratification.',
      'Réduisez le repas de midi ; au-dessus de 35 °C, arrêtez et rafraîchissez lentement.',
      'Surveillez l’oxygène cette nuit : l’eau chaude en retient moins.',
    ],
  },
};

export const temperatureChange: Words = {
  title: {
    vi: 'Nhiệt độ nước thay đổi nhanh',
    en: 'Water temperature changes fast',
    fr: 'La température de l’eau change vite',
  },
  advice: {
    vi: [
      'Giảm thức ăn hôm nay và ngày mai.',
      'Chạy quạt để trộn nước, không thay nước.',
      'Xem tôm trong sàng: bơi lờ đờ hay đục cơ thì gọi kỹ thuật.',
    ],
    en: [
      'Feed less today and tomorrow.',
      'Run the paddlewheels to mix; no water exchange.',
      'Look at the shrimp in the tray: slow or white muscle, call the technician.',
    ],
    fr: [
      'Nourrissez moins aujourd’hui et demain.',
      'Brassez avec les aérateurs ; pas de renouvellement d’eau.',
      'Regardez les crevettes : lentes ou au muscle blanc, appelez le technicien.',
    ],
  },
};

export const salinityChange: Words = {
  title: {
    vi: 'Độ mặn thay đổi nhanh',
    en: 'Salinity changes fast',
    fr: 'La salinité change vite',
  },
  advice: {
    vi: [
      'Đo độ mặn ở mặt và đáy ao bằng khúc xạ kế.',
      'Ngừng cấp nước; sau mưa thì xả nước mặt và chạy quạt để trộn.',
      'Bổ sung khoáng và giảm thức ăn đến khi độ mặn ổn định.',
    ],
    en: [
      'Measure salinity at the surface and bottom with a refractometer.',
      'Stop filling; after rain drain the surface layer and mix with the paddlewheels.',
      'Add minerals and feed less until salinity is steady.',
    ],
    fr: [
      'Mesurez la salinité en surface et au fond au réfractomètre.',
      'Arrêtez le remplissage ; après la pluie, évacuez la surface et brassez l’eau.',
      'Apportez des minéraux et nourrissez moins jusqu’à une salinité stable.',
    ],
  },
};

export const fresh: Words = {
  title: { vi: 'Độ mặn thấp', en: 'Salinity low', fr: 'Salinité basse' },
  advice: {
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
  },
};

export const salty: Words = {
  title: { vi: 'Độ mặn cao', en: 'Salinity high', fr: 'Salinité élevée' },
  advice: {
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
