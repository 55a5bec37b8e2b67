import type { Localized } from '../contracts/localized.ts';

/** What people should know of a dry run besides its figures. */
export const remarks = {
  noDevice: (): Localized => ({
    vi: 'Không có thiết bị nào khớp với quy tắc này: hãy xem lại phạm vi (scope).',
    en: 'No device matches this rule: look at its scope.',
    fr: 'Aucun appareil ne correspond à cette règle : vérifiez sa portée (scope).',
  }),
  standsBehind: (count: number, other: string): Localized => ({
    vi: `${count} thiết bị trong phạm vi theo quy tắc “${other}”, cùng chủ đề (topic) và đứng trước.`,
    en: `${count} devices in its scope follow the rule "${other}", which has the same topic and stands before it.`,
    fr: `${count} appareils de sa portée suivent la règle « ${other} », de même sujet (topic) et prioritaire.`,
  }),
  noData: (count: number, of: number): Localized => ({
    vi: `${count}/${of} thiết bị không có số liệu nào trong khoảng thời gian này.`,
    en: `${count} of ${of} devices have no data in this time.`,
    fr: `${count} appareils sur ${of} n’ont aucune donnée dans cette période.`,
  }),
  begunBefore: (count: number): Localized => ({
    vi: `${count} cảnh báo đã bắt đầu trước khoảng thời gian này; lần gọi khi đó không được tính.`,
    en: `${count} alerts had begun before this time; that they called then is not counted.`,
    fr: `${count} alertes avaient commencé avant cette période ; leur appel n’est pas compté.`,
  }),
  lasting: (count: number): Localized => ({
    vi: `${count} cảnh báo vẫn còn khi khoảng thời gian này kết thúc.`,
    en: `${count} alerts still last at the end of this time.`,
    fr: `${count} alertes durent encore à la fin de cette période.`,
  }),
  endsNow: (): Localized => ({
    vi: 'Khoảng thời gian được cắt ở hiện tại.',
    en: 'The time asked for was cut off at now.',
    fr: 'La période demandée s’arrête à maintenant.',
  }),
  disabled: (): Localized => ({
    vi: 'Quy tắc đang tắt; nó được thử như khi bật.',
    en: 'The rule is disabled; it was tried as if it were not.',
    fr: 'La règle est désactivée ; elle a été essayée comme si elle ne l’était pas.',
  }),
  currentDisabled: (): Localized => ({
    vi: 'Quy tắc hiện hành đang tắt, nên không gọi ai.',
    en: 'The current rule is disabled, so it calls nobody.',
    fr: 'La règle actuelle est désactivée : elle n’appelle personne.',
  }),
  noStart: (count: number): Localized => ({
    vi: `${count} thiết bị không có ngày thả giống hoặc xuống giống (startedOn), nên ngày vụ không rõ.`,
    en: `${count} devices have no day of stocking or sowing (startedOn), so crop days are unknown there.`,
    fr: `${count} appareils n’ont pas de date de mise en charge ou de semis (startedOn) : jours inconnus.`,
  }),
};
