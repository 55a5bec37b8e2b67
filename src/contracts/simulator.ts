/** The water of one pond at one instant. Units as in the pond-sensor's metrics. */
export interface PondState {
  dissolvedOxygen: number;
  temperature: number;
  ph: number;
  salinity: number;
  /** In-situ conductivity, mS/cm. */
  conductivity: number;
  orp: number;
  ammoniaNitrogen: number;
  nitriteNitrogen: number;
  alkalinity: number;
  transparency: number;
  waterLevel: number;
  aerating: boolean;
  /** What the running aerator's motor pulls against its usual load: less dry, more blocked. */
  motorLoad: number;
  /** Mains at the pond. */
  powered: boolean;
}

/** The night of flight whose trap collection ends at this instant. */
export interface FieldState {
  /** Insects caught by EPPO code. */
  catches: Readonly<Record<string, number>>;
  /** Hours the lamp burned; 0 when the night was not observed. */
  lampHours: number;
}

export interface SkyState {
  airTemperature: number;
  relativeHumidity: number;
  /** Rain in the last hour, mm. */
  rain: number;
  /** Global radiation, W/m2. */
  radiation: number;
}

/** One drip block and its pump at one instant. */
export interface DripState {
  valveOpen: boolean;
  flowRate: number;
  flowTotal: number;
  pressure: number;
  soilMoisture: number;
  soilTemperature: number;
  soilConductivity: number;
  tankLevel: number;
  sourceSalinity: number;
  pumpCurrent: number;
}

/**
 * A make-believe delta: pure functions of the seed and the time (ms), so that any reader can
 * compute what a device must have sent.
 */
export interface World {
  sky(time: number): SkyState;
  pond(seed: number, time: number): PondState;
  field(seed: number, time: number): FieldState;
  drip(seed: number, time: number): DripState;
  /** A number in [0, 1) that depends on nothing but its arguments. */
  chance(seed: number, time: number, salt: number): number;
}

export interface SimulationInput {
  world: World;
  /** Tells this device from the others of its kind. */
  seed: number;
  time: number;
  /** Time since the device's report before, so that a count covers it once and nothing twice. */
  intervalSeconds: number;
}

const DAY_MS = 86_400_000;

/** Whether a time of day, in hours UTC, fell between the report before and this one. */
export function passesDaily(input: SimulationInput, hourUtc: number): boolean {
  const day = (time: number): number => Math.floor((time - hourUtc * 3_600_000) / DAY_MS);
  return day(input.time) > day(input.time - input.intervalSeconds * 1000);
}

/** How a kind of device behaves when there is none. */
export interface DeviceSimulator {
  /** A file-name-like prefix for simulated ids: `ao` gives `ao-1`, `ao-2` … */
  idPrefix: string;
  /** On how many sites of its kind the demonstration has one; on all when it is left out. */
  demoSites?: number;
  /** The values a device reports at `time`; null when it has nothing to report then. */
  values(input: SimulationInput): Record<string, number> | null;
}
