import type { ActuatorRole } from '../../../../src/contracts/actuator.ts';
import type { CommandSource, CommandState } from '../../../../src/contracts/command.ts';
import type { Around, AroundTwo, Counted } from '../dictionary.ts';

/** Sentences with gaps as `{mm}`, by code. */
export type Sentences = Readonly<Record<string, string>>;

/** Texts of the pages on which the plant is watched and moved. */
export interface PlantDictionary {
  notKnown: string;
  cancel: string;
  confirm: string;
  /** Why something is refused, by error code. */
  refusals: Sentences;
  /** Steps of a reasoning, by code. */
  reasons: Sentences;
  /** Why oxygen is not projected, by code. */
  noProjection: Sentences;
  control: {
    lead: string;
    none: string;
    noPlace: string;
    roles: Record<ActuatorRole, string>;
    /** What a valve or a motor is, said of its position. */
    valve: { on: string; off: string };
    motor: { on: string; off: string };
    proven: AroundTwo;
    said: Around;
    awaited: Around;
    against: AroundTwo;
    unknown: string;
    unknownSince: Around;
    since: Around;
    endsIn: { valve: Around; motor: Around };
    overdue: Around;
    owner: Around;
    connected: string;
    away: string;
    disabled: string;
    blocked: string;
    reliability: Around;
    tooFew: string;
    today: AroundTwo;
    todayTime: Around;
    start: { valve: string; motor: string };
    extend: string;
    stop: { valve: string; motor: string };
    howLong: string;
    commands: string;
    noCommand: string;
    states: Record<CommandState, string>;
    sources: Record<CommandSource['type'], string>;
    by: Around;
    faultSince: Around;
    clear: string;
    clearWhy: string;
    clearWhyHint: string;
    clearDo: string;
  };
  stop: {
    button: string;
    again: Around;
    hint: string;
    stands: Around;
    by: AroundTwo;
    nothingStarts: string;
    release: string;
    releaseTitle: Around;
    releaseText: string;
    releaseDo: string;
    coop: Around;
  };
  programmes: {
    list: string;
    water: string;
    none: string;
    add: string;
    on: string;
    off: string;
    modes: { auto: string; propose: string; manual: string };
    next: Around;
    nextNone: string;
    decisions: { run: string; skip: string; propose: string; missed: string };
    states: {
      planned: string;
      proposed: string;
      waiting: string;
      running: string;
      done: string;
      stopped: string;
    };
    preview: string;
    noStart: string;
    zones: Counted;
    supplies: Around;
    total: Around;
    proposal: Around;
    accept: string;
    runNow: string;
    runNowSure: string;
    stopRun: string;
    enable: string;
    disable: string;
    history: string;
    noHistory: string;
    note: Around;
    deeper: string;
    startKept: string;
    name: string;
    mode: string;
    zoneList: string;
    times: string;
    timesHint: string;
    days: string;
    weekdays: {
      d0: string;
      d1: string;
      d2: string;
      d3: string;
      d4: string;
      d5: string;
      d6: string;
    };
    dose: string;
    doses: { minutes: string; litres: string; millimetres: string; need: string };
    amount: { minutes: string; litres: string; millimetres: string; need: string };
    rainAfter: string;
    rainBefore: string;
    rainHint: string;
    noZone: string;
    badTimes: string;
    badNumber: Around;
    createdOff: string;
  };
  water: {
    none: string;
    irrigate: (depth: string, duration: string) => string;
    wait: string;
    unknown: string;
    why: string;
    chart: string;
    depletion: string;
    limit: string;
    rain: string;
    forecast: string;
    chartText: (day: string, depletion: string, limit: string) => string;
  };
  aeration: {
    none: string;
    decisions: { start: string; stop: string; keep: string; none: string };
    modes: { auto: string; propose: string; manual: string };
    oxygen: string;
    dawn: string;
    accept: { start: string; stop: string };
    accepted: string;
    spent: string;
    saved: string;
    more: string;
    noBaseline: string;
    why: string;
    aerators: string;
  };
  audit: {
    device: string;
    deviceHint: string;
    person: string;
    show: string;
    none: string;
    more: string;
    csv: string;
    details: string;
    what: Sentences;
  };
}
