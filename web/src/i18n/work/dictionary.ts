import type { View } from '../../../../src/contracts/rule.ts';
import type { Around, AroundTwo, Counted } from '../dictionary.ts';

type Page =
  | 'rules'
  | 'people'
  | 'phone'
  | 'field'
  | 'maintenance'
  | 'control'
  | 'programmes'
  | 'aeration'
  | 'audit';
type DeliveryState = 'waiting' | 'sent' | 'delivered' | 'dead' | 'cancelled';
type OutcomeState = 'sent' | 'delivered' | 'retry' | 'refused';

/** Texts of the pages behind "more". */
export interface WorkDictionary {
  pages: Record<Page, { title: string; detail: string }>;
  back: string;
  save: string;
  saved: string;
  cancel: string;
  edit: string;
  remove: string;
  removeSure: string;
  add: string;
  site: string;
  coop: string;
  note: string;
  all: string;
  severityFrom: Around;
  notNumber: Around;
  people: {
    people: string;
    duty: string;
    messages: string;
    none: string;
    name: string;
    language: string;
    coops: string;
    contacts: string;
    contact: Counted;
    channel: string;
    address: string;
    pushAddress: string;
    addContact: string;
    noContact: string;
    usedFrom: string;
    always: string;
    notReady: Around;
    policy: string;
    minimum: string;
    quiet: string;
    quietFrom: string;
    quietTo: string;
    quietLine: AroundTwo;
    digest: string;
    digestAt: string;
    digestLine: Around;
    perHour: string;
    active: string;
    inactive: string;
    test: string;
    outcome: Record<OutcomeState, string>;
    answered: Around;
    nobodySaved: string;
    step: Counted;
    addStep: string;
    wait: string;
    escalateFrom: string;
    noMessages: string;
    deadOnly: string;
    everyMessage: string;
    retry: string;
    attempts: Counted;
    due: Around;
    delivery: Record<DeliveryState, string>;
    digestMessage: string;
  };
  phone: {
    lead: string;
    insecure: string;
    insecureWhy: string;
    insteadZalo: string;
    unsupported: string;
    noKey: string;
    denied: string;
    subscribe: string;
    subscribed: string;
    addressNote: string;
    copy: string;
    copied: string;
    giveTo: string;
    give: string;
    given: Around;
    askOperator: string;
  };
  rules: {
    search: string;
    devices: Counted;
    noDevice: string;
    off: string;
    on: string;
    savedHere: string;
    version: Around;
    topic: Around;
    region: string;
    stage: string;
    validUntil: string;
    below: string;
    above: string;
    holdsFor: string;
    clearsAt: string;
    clearsFor: string;
    limit: string;
    silentFor: string;
    silentThree: string;
    several: string;
    severalAny: string;
    views: Record<View['type'], string>;
    editTitle: string;
    forWhom: string;
    everywhere: string;
    onlyCoop: Around;
    onlySite: Around;
    minutes: string;
    enabled: string;
    level: Around;
    hint: string;
    versions: string;
    neverChanged: string;
    takenBack: string;
    takeBack: string;
    dryRun: string;
    dryRunning: string;
    wakings: Counted;
    against: Counted;
    nothingToCompare: string;
    alerts: string;
    notifications: string;
    worstNight: string;
    now: string;
    intervals: string;
    noInterval: string;
    more: Counted;
    lasting: string;
  };
  field: {
    count: string;
    pest: string;
    fields: Record<string, string>;
    send: string;
    found: Around;
    from: Counted;
    cropDay: Counted;
    noCropDay: string;
    advice: string;
    noAdvice: string;
    noField: string;
    another: string;
    spray: string;
    at: string;
    product: string;
    active: string;
    cost: string;
    optional: string;
    ledger: string;
    ledgerNone: string;
    done: string;
    advised: string;
    usual: string;
    avoided: string;
    savedMoney: string;
    savedActive: string;
    noBaseline: string;
    unknown: string;
    baseline: string;
    baselineNote: string;
    season: string;
    seasonEnd: string;
    sprays: string;
    source: string;
    fieldsCount: string;
  };
  maintenance: {
    lead: string;
    none: string;
    until: Around;
    by: Around;
    whole: Around;
    howLong: string;
    reason: string;
    start: string;
    stop: string;
    planned: AroundTwo;
  };
}
