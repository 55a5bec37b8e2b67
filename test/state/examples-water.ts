import type { Actuator, ActuatorState } from '#src/contracts/actuator';
import type { AerationPlan } from '#src/contracts/aeration';
import type { AuditEntry, Command, EmergencyStop } from '#src/contracts/command';
import type { Forecast, WeatherDay } from '#src/contracts/forecast';
import type { BalanceRow, Plot, Programme, ProgrammeRun } from '#src/contracts/irrigation';

/** Valid things to start from; each takes what a test wants different. */

export function commandOf(change: Partial<Command> = {}): Command {
  return {
    id: 'c-1',
    device: 'd-1',
    coop: 'an-binh',
    site: 'an-binh-site',
    action: 'open',
    to: 'on',
    maxSeconds: 600,
    notAfter: 61_000,
    sequence: 1,
    source: { type: 'person', name: 'Lan', id: null },
    owner: 'Lan',
    why: 'đất khô',
    state: 'queued',
    reason: null,
    createdAt: 1_000,
    sentAt: null,
    attempts: 0,
    grantedSeconds: null,
    startedAt: null,
    endedAt: null,
    before: 'off',
    proof: null,
    compensates: null,
    timeline: [{ at: 1_000, state: 'queued', note: null }],
    ...change,
  };
}

export function actuatorOf(change: Partial<Actuator> = {}): Actuator {
  return {
    device: 'd-1',
    coop: 'an-binh',
    site: null,
    role: 'irrigation-valve',
    enabled: true,
    failSafe: 'off',
    maxSeconds: 3_600,
    witness: null,
    supply: null,
    nominalFlow: 18.5,
    interlocks: [{ type: 'minimum-off', seconds: 60, enabled: true }],
    version: 1,
    ...change,
  };
}

export function actuatorStateOf(change: Partial<ActuatorState> = {}): ActuatorState {
  return {
    device: 'd-1',
    sequence: 4,
    position: 'on',
    since: 1_000,
    lease: { command: 'c-1', from: 1_000, until: 601_000, grantedSeconds: 600, owner: 'Lan' },
    lastOffAt: 500,
    use: { day: '2026-11-22', seconds: 900, litres: 270 },
    goodRuns: [18.1, 18.4],
    verdicts: { effective: 9, contradicted: 1, unproven: 0, failed: 0 },
    fault: null,
    ...change,
  };
}

export function stopOf(change: Partial<EmergencyStop> = {}): EmergencyStop {
  return { scope: 'device:d-1', coop: 'an-binh', at: 1_000, by: 'Lan', why: 'vỡ ống', ...change };
}

export function auditOf(change: Partial<AuditEntry> = {}): Omit<AuditEntry, 'number'> {
  return {
    at: 1_000,
    coop: 'an-binh',
    who: 'Lan',
    what: 'actuator.changed',
    subject: 'd-1',
    why: null,
    before: { maxSeconds: 600 },
    after: null,
    ...change,
  };
}

export function plotOf(change: Partial<Plot> = {}): Plot {
  return {
    site: 'an-binh-site',
    coop: 'an-binh',
    crop: 'maize',
    plantedOn: '2026-11-01',
    stageDays: { initial: 20, development: 35, middle: 40, late: 30 },
    soil: { fieldCapacity: 0.32, wiltingPoint: 0.15 },
    rootDepth: 0.6,
    areaM2: 2_000,
    drip: {
      plantSpacing: 0.3,
      rowSpacing: 1,
      emittersPerPlant: 1,
      emitterFlow: 2,
      efficiency: 0.9,
    },
    waterConductivity: null,
    soilConductivityMax: null,
    sensors: { soilMoisture: null, rain: null, weather: null },
    place: null,
    ...change,
  };
}

export function balanceRowOf(change: Partial<BalanceRow> = {}): BalanceRow {
  return {
    day: '2026-11-22',
    et0: 4.1,
    method: 'penman-monteith',
    kc: 1.1,
    etc: 4.51,
    rain: 0,
    irrigation: 3,
    depletion: 21.5,
    deviation: 2,
    taw: 102,
    raw: 51,
    ks: 1,
    corrected: null,
    isForecast: false,
    ...change,
  };
}

export function programmeOf(change: Partial<Programme> = {}): Programme {
  return {
    id: 'p-1',
    version: 1,
    coop: 'an-binh',
    name: 'Tưới sáng',
    enabled: true,
    mode: 'auto',
    zones: [{ device: 'd-1' }],
    order: 'sequence',
    start: { type: 'times', at: ['05:30'] },
    dose: { type: 'minutes', minutes: 20 },
    cycle: null,
    conditions: {},
    missed: { policy: 'skip' },
    budget: { litres: null, seconds: null },
    ...change,
  };
}

export function runOf(change: Partial<ProgrammeRun> = {}): ProgrammeRun {
  return {
    programme: 'p-1',
    version: 1,
    at: 1_000,
    decision: 'run',
    reasons: [{ code: 'DOSE', values: { minutes: 20 } }],
    pieces: [{ device: 'd-1', from: 1_000, seconds: 1_200, litres: null, command: 'c-1' }],
    state: 'done',
    note: null,
    ...change,
  };
}

export function aerationPlanOf(change: Partial<AerationPlan> = {}): AerationPlan {
  return {
    site: 'an-binh-site',
    coop: 'an-binh',
    mode: 'auto',
    sensor: 'd-1',
    aerators: ['d-2'],
    startBelow: 4,
    stopAbove: 5.5,
    powerKw: 3,
    baseline: { from: '20:00', to: '06:00' },
    ...change,
  };
}

export function forecastOf(change: Partial<Forecast> = {}): Forecast {
  const day: WeatherDay = {
    day: '2026-11-23',
    temperatureMin: 24,
    temperatureMax: 32,
    humidityMin: null,
    humidityMax: null,
    wind: 1.5,
    radiation: null,
    rain: 12,
    rainProbability: 70,
    et0: null,
  };
  const site = 'an-binh-site';
  return { site, provider: 'csv', takenAt: 1_000, days: [day], fellBack: null, ...change };
}
