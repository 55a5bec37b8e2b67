import type { Alert } from '../contracts/alert.ts';
import { CLOCK_FAULT } from '../contracts/clock-fault.ts';
import type { HealthFinding } from '../contracts/health.ts';
import type { Language, Localized } from '../contracts/localized.ts';
import { SEVERITIES } from '../contracts/rule.ts';

/** What is known of a device besides its values. */
export interface HealthFacts {
  /** Values of the local day that runs, as the ledger and the store counted them. */
  today: { received: number; rejected: number; repeated: number; clockFaults: number };
  /** Its alerts that last. */
  alerts: readonly Alert[];
  declaredSeconds: number | null;
  learnedSeconds: number | null;
  /** IANA zone of the instance. */
  timeZone: string;
}

/** Below so many values a share says nothing: one full queue after a dead link. */
const REPEATS_MIN = 500;
const REPEATS_SHARE = 0.5;
/** Refused values that are a sensor's hiccup at most. */
const REJECTED_MIN = 20;
const REJECTED_SHARE = 0.05;
const REJECTED_SHARE_GRAVE = 0.5;
/** A device that starts sends a few reports before it knows the time. */
const CLOCK_SHARE_GRAVE = 0.1;
/** Declared and learned intervals this far apart are not the same one. */
const INTERVAL_FACTOR = 2;
const BATTERY_METRIC = 'battery_voltage';

/**
 * What is wrong with a device, the gravest first. A flood of repeats is no matter of rules, since
 * it does not show in what was observed: repeats leave that as it was.
 */
export function healthFindings(facts: HealthFacts): HealthFinding[] {
  const found = [
    silence(facts),
    battery(facts),
    clock(facts),
    rejected(facts),
    repeats(facts),
    interval(facts),
  ].filter((finding) => finding !== null);
  const gravity = ({ severity }: HealthFinding): number => SEVERITIES.indexOf(severity);
  return found.sort((left, right) => gravity(right) - gravity(left));
}

function silence({ alerts, timeZone }: HealthFacts): HealthFinding | null {
  const alert = alerts.find(
    ({ evidence }) =>
      evidence.metric === null &&
      evidence.worst === null &&
      evidence.samples.every(({ value }) => value === null),
  );
  if (alert === undefined) return null;
  const since = alert.evidence.samples[0]?.time ?? alert.onset;
  const at = (language: Language): string => shown(since, language, timeZone);
  const why = causeOf(alert);
  const text = {
    vi: `Không có tin từ ${at('vi')}${why === null ? '' : `: ${why.vi}`}.`,
    en: `Silent since ${at('en')}${why === null ? '' : `: ${why.en}`}.`,
    fr: `Muet depuis ${at('fr')}${why === null ? '' : ` : ${why.fr}`}.`,
  };
  return { code: 'silent', severity: alert.severity, text };
}

/** Why it is silent, as far as another silence or late reports told. */
function causeOf({ cause, evidence }: Alert): Localized | null {
  if (cause !== null) {
    return {
      vi: 'trạm trung chuyển hoặc đường truyền của hợp tác xã mất tín hiệu',
      en: 'its gateway or the link of the cooperative is down',
      fr: 'sa passerelle ou la liaison de la coopérative est coupée',
    };
  }
  switch (evidence.beside?.['outage']) {
    case 'link':
      return { vi: 'mất đường truyền', en: 'the link is down', fr: 'la liaison est coupée' };
    case 'device':
      return { vi: 'thiết bị tắt', en: 'the device is down', fr: 'l’appareil est arrêté' };
    default:
      return null;
  }
}

function battery({ alerts }: HealthFacts): HealthFinding | null {
  const alert = alerts.find(({ evidence }) => evidence.metric === BATTERY_METRIC);
  if (alert === undefined) return null;
  const volts = alert.evidence.samples.findLast(({ value }) => value !== null)?.value ?? null;
  const at = (language: Language): string => (volts === null ? '' : numeral(volts, language));
  const text = {
    vi: volts === null ? 'Pin yếu.' : `Pin yếu: ${at('vi')} V.`,
    en: volts === null ? 'Battery low.' : `Battery low: ${at('en')} V.`,
    fr: volts === null ? 'Batterie faible.' : `Batterie faible : ${at('fr')} V.`,
  };
  return { code: 'battery', severity: alert.severity, text };
}

function clock({ today, alerts }: HealthFacts): HealthFinding | null {
  const { clockFaults, received } = today;
  const alert = alerts.find(({ evidence }) => evidence.metric === CLOCK_FAULT.name);
  if (alert === undefined && clockFaults === 0) return null;
  const isGrave = clockFaults > CLOCK_SHARE_GRAVE * received;
  const text = {
    vi: `Đồng hồ sai giờ: hôm nay ${numeral(clockFaults, 'vi')} số đo được ghi theo giờ nhận.`,
    en: `Clock wrong: ${numeral(clockFaults, 'en')} values today stand at the time they arrived.`,
    fr: `Horloge fausse : ${numeral(clockFaults, 'fr')} valeurs d’aujourd’hui sont datées de leur arrivée.`,
  };
  return { code: 'clock', severity: alert?.severity ?? (isGrave ? 'warning' : 'info'), text };
}

function rejected({ today }: HealthFacts): HealthFinding | null {
  const share = today.rejected / today.received;
  if (today.rejected < REJECTED_MIN || !(share > REJECTED_SHARE)) return null;
  const percent = Math.round(share * 100);
  const text = {
    vi: `Hôm nay ${percent} % số đo bị từ chối: xem danh sách bị từ chối.`,
    en: `${percent} % of today’s values were refused: see its rejections.`,
    fr: `${percent} % des valeurs d’aujourd’hui ont été refusées : voyez ses refus.`,
  };
  return { code: 'rejected', severity: share > REJECTED_SHARE_GRAVE ? 'warning' : 'info', text };
}

function repeats({ today }: HealthFacts): HealthFinding | null {
  const share = today.repeated / today.received;
  if (!(today.repeated > REPEATS_MIN && share > REPEATS_SHARE)) return null;
  const percent = Math.round(share * 100);
  const text = {
    vi: `Hôm nay ${percent} % số đo là gửi lặp lại: thiết bị không nhận được xác nhận, hoặc gửi hai lần.`,
    en: `${percent} % of today’s values are repeats: it misses acknowledgements, or sends twice.`,
    fr: `${percent} % des valeurs d’aujourd’hui sont des répétitions : il manque les accusés, ou envoie deux fois.`,
  };
  return { code: 'repeats', severity: 'warning', text };
}

function interval({ declaredSeconds, learnedSeconds }: HealthFacts): HealthFinding | null {
  if (declaredSeconds === null || learnedSeconds === null) return null;
  const factor = Math.max(declaredSeconds / learnedSeconds, learnedSeconds / declaredSeconds);
  if (!(factor > INTERVAL_FACTOR)) return null;
  const [said, seen] = [declaredSeconds, learnedSeconds];
  const text = {
    vi: `Khai báo gửi mỗi ${numeral(said, 'vi')} giây, thực tế mỗi ${numeral(seen, 'vi')} giây.`,
    en: `Declared to report every ${numeral(said, 'en')} s, reports every ${numeral(seen, 'en')} s.`,
    fr: `Déclaré toutes les ${numeral(said, 'fr')} s, envoie toutes les ${numeral(seen, 'fr')} s.`,
  };
  return { code: 'interval', severity: 'info', text };
}

const LOCALES: Readonly<Record<Language, string>> = { vi: 'vi-VN', en: 'en-GB', fr: 'fr-FR' };

function numeral(value: number, language: Language): string {
  return value.toLocaleString(LOCALES[language], { maximumFractionDigits: 2 });
}

function shown(time: number, language: Language, timeZone: string): string {
  const format = { dateStyle: 'short', timeStyle: 'short', timeZone } as const;
  return new Intl.DateTimeFormat(LOCALES[language], format).format(time);
}
