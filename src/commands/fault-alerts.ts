import type { Alert, AlertDesk } from '../contracts/alert.ts';
import type { Localized } from '../contracts/localized.ts';
import type { Repositories } from '../contracts/state.ts';
import type { FaultChange } from './sitting.ts';

/** No rule of a kind: what a command's proof found out. */
const RULE = 'actuator-fault';

const TITLE: Localized = {
  vi: 'Thiết bị điều khiển bị lỗi',
  en: 'A controlled part does not obey',
  fr: 'Un organe commandé n’obéit pas',
};

const ADVICE: Alert['advice'] = {
  vi: [
    'Đến tận nơi xem van, bơm và đường ống; đóng van tay nếu nước còn chảy.',
    'Sửa xong thì xoá lỗi trên trang của thiết bị: trước đó không lệnh mở nào được nhận.',
  ],
  en: [
    'Go and look at the valve, the pump and the pipe; close by hand if water still runs.',
    'Once it is mended, clear the fault on its page: until then nothing starts.',
  ],
  fr: [
    'Allez voir la vanne, la pompe et la conduite ; fermez à la main si l’eau coule encore.',
    'Une fois réparé, effacez le défaut sur sa page : rien ne démarre avant.',
  ],
};

export interface FaultPlace {
  coop: string;
  site: string | null;
  now: number;
}

/** A fault is an alert like any other: it stands until the fault is cleared. */
export async function tellFault(
  tx: Repositories,
  desk: AlertDesk,
  { change, place }: { change: FaultChange; place: FaultPlace },
): Promise<Alert[]> {
  const alert = await alertOf(tx, change, place);
  if (alert === undefined) return [];
  const alerts = await desk.settle(tx, [alert]);
  await tx.alerts.save(alerts);
  return alerts;
}

async function alertOf(
  tx: Repositories,
  { device, fault, severity, by, note }: FaultChange,
  { coop, site, now }: FaultPlace,
): Promise<{ before?: Alert; after: Alert } | undefined> {
  if (fault === null) {
    const filter = { device, rule: RULE };
    const { items } = await tx.alerts.list(filter, { limit: 1 });
    const [before] = items;
    if (before === undefined || before.end !== null) return undefined;
    const entry = { at: now, event: 'resolved' as const, who: by, note };
    const timeline = [...before.timeline, entry];
    const end = Math.max(now, before.onset + 1);
    const ended = { end, state: 'resolved' as const, revision: before.revision + 1, timeline };
    return { before, after: { ...before, ...ended } };
  }
  const { code, at, text } = fault;
  return {
    after: {
      id: `${RULE}.${device}.${at}`,
      rule: RULE,
      ruleVersion: 1,
      ...{ coop, site, device },
      severity: severity === 'critical' ? 'critical' : 'warning',
      severities: [{ time: at, severity: severity === 'critical' ? 'critical' : 'warning' }],
      state: 'open',
      onset: at,
      known: now,
      end: null,
      revision: 1,
      evidence: {
        ...{ metric: null, unit: null, limit: 0, worst: null, samples: [] },
        source: { text: text.en, evidence: 'D' },
        beside: { fault: code },
      },
      title: joined(text),
      advice: ADVICE,
      advises: 'act',
      ...{ cause: null, quiet: null, shelf: null, assignee: null },
      timeline: [{ at: now, event: 'raised', who: null, note: code }],
    },
  };
}

function joined(text: Localized): Localized {
  const of = (language: keyof Localized): string => `${TITLE[language]}: ${text[language]}`;
  return { vi: of('vi'), en: of('en'), fr: of('fr') };
}
