import type { Words } from '../../src/health/device-rules.ts';

export const tankLow: Words = {
  title: { vi: 'Bồn nước gần cạn', en: 'Tank nearly empty', fr: 'Réservoir presque vide' },
  advice: {
    vi: ['Tắt bơm tưới để khỏi chạy khô.', 'Bơm nước vào bồn, kiểm tra phao và lưới lọc.'],
    en: ['Stop the pump before it runs dry.', 'Fill the tank; check float valve and screen.'],
    fr: [
      'Arrêtez la pompe avant qu’elle ne tourne à sec.',
      'Remplissez le réservoir ; vérifiez le flotteur et la crépine.',
    ],
  },
};

export const saltySource: Words = {
  title: { vi: 'Nước tưới nhiễm mặn', en: 'Irrigation water salty', fr: 'Eau d’irrigation salée' },
  advice: {
    vi: [
      'Đóng cống, ngừng lấy nước vào bồn.',
      'Đo lại độ mặn ở kênh bằng máy cầm tay.',
      'Chờ nước ròng rồi đo lại; chỉ lấy nước khi độ mặn đạt cho cây.',
    ],
    en: [
      'Close the inlet; take no more water into the tank.',
      'Measure the canal again with a hand meter.',
      'Wait for the ebb and measure; take water only when it suits the crop.',
    ],
    fr: [
      'Fermez la prise d’eau ; ne remplissez plus le réservoir.',
      'Mesurez de nouveau le canal avec un appareil portatif.',
      'Attendez le jusant et mesurez ; ne prenez l’eau que si elle convient à la culture.',
    ],
  },
};

export const leak: Words = {
  title: {
    vi: 'Van đóng mà nước vẫn chảy',
    en: 'Water flows although the valve is closed',
    fr: 'L’eau coule alors que la vanne est fermée',
  },
  advice: {
    vi: [
      'Tắt bơm và khóa van tổng bằng tay ngay.',
      'Đi dọc ống tìm chỗ bể, chỗ ướt bất thường.',
      'Xem van có kẹt rác không; sửa xong mới mở lại.',
    ],
    en: [
      'Stop the pump and close the main valve by hand now.',
      'Walk the line; look for a burst or a wet patch.',
      'See whether dirt holds the valve open; open again only when mended.',
    ],
    fr: [
      'Arrêtez la pompe et fermez la vanne principale à la main maintenant.',
      'Longez la conduite ; cherchez une rupture ou une flaque.',
      'Voyez si un débris bloque la vanne ; ne rouvrez qu’une fois réparé.',
    ],
  },
};

export const noFlow: Words = {
  title: {
    vi: 'Van mở mà nước không chảy',
    en: 'Valve open and no water flows',
    fr: 'Vanne ouverte et pas d’eau',
  },
  advice: {
    vi: [
      'Đóng van và tắt bơm để khỏi chạy khô.',
      'Xem bồn còn nước, lưới lọc và ống hút có nghẹt không.',
      'Kiểm tra đồng hồ nước có quay không.',
    ],
    en: [
      'Close the valve and stop the pump before it runs dry.',
      'See whether the tank has water, and whether filter or suction is blocked.',
      'Check that the water meter turns.',
    ],
    fr: [
      'Fermez la vanne et arrêtez la pompe avant qu’elle ne tourne à sec.',
      'Vérifiez le niveau du réservoir, le filtre et l’aspiration.',
      'Vérifiez que le compteur tourne.',
    ],
  },
};

export const flowLow: Words = {
  title: { vi: 'Lưu lượng thấp', en: 'Flow low', fr: 'Débit faible' },
  advice: {
    vi: ['Rửa lưới lọc và xả cuối ống nhỏ giọt.', 'Kiểm tra áp suất và các van nhánh.'],
    en: [
      'Clean the filter and flush the ends of the drip lines.',
      'Check the pressure and the branch valves.',
    ],
    fr: [
      'Nettoyez le filtre et purgez le bout des lignes.',
      'Vérifiez la pression et les vannes secondaires.',
    ],
  },
};

export const flowHigh: Words = {
  title: { vi: 'Lưu lượng quá cao', en: 'Flow too high', fr: 'Débit trop élevé' },
  advice: {
    vi: ['Đóng van ngay, đi dọc ống tìm chỗ bể.', 'Sửa xong mới mở lại, xem lưu lượng 5 phút đầu.'],
    en: [
      'Close the valve now and walk the line for a burst.',
      'Open again when mended; watch the flow for the first 5 minutes.',
    ],
    fr: [
      'Fermez la vanne maintenant et cherchez une rupture.',
      'Rouvrez une fois réparé ; surveillez le débit les 5 premières minutes.',
    ],
  },
};

export const pressureLow: Words = {
  title: {
    vi: 'Áp suất thấp khi tưới',
    en: 'Pressure low while irrigating',
    fr: 'Pression basse pendant l’irrigation',
  },
  advice: {
    vi: ['Tìm chỗ rò, đầu ống tuột; rửa lưới lọc.', 'Xem bơm và mực nước bồn.'],
    en: ['Look for a leak or a loose end; clean the filter.', 'Check the pump and the tank level.'],
    fr: [
      'Cherchez une fuite ou un bout défait ; nettoyez le filtre.',
      'Vérifiez la pompe et le niveau du réservoir.',
    ],
  },
};

export const pressureHigh: Words = {
  title: { vi: 'Áp suất quá cao', en: 'Pressure too high', fr: 'Pression trop élevée' },
  advice: {
    vi: [
      'Giảm áp hoặc tắt bơm trước khi ống bung.',
      'Xem van nhánh nào đóng, van điều áp còn tốt không.',
    ],
    en: [
      'Lower the pressure or stop the pump before a line bursts.',
      'See which branch valve is closed and whether the regulator works.',
    ],
    fr: [
      'Baissez la pression ou arrêtez la pompe avant une rupture.',
      'Voyez quelle vanne est fermée et si le régulateur fonctionne.',
    ],
  },
};

export const pumpDry: Words = {
  title: {
    vi: 'Bơm chạy mà không có nước',
    en: 'Pump runs without water',
    fr: 'La pompe tourne sans eau',
  },
  advice: {
    vi: [
      'Tắt bơm ngay.',
      'Xem bồn, ống hút có nước không; mồi nước lại.',
      'Van có mở không; bơm nóng thì đợi nguội mới chạy.',
    ],
    en: [
      'Stop the pump now.',
      'See that tank and suction hold water; prime the pump.',
      'See that a valve is open; let a hot pump cool before it runs again.',
    ],
    fr: [
      'Arrêtez la pompe maintenant.',
      'Vérifiez le réservoir et l’aspiration ; réamorcez la pompe.',
      'Vérifiez qu’une vanne est ouverte ; laissez refroidir une pompe chaude.',
    ],
  },
};

export const openTooLong: Words = {
  title: { vi: 'Van mở quá lâu', en: 'Valve open too long', fr: 'Vanne ouverte trop longtemps' },
  advice: {
    vi: ['Ra đóng van bằng tay ngay.', 'Xem van có kẹt không, bộ điều khiển có tự tắt không.'],
    en: [
      'Go and close the valve by hand now.',
      'See whether it is stuck, and whether the controller ends by itself.',
    ],
    fr: [
      'Allez fermer la vanne à la main maintenant.',
      'Voyez si elle est bloquée et si le contrôleur s’arrête tout seul.',
    ],
  },
};

export const batteryLow: Words = {
  title: {
    vi: 'Ắc quy bộ tưới yếu',
    en: 'Controller battery low',
    fr: 'Batterie du contrôleur faible',
  },
  advice: {
    vi: ['Kiểm tra van đã đóng chưa.', 'Lau tấm pin mặt trời, sạc hoặc thay ắc quy hôm nay.'],
    en: ['See that the valve is closed.', 'Clean the panel; charge or replace the battery today.'],
    fr: [
      'Vérifiez que la vanne est fermée.',
      'Nettoyez le panneau ; rechargez ou remplacez la batterie aujourd’hui.',
    ],
  },
};

export const silent: Words = {
  title: {
    vi: 'Mất tín hiệu bộ tưới',
    en: 'Drip controller silent',
    fr: 'Contrôleur d’irrigation muet',
  },
  advice: {
    vi: ['Ra ruộng xem van đã đóng chưa; chưa thì đóng tay.', 'Kiểm tra nguồn điện và sóng.'],
    en: [
      'Go and see that the valve is closed; if not, close it by hand.',
      'Check power and signal.',
    ],
    fr: [
      'Allez voir si la vanne est fermée ; sinon, fermez-la à la main.',
      'Vérifiez l’alimentation et le réseau.',
    ],
  },
};
