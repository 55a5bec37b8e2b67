import type { FieldFault } from '../api/client.ts';
import type { WirePlot } from '../api/plant-types.ts';
import { readNumber } from './number-input.ts';

/** What the form of a zone shows, by the server's names, in the order of the form. */
export const PLOT_FIELDS = [
  'site',
  'crop',
  'plantedOn',
  'stageDays.initial',
  'stageDays.development',
  'stageDays.middle',
  'stageDays.late',
  'soil.fieldCapacity',
  'soil.wiltingPoint',
  'rootDepth',
  'areaM2',
  'drip.plantSpacing',
  'drip.rowSpacing',
  'drip.emittersPerPlant',
  'drip.emitterFlow',
  'drip.efficiency',
  'waterConductivity',
  'soilConductivityMax',
  'sensors.soilMoisture',
  'sensors.rain',
  'sensors.weather',
  'place.latitude',
  'place.longitude',
  'place.altitude',
] as const;
export type PlotField = (typeof PLOT_FIELDS)[number];
export type PlotTexts = Readonly<Record<PlotField, string>>;
export type PlotBody = Omit<WirePlot, 'coop'>;

/** How a fault of what was typed is told. */
export interface DraftWords {
  missing: string;
  notNumber: (text: string) => string;
}

/** A plot as it stands in the form; what most drip lines have, for a new one. */
export function plotTexts(plot: WirePlot | null, write: (value: number) => string): PlotTexts {
  const number = (value: number | null | undefined, usual = ''): string =>
    value === null || value === undefined ? usual : write(value);
  const { stageDays, soil, drip, sensors, place } = plot ?? {};
  return {
    site: plot?.site ?? '',
    crop: plot?.crop ?? '',
    plantedOn: plot?.plantedOn ?? '',
    'stageDays.initial': number(stageDays?.initial),
    'stageDays.development': number(stageDays?.development),
    'stageDays.middle': number(stageDays?.middle),
    'stageDays.late': number(stageDays?.late),
    'soil.fieldCapacity': number(soil?.fieldCapacity),
    'soil.wiltingPoint': number(soil?.wiltingPoint),
    rootDepth: number(plot?.rootDepth),
    areaM2: number(plot?.areaM2),
    'drip.plantSpacing': number(drip?.plantSpacing),
    'drip.rowSpacing': number(drip?.rowSpacing),
    'drip.emittersPerPlant': number(drip?.emittersPerPlant, '1'),
    'drip.emitterFlow': number(drip?.emitterFlow),
    'drip.efficiency': number(drip?.efficiency, write(0.9)),
    waterConductivity: number(plot?.waterConductivity),
    soilConductivityMax: number(plot?.soilConductivityMax),
    'sensors.soilMoisture': sensors?.soilMoisture ?? '',
    'sensors.rain': sensors?.rain ?? '',
    'sensors.weather': sensors?.weather ?? '',
    'place.latitude': number(place?.latitude),
    'place.longitude': number(place?.longitude),
    'place.altitude': number(place?.altitude),
  };
}

/** Numbers out of what was typed into a form, and what is wrong with the rest. */
export class NumberReader {
  readonly faults: FieldFault[] = [];
  readonly #words: DraftWords;

  constructor(words: DraftWords) {
    this.#words = words;
  }

  /** Null for an empty field. */
  optional(field: string, text: string): number | null {
    const typed = readNumber(text);
    if (Number.isNaN(typed)) this.#fault(field, this.#words.notNumber(text.trim()));
    return typed;
  }

  /** Empty is a fault. */
  required(field: string, text: string): number {
    const typed = this.optional(field, text);
    if (typed === null) this.#fault(field, this.#words.missing);
    return typed ?? Number.NaN;
  }

  #fault(field: string, message: string): void {
    this.faults.push({ field, message });
  }
}

/** What is to be saved, or what is wrong with what was typed; what it may be the server says. */
export function readPlot(
  texts: PlotTexts,
  words: DraftWords,
): { body: PlotBody; faults: readonly FieldFault[] } {
  const reader = new NumberReader(words);
  const number = (field: PlotField): number => reader.required(field, texts[field]);
  const maybe = (field: PlotField): number | null => reader.optional(field, texts[field]);
  const device = (field: PlotField): string | null => texts[field] || null;
  for (const field of ['site', 'crop', 'plantedOn'] as const) {
    if (texts[field] === '') reader.faults.push({ field, message: words.missing });
  }
  const placed = (['latitude', 'longitude', 'altitude'] as const).some(
    (part) => texts[`place.${part}`].trim() !== '',
  );
  const body: PlotBody = {
    site: texts.site,
    crop: texts.crop,
    plantedOn: texts.plantedOn,
    stageDays: {
      initial: number('stageDays.initial'),
      development: number('stageDays.development'),
      middle: number('stageDays.middle'),
      late: number('stageDays.late'),
    },
    soil: {
      fieldCapacity: number('soil.fieldCapacity'),
      wiltingPoint: number('soil.wiltingPoint'),
    },
    rootDepth: number('rootDepth'),
    areaM2: number('areaM2'),
    drip: {
      plantSpacing: number('drip.plantSpacing'),
      rowSpacing: number('drip.rowSpacing'),
      emittersPerPlant: number('drip.emittersPerPlant'),
      emitterFlow: number('drip.emitterFlow'),
      efficiency: number('drip.efficiency'),
    },
    waterConductivity: maybe('waterConductivity'),
    soilConductivityMax: maybe('soilConductivityMax'),
    sensors: {
      soilMoisture: device('sensors.soilMoisture'),
      rain: device('sensors.rain'),
      weather: device('sensors.weather'),
    },
    place: placed
      ? {
          latitude: number('place.latitude'),
          longitude: number('place.longitude'),
          altitude: number('place.altitude'),
        }
      : null,
  };
  return { body, faults: reader.faults };
}
