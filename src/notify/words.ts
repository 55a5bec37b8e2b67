import type { QuietReason } from '../contracts/alert.ts';
import type { Language } from '../contracts/localized.ts';
import type { Severity } from '../contracts/rule.ts';

/** What messages are made of, in one language. */
export interface Words {
  locale: string;
  severity: Record<Severity, string>;
  /** Stand before the title when it is not the first time it is told. */
  again: string;
  graver: string;
  still: string;
  /** It comes and goes: the word beside the title, and what follows from it. */
  restless: string;
  willBeQuiet: string;
  over: string;
  neverWas: string;
  stillAfter: Record<QuietReason, string>;
  since(time: string): string;
  lasted(from: string, to: string): string;
  worst(value: string): string;
  safeFrom(limit: string): string;
  safeTo(limit: string): string;
  silentFor(minutes: number): string;
  source(text: string, unverified: boolean): string;
  device(name: string): string;
  digest(count: number): string;
  more(count: number): string;
  testTitle: string;
  testText: string;
}

const vi: Words = {
  locale: 'vi-VN',
  severity: { info: 'Để biết', warning: 'Cảnh báo', critical: 'NGUY CẤP' },
  again: 'Lại xảy ra',
  graver: 'Nặng hơn',
  still: 'Vẫn còn',
  restless: 'Chập chờn',
  willBeQuiet: 'Báo rồi hết nhiều lần: sẽ chỉ báo lại khi nặng hơn hoặc kéo dài.',
  over: 'Đã hết',
  neverWas: 'Số liệu đến muộn cho thấy việc này không xảy ra.',
  stillAfter: {
    maintenance: 'Hết thời gian bảo trì mà vẫn còn.',
    flapping: 'Đã báo rồi hết nhiều lần, nay vẫn còn.',
    cause: 'Nguyên nhân chung đã hết mà vẫn còn.',
  },
  since: (time) => `Từ ${time}.`,
  lasted: (from, to) => `Từ ${from} đến ${to}.`,
  worst: (value) => `xấu nhất ${value}`,
  safeFrom: (limit) => `An toàn: từ ${limit} trở lên`,
  safeTo: (limit) => `An toàn: không quá ${limit}`,
  silentFor: (minutes) => `Không có số liệu quá ${minutes} phút`,
  source: (text, unverified) => `${text}${unverified ? ', chưa kiểm chứng' : ''}`,
  device: (name) => `Thiết bị: ${name}`,
  digest: (count) => `${count} tin không gấp`,
  more: (count) => `và ${count} tin nữa`,
  testTitle: 'Sluice: tin nhắn thử',
  testText: 'Nếu bạn đọc được tin này thì cảnh báo sẽ đến được đây.',
};

const en: Words = {
  locale: 'en-GB',
  severity: { info: 'For information', warning: 'Warning', critical: 'CRITICAL' },
  again: 'Again',
  graver: 'Worse',
  still: 'Still there',
  restless: 'Comes and goes',
  willBeQuiet: 'It comes and goes: you will hear again when it gets worse, or stays.',
  over: 'Over',
  neverWas: 'Data that came late show that it did not happen.',
  stillAfter: {
    maintenance: 'It still stands after the maintenance.',
    flapping: 'It came and went many times, and stands now.',
    cause: 'What explained it is over, and it still stands.',
  },
  since: (time) => `Since ${time}.`,
  lasted: (from, to) => `From ${from} to ${to}.`,
  worst: (value) => `worst ${value}`,
  safeFrom: (limit) => `Safe: ${limit} or more`,
  safeTo: (limit) => `Safe: up to ${limit}`,
  silentFor: (minutes) => `No data for more than ${minutes} minutes`,
  source: (text, unverified) => `${text}${unverified ? ', not verified' : ''}`,
  device: (name) => `Device: ${name}`,
  digest: (count) => `${count} things that are not urgent`,
  more: (count) => `and ${count} more`,
  testTitle: 'Sluice: test message',
  testText: 'If you can read this, alerts will reach you here.',
};

const fr: Words = {
  locale: 'fr-FR',
  severity: { info: 'Information', warning: 'Avertissement', critical: 'CRITIQUE' },
  again: 'De nouveau',
  graver: 'Aggravation',
  still: 'Toujours là',
  restless: 'Intermittent',
  willBeQuiet: 'Elle va et vient : un nouveau message suivra si elle s’aggrave ou dure.',
  over: 'Terminé',
  neverWas: 'Des données tardives montrent que cela n’a pas eu lieu.',
  stillAfter: {
    maintenance: 'Toujours là après la maintenance.',
    flapping: 'Apparu et disparu plusieurs fois, présent maintenant.',
    cause: 'Ce qui l’expliquait est terminé, l’alerte reste.',
  },
  since: (time) => `Depuis ${time}.`,
  lasted: (from, to) => `De ${from} à ${to}.`,
  worst: (value) => `pire ${value}`,
  safeFrom: (limit) => `Sûr : ${limit} ou plus`,
  safeTo: (limit) => `Sûr : jusqu’à ${limit}`,
  silentFor: (minutes) => `Aucune donnée depuis plus de ${minutes} minutes`,
  source: (text, unverified) => `${text}${unverified ? ', non vérifié' : ''}`,
  device: (name) => `Appareil : ${name}`,
  digest: (count) => `${count} informations sans urgence`,
  more: (count) => `et ${count} de plus`,
  testTitle: 'Sluice : message d’essai',
  testText: 'Si vous lisez ceci, les alertes vous parviendront ici.',
};

export const WORDS: Readonly<Record<Language, Words>> = { vi, en, fr };
