import type { Language } from './localized.ts';
import type { CoopFilter, Page, Paged } from './state.ts';

/** What one zone is made of: enough for a water balance and for the run time of its drip lines. */
export interface Plot {
  /** The zone: a site of kind `zone`. */
  site: string;
  coop: string;
  /** A crop of `src/water/crop-tables.ts`. */
  crop: string;
  /** Local day of sowing or planting; FAO-56 stage lengths in days from there. */
  plantedOn: string;
  stageDays: { initial: number; development: number; middle: number; late: number };
  soil: {
    /** Volumetric, m3/m3. */
    fieldCapacity: number;
    wiltingPoint: number;
  };
  /** Zr, m. */
  rootDepth: number;
  /** m2 that are irrigated. */
  areaM2: number;
  drip: {
    /** Between plants and rows, m. */
    plantSpacing: number;
    rowSpacing: number;
    emittersPerPlant: number;
    /** L/h of one. */
    emitterFlow: number;
    /** Ea, above 0.5 to 1. */
    efficiency: number;
  };
  /** ECw and the crop's limit, dS/m; null: no leaching. */
  waterConductivity: number | null;
  soilConductivityMax: number | null;
  /** Devices whose sensors correct or measure: soil moisture, rain, weather, the valve's flow. */
  sensors: {
    soilMoisture: string | null;
    rain: string | null;
    weather: string | null;
  };
  /** WGS 84; the site's own location when it is left out. Altitude in m. */
  place: { latitude: number; longitude: number; altitude: number } | null;
}

/** One day of a zone's water balance (FAO-56 chapter 8), mm. */
export interface BalanceRow {
  day: string;
  et0: number | null;
  /** How ET0 was made: `penman-monteith`, `hargreaves`, a provider's name, or `missing`. */
  method: string;
  kc: number;
  etc: number | null;
  rain: number;
  irrigation: number;
  /** Dr at the day's end, with its standard deviation. */
  depletion: number;
  deviation: number;
  taw: number;
  raw: number;
  ks: number;
  /** The probe moved the model by so much; null without one. */
  corrected: number | null;
  /** From a forecast, not from what was measured. */
  isForecast: boolean;
  /** What was assumed, missing or set aside, by code (docs/irrigation.md). */
  notes?: readonly string[];
}

/** What to do tonight, and why. */
export interface IrrigationAdvice {
  site: string;
  at: number;
  decision: 'irrigate' | 'wait' | 'unknown';
  /** Net depth, gross with losses and leaching, mm; seconds of the drip lines; litres. */
  netMm: number;
  grossMm: number;
  seconds: number;
  litres: number;
  /** The steps of the reasoning, in order; texts by code in three languages at the page. */
  reasons: readonly Reason[];
  rows: readonly BalanceRow[];
}

/** `code` with its numbers, so that every language says it in its own words. */
export interface Reason {
  code: string;
  values: Readonly<Record<string, number | string | null>>;
}

export type ProgrammeMode = 'auto' | 'propose' | 'manual';

export type ProgrammeStart =
  /** Local `HH:MM`s on these weekdays (0 Sunday); all when `days` is left out. */
  | { type: 'times'; at: readonly string[]; days?: readonly number[] }
  /** Once within it, as late as still ends within. */
  | { type: 'window'; from: string; to: string; days?: readonly number[] }
  /** Five or six fields. */
  | { type: 'cron'; expression: string };

export type ProgrammeDose =
  | { type: 'minutes'; minutes: number }
  | { type: 'litres'; litres: number }
  | { type: 'millimetres'; millimetres: number }
  /** What the zone's balance asks for. */
  | { type: 'need'; mostMinutes: number };

export interface ProgrammeConditions {
  /** Measured rain of the last 24 h, mm. */
  skipAfterRain?: number;
  /** Forecast rain of the next 24 h, mm, when its probability is at least 60 %. */
  skipBeforeRain?: number;
  /** Soil moisture of the zone, %. */
  skipAboveMoisture?: number;
  /** Dose times ET0 of the day over this, between the two shares. */
  scaleByEt0?: { reference: number; least: number; most: number };
}

/** A stored irrigation programme. */
export interface Programme {
  id: string;
  version: number;
  coop: string;
  name: string;
  enabled: boolean;
  mode: ProgrammeMode;
  /** Valves by device, in their order, each with its zone's site. */
  zones: ReadonlyArray<{ device: string; dose?: ProgrammeDose }>;
  order: 'sequence' | 'parallel';
  start: ProgrammeStart;
  dose: ProgrammeDose;
  /** Runs are cut into such pieces with pauses to soak; null: in one. */
  cycle: { runMinutes: number; soakMinutes: number } | null;
  conditions: ProgrammeConditions;
  /** A start that was missed while nothing ran: `skip`, or once if it is no older. */
  missed: { policy: 'skip' } | { policy: 'once'; withinMinutes: number };
  /** L a day and seconds a day of all zones; a programme that cannot keep it is refused. */
  budget: { litres: number | null; seconds: number | null };
}

/** One planned or past run of a programme. */
export interface ProgrammeRun {
  programme: string;
  version: number;
  /** The start it belongs to, ms: with the programme its name. */
  at: number;
  decision: 'run' | 'skip' | 'propose' | 'missed';
  reasons: readonly Reason[];
  pieces: readonly ProgrammePiece[];
  /** Of one that was begun: `waiting` between pieces, `done`, `stopped` with a reason. */
  state: 'planned' | 'proposed' | 'waiting' | 'running' | 'done' | 'stopped';
  note: string | null;
  /** Of a preview alone: what feeds the valves and is started for them, by time. */
  supplies?: readonly ProgrammeSupply[];
}

/** A time in which a supply runs for the pieces of a run. */
export interface ProgrammeSupply {
  device: string;
  from: number;
  seconds: number;
}

/** One lease of one valve. */
export interface ProgrammePiece {
  device: string;
  from: number;
  seconds: number;
  litres: number | null;
  /** The command that was ordered for it. */
  command: string | null;
}

export interface ProgrammeRepository {
  list(filter: CoopFilter, page: Page): Promise<Paged<Programme>>;
  all(): Promise<Programme[]>;
  get(id: string): Promise<Programme | undefined>;
  /** Inserts or replaces by id. Throws ID_INVALID or COOP_NOT_FOUND. */
  save(programme: Programme): Promise<void>;
  /** Its runs go with it. */
  remove(id: string): Promise<boolean>;
  /** Newest first. */
  runs(programme: string, page: Page): Promise<Paged<ProgrammeRun>>;
  /** Runs that are proposed, waiting or running. */
  openRuns(): Promise<ProgrammeRun[]>;
  /** Inserts or replaces by programme and start; that of a programme now gone is left out. */
  saveRun(run: ProgrammeRun): Promise<void>;
  /** Starts up to here were decided, ms; null before the first. */
  decided(programme: string): Promise<number | null>;
  saveDecided(programme: string, at: number): Promise<void>;
  /** Forgets those of starts before an instant; one that is open stays. */
  expireRuns(before: number): Promise<void>;
}

export interface PlotRepository {
  list(filter: CoopFilter, page: Page): Promise<Paged<Plot>>;
  get(site: string): Promise<Plot | undefined>;
  /** Inserts or replaces by site. Throws SITE_NOT_FOUND (also for a site of another coop). */
  save(plot: Plot): Promise<void>;
  /** The rows of its balance go with it. */
  remove(site: string): Promise<boolean>;
  /** Rows of the balance from a day on, oldest first. */
  rows(site: string, from: string): Promise<BalanceRow[]>;
  /** Inserts or replaces by day; those of a plot now gone are left out. */
  saveRows(site: string, rows: readonly BalanceRow[]): Promise<void>;
}

/** Water balances of the zones. Throws PLOT_INVALID, PLOT_NOT_FOUND. */
export interface WaterBalance {
  savePlot(plot: Plot, by: string): Promise<Plot>;
  /** Undefined without a plot. */
  advice(site: string): Promise<IrrigationAdvice | undefined>;
  /** Past days as measured and up to 14 days to come. */
  rows(site: string, from: string): Promise<BalanceRow[]>;
  /** What a local day to come will ask of the zone, for planning; null when it cannot be said. */
  needOn(
    site: string,
    day: string,
  ): Promise<{ netMm: number; grossMm: number; seconds: number } | null>;
}

/** Throws PROGRAMME_INVALID with the field and the fix, PROGRAMME_NOT_FOUND. */
export interface Programmes {
  save(programme: Omit<Programme, 'version'>, by: string): Promise<Programme>;
  remove(id: string, by: string): Promise<boolean>;
  get(id: string): Promise<Programme | undefined>;
  list(filter: CoopFilter, page: Page): Promise<Paged<Programme>>;
  runs(id: string, page: Page): Promise<Paged<ProgrammeRun>>;
  /** What it would do from an instant on, 14 days at most. */
  preview(programme: Programme, from: number, days: number): Promise<ProgrammeRun[]>;
  /** Orders a proposed run. Throws PROGRAMME_NOT_PROPOSED. */
  accept(id: string, at: number, by: string): Promise<ProgrammeRun>;
  /** Runs it now, whatever its times; interlocks hold. */
  runNow(id: string, by: string): Promise<ProgrammeRun>;
  /** Ends a run under way: what runs is stopped, what waits is dropped. */
  stopRun(id: string, by: string): Promise<boolean>;
  /** RFC 5545 text of the next 14 days, in words of a language; Vietnamese without one. */
  calendar(filter: CoopFilter, language?: Language): Promise<string>;
}
