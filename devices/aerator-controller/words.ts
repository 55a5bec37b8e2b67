import type { Words } from '../../src/health/device-rules.ts';

export const motorStopped: Words = {
  title: {
    vi: 'Quạt nước đã đóng điện mà không chạy',
    en: 'Aerator switched on but standing',
    fr: 'Aérateur enclenché mais à l’arrêt',
  },
  advice: {
    vi: [
      'Chạy quạt dự phòng ngay và đo oxy.',
      'Xem cầu dao, rơ-le nhiệt có nhảy không; dây điện có đứt không.',
      'Ngắt điện trước khi đụng vào mô-tơ, cánh quạt.',
    ],
    en: [
      'Start a spare aerator now and measure the oxygen.',
      'See whether breaker or thermal relay has tripped, or a cable is broken.',
      'Cut the power before you touch motor or paddles.',
    ],
    fr: [
      'Démarrez un aérateur de secours maintenant et mesurez l’oxygène.',
      'Voyez si le disjoncteur ou le relais thermique a sauté, ou un câble est rompu.',
      'Coupez le courant avant de toucher au moteur ou aux pales.',
    ],
  },
};

export const runsUnordered: Words = {
  title: {
    vi: 'Quạt nước chạy dù đã tắt',
    en: 'Aerator runs although switched off',
    fr: 'L’aérateur tourne bien qu’arrêté',
  },
  advice: {
    vi: [
      'Xem công tắc tay có đang để ở chế độ chạy không.',
      'Nếu không, khởi động từ có thể bị dính: ngắt cầu dao rồi thay.',
    ],
    en: [
      'See whether the hand switch stands on.',
      'If not, the contactor may be welded: open the breaker and replace it.',
    ],
    fr: [
      'Voyez si l’interrupteur manuel est sur marche.',
      'Sinon, le contacteur est peut-être collé : ouvrez le disjoncteur et remplacez-le.',
    ],
  },
};

export const overcurrent: Words = {
  title: {
    vi: 'Mô-tơ quạt nước quá tải',
    en: 'Aerator motor overloaded',
    fr: 'Moteur de l’aérateur en surcharge',
  },
  advice: {
    vi: [
      'Tắt quạt, ngắt cầu dao, chạy quạt dự phòng.',
      'Gỡ lưới, dây, rong quấn vào cánh; xem bạc đạn có kẹt không.',
      'Đo điện áp: điện yếu cũng làm dòng tăng.',
    ],
    en: [
      'Stop it, open the breaker and start a spare aerator.',
      'Free the paddles of net, rope and weed; see whether a bearing is stuck.',
      'Measure the voltage: a weak line raises the current too.',
    ],
    fr: [
      'Arrêtez-le, ouvrez le disjoncteur et démarrez un aérateur de secours.',
      'Dégagez les pales (filet, corde, algues) ; voyez si un palier est grippé.',
      'Mesurez la tension : une ligne faible augmente aussi le courant.',
    ],
  },
};

export const runsDry: Words = {
  title: {
    vi: 'Quạt nước chạy nhẹ tải',
    en: 'Aerator runs without load',
    fr: 'L’aérateur tourne à vide',
  },
  advice: {
    vi: [
      'Xem dây curoa, khớp nối có tuột không, cánh có gãy không.',
      'Xem phao và mực nước: cánh có chạm nước không.',
    ],
    en: [
      'See whether belt or coupling is off or a paddle is broken.',
      'See floats and water level: do the paddles reach the water.',
    ],
    fr: [
      'Voyez si la courroie ou l’accouplement a lâché, ou si une pale est cassée.',
      'Voyez les flotteurs et le niveau : les pales touchent-elles l’eau.',
    ],
  },
};

export const motorHot: Words = {
  title: {
    vi: 'Mô-tơ quạt nước quá nóng',
    en: 'Aerator motor hot',
    fr: 'Moteur de l’aérateur trop chaud',
  },
  advice: {
    vi: [
      'Chạy quạt dự phòng, rồi tắt mô-tơ này cho nguội.',
      'Xem cánh có kẹt không, điện có yếu không, nắp thông gió có bít không.',
    ],
    en: [
      'Start a spare aerator, then let this motor cool.',
      'See whether paddles are blocked, the line is weak or the vents are shut.',
    ],
    fr: [
      'Démarrez un aérateur de secours, puis laissez refroidir ce moteur.',
      'Voyez si les pales sont bloquées, la ligne faible ou les aérations bouchées.',
    ],
  },
};

export const supplyLost: Words = {
  title: {
    vi: 'Mất điện ở ao',
    en: 'No power at the pond',
    fr: 'Plus de courant au bassin',
  },
  advice: {
    vi: [
      'Nổ máy phát hoặc quạt chạy dầu ngay.',
      'Ngưng cho ăn, đo oxy mỗi 15 phút.',
      'Gọi điện lực; xem cầu dao tổng có nhảy không.',
    ],
    en: [
      'Start the generator or a diesel aerator now.',
      'Stop feeding; measure the oxygen each 15 minutes.',
      'Call the power company; see whether the main breaker has tripped.',
    ],
    fr: [
      'Démarrez le groupe électrogène ou un aérateur diesel maintenant.',
      'Arrêtez de nourrir ; mesurez l’oxygène toutes les 15 minutes.',
      'Appelez le fournisseur ; voyez si le disjoncteur général a sauté.',
    ],
  },
};

export const supplyLow: Words = {
  title: {
    vi: 'Điện lưới yếu',
    en: 'Supply voltage low',
    fr: 'Tension du secteur basse',
  },
  advice: {
    vi: [
      'Tắt bớt máy không cần; chạy lần lượt từng quạt.',
      'Sờ thử mô-tơ có nóng không; điện còn yếu thì chạy máy phát.',
    ],
    en: [
      'Switch off what is not needed; start aerators one by one.',
      'Feel whether motors run hot; if it stays low, use the generator.',
    ],
    fr: [
      'Coupez ce qui n’est pas nécessaire ; démarrez les aérateurs un à un.',
      'Vérifiez si les moteurs chauffent ; si cela dure, passez au groupe électrogène.',
    ],
  },
};

export const batteryLow: Words = {
  title: {
    vi: 'Ắc quy bộ điều khiển quạt yếu',
    en: 'Aerator controller battery low',
    fr: 'Batterie du contrôleur d’aérateur faible',
  },
  advice: {
    vi: ['Kiểm tra bộ sạc và cầu chì.', 'Thay ắc quy: mất điện là mất luôn cảnh báo.'],
    en: ['Check charger and fuse.', 'Replace the battery: without it a power cut goes untold.'],
    fr: [
      'Vérifiez le chargeur et le fusible.',
      'Remplacez la batterie : sans elle une coupure n’est pas signalée.',
    ],
  },
};

export const silent: Words = {
  title: {
    vi: 'Mất tín hiệu bộ điều khiển quạt',
    en: 'Aerator controller silent',
    fr: 'Contrôleur d’aérateur muet',
  },
  advice: {
    vi: [
      'Ra ao xem quạt có chạy không; ban đêm đi ngay.',
      'Cần chạy thì gạt công tắc tay sang chế độ chạy.',
      'Kiểm tra nguồn điện và sóng.',
    ],
    en: [
      'Go and see whether the aerator runs; by night go now.',
      'If it must run, turn the hand switch on.',
      'Check power and signal.',
    ],
    fr: [
      'Allez voir si l’aérateur tourne ; la nuit, tout de suite.',
      'S’il doit tourner, mettez l’interrupteur manuel sur marche.',
      'Vérifiez l’alimentation et le réseau.',
    ],
  },
};
