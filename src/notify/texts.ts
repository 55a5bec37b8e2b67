import type { Alert } from '../contracts/alert.ts';
import { CLOCK_FAULT } from '../contracts/clock-fault.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Language } from '../contracts/localized.ts';
import type { Delivery, Message, MessageAlert } from '../contracts/notify.ts';
import type { Registry } from '../contracts/registry.ts';
import { QUIETED } from './holds.ts';
import type { LocalTimes } from './local-times.ts';
import { WORDS, type Words } from './words.ts';

export interface TextsOptions {
  registry: Pick<Registry, 'find' | 'site'>;
  kinds: KindRegistry;
  times: LocalTimes;
  /** Where people reach the page, or null. */
  publicUrl: string | null;
}

/** A lock screen shows about forty characters of it; services cut it at a hundred or more. */
const TITLE_LENGTH_MAX = 100;
/** The shortest of the services that take long texts takes 2,000 characters, title included. */
const TEXT_LENGTH_MAX = 1_800;
/** Lines of a digest: more than that nobody reads on a phone. */
const DIGEST_LINES_MAX = 20;
const ADVICE_STEPS_MAX = 3;

/** UCUM codes whose printed form differs from the code. */
const UNIT_SYMBOLS: Readonly<Record<string, string>> = {
  Cel: '°C',
  '[pH]': '',
  '1': '',
  'W/m2': 'W/m²',
};

/** What is said of alerts, in a person's language and at local times. */
export interface Texts {
  news(delivery: Delivery, alert: Alert, language: Language): Message;
  digest(delivery: Delivery, alerts: readonly Alert[], language: Language): Message;
  test(key: string, language: Language): Message;
}

export function createTexts(options: TextsOptions): Texts {
  return {
    news(delivery, alert, language) {
      const scene = sceneOf(options, alert, language);
      return {
        key: delivery.id,
        severity: delivery.severity,
        language,
        title: cut(newsTitle(scene, delivery.event), TITLE_LENGTH_MAX),
        text: cut(newsText(scene, delivery.event, options.times), TEXT_LENGTH_MAX),
        url: urlOf(options, `#/alerts?id=${encodeURIComponent(alert.id)}`),
        alerts: [messageAlert(alert)],
      };
    },

    digest(delivery, alerts, language) {
      const scenes = alerts.map((alert) => sceneOf(options, alert, language));
      const words = WORDS[language];
      const places = [...new Set(scenes.map(({ place }) => place))].join(', ');
      const lines = scenes
        .slice(0, DIGEST_LINES_MAX)
        .map((scene) => `• ${briefly(scene)}, ${sinceOf(scene, options.times)}`);
      const left = scenes.length - lines.length;
      if (left > 0) lines.push(words.more(left));
      return {
        key: delivery.id,
        severity: delivery.severity,
        language,
        title: cut(`${words.digest(alerts.length)}: ${places}`, TITLE_LENGTH_MAX),
        text: cut(lines.join('\n'), TEXT_LENGTH_MAX),
        url: urlOf(options, '#/alerts'),
        alerts: alerts.map(messageAlert),
      };
    },

    test(key, language) {
      const { testTitle: title, testText: text } = WORDS[language];
      const url = urlOf(options, '');
      return { key, severity: 'info', language, title, text, url, alerts: [] };
    },
  };
}

/** An alert with what its numbers and places are called. */
interface Scene {
  alert: Alert;
  language: Language;
  words: Words;
  /** Where it is: the site's name, else the device's. */
  place: string;
  device: string;
  label: string | null;
  /** A number of the alert's metric with its unit. */
  quantity(value: number): string;
  number(value: number): string;
  arrow: string;
  last: number | null;
}

function sceneOf({ registry, kinds }: TextsOptions, alert: Alert, language: Language): Scene {
  const words = WORDS[language];
  const device = registry.find(alert.device);
  const site = alert.site === null ? undefined : registry.site(alert.site);
  const kind = kinds.get(device?.kind ?? '');
  const { metric: name, unit, worst, limit, samples } = alert.evidence;
  const metric = [...(kind?.metrics ?? []), ...(kind?.derived ?? []), CLOCK_FAULT].find(
    (candidate) => candidate.name === name,
  );
  const digits = { maximumFractionDigits: metric?.decimals ?? 2 };
  const number = (value: number): string => value.toLocaleString(words.locale, digits);
  const symbol = unitSymbol(unit ?? metric?.unit ?? null);
  const deviceName = device?.name ?? alert.device;
  return {
    alert,
    language,
    words,
    place: site?.name ?? deviceName,
    device: deviceName,
    label: name === null ? null : (metric?.label[language] ?? name),
    number,
    quantity: (value) => (symbol === '' ? number(value) : `${number(value)} ${symbol}`),
    arrow: worst === null ? '' : worst < limit ? '↓' : '↑',
    last: samples.findLast(({ value }) => value !== null)?.value ?? worst,
  };
}

/** `Ao 3: Oxy hòa tan 2,8 ↓`: where, what and how bad. */
function briefly({ alert, place, label, last, arrow, number, language }: Scene): string {
  if (label === null || last === null || alert.evidence.worst === null) {
    return `${place}: ${alert.title[language]}`;
  }
  return `${place}: ${label} ${number(last)} ${arrow}`;
}

function newsTitle(scene: Scene, event: string): string {
  const { alert, words, language } = scene;
  if (event === 'ended') return `✓ ${words.over} – ${scene.place}: ${alert.title[language]}`;
  const said = {
    reopened: words.again,
    escalated: words.graver,
    unquieted: words.still,
    [QUIETED]: words.restless,
  }[event];
  const step = alert.advice[language][0];
  const what = step === undefined ? briefly(scene) : `${briefly(scene)} – ${step}`;
  return said === undefined ? what : `${what} (${said})`;
}

function newsText(scene: Scene, event: string, times: LocalTimes): string {
  const { alert, words, language } = scene;
  const head = `${words.severity[alert.severity]}: ${alert.title[language]}`;
  const where = scene.place === scene.device ? [] : [words.device(scene.device)];
  if (event === 'ended') {
    const wasNot = alert.end === alert.onset ? [words.neverWas] : [];
    const last = [...wasNot, sinceOf(scene, times)];
    return [`${words.over}: ${alert.title[language]}`, ...last, ...where].join('\n');
  }
  const steps = alert.advice[language]
    .slice(0, ADVICE_STEPS_MAX)
    .map((step, index) => `${index + 1}. ${step}`);
  return [
    head,
    ...(event === QUIETED ? [words.willBeQuiet] : []),
    ...stillAfter(scene, event),
    ...measured(scene),
    sinceOf(scene, times),
    safeLimit(scene),
    ...where,
    ...steps,
  ].join('\n');
}

/** Why it was silent before, as far as the alert's timeline tells. */
function stillAfter({ alert, words }: Scene, event: string): string[] {
  if (event !== 'unquieted') return [];
  const quieted = alert.timeline.findLast((entry) => entry.event === 'quieted');
  const reasons = Object.entries(words.stillAfter);
  const said = reasons.find(([reason]) => quieted?.note?.includes(reason) ?? false);
  return said === undefined ? [`${words.still}.`] : [said[1]];
}

function measured({ alert, words, label, last, arrow, quantity }: Scene): string[] {
  const { worst } = alert.evidence;
  if (label === null || last === null || worst === null) return [];
  const worse = worst === last ? '' : ` (${words.worst(quantity(worst))})`;
  return [`${label}: ${quantity(last)} ${arrow}${worse}`];
}

function sinceOf({ alert, words }: Scene, times: LocalTimes): string {
  const from = times.show(alert.onset);
  if (alert.end === null || alert.end === alert.onset) return words.since(from);
  return words.lasted(from, times.show(alert.end));
}

function safeLimit({ alert, words, arrow, quantity }: Scene): string {
  const { limit, source } = alert.evidence;
  const cited = words.source(source.text, source.evidence === 'U');
  if (arrow === '') return `${words.silentFor(Math.round(limit / 60))} (${cited})`;
  const safe = arrow === '↓' ? words.safeFrom(quantity(limit)) : words.safeTo(quantity(limit));
  return `${safe} (${cited})`;
}

function unitSymbol(unit: string | null): string {
  // Braces hold what a number counts; it has no sign of its own.
  const code = (unit ?? '').replace(/\{[^}]*\}/g, '');
  return UNIT_SYMBOLS[code] ?? code;
}

function messageAlert(alert: Alert): MessageAlert {
  const { id, coop, site, device, rule, severity, state, onset } = alert;
  return { id, coop, site, device, rule, severity, state, onset };
}

function urlOf({ publicUrl }: TextsOptions, place: string): string | null {
  return publicUrl === null ? null : new URL(place, publicUrl).href;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}
