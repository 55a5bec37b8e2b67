import { describe, expect, it } from 'vitest';
import { CROP_WATER } from '#src/water/crop-tables';
import type { WirePlot } from '../../web/src/api/plant-types.ts';
import { placeFaults } from '../../web/src/domain/form-faults.ts';
import { createFormat } from '../../web/src/domain/format.ts';
import { readNumber, writeNumber } from '../../web/src/domain/number-input.ts';
import { PLOT_FIELDS, plotTexts, readPlot } from '../../web/src/domain/plot-draft.ts';
import { PLANT_DICTIONARIES } from '../../web/src/i18n/plant/languages.ts';
import { plotOf } from '../state/examples-water.ts';

const words = { missing: 'missing', notNumber: (text: string) => `${text}?` };
const formats = (['vi', 'en', 'fr'] as const).map((language) => createFormat(language));
const whole: WirePlot = plotOf({
  ...{ waterConductivity: 1.25, soilConductivityMax: 7 },
  sensors: { soilMoisture: 'a', rain: null, weather: 'b' },
  place: { latitude: -9.605, longitude: 105.97, altitude: 0 },
});

describe('a refusal', () => {
  const shown = ['site', 'aerators', 'place.latitude', 'place.longitude', 'soil.fieldCapacity'];
  const at = (field: string): string | undefined =>
    [...placeFaults([{ field, message: 'x' }], shown).at.keys()][0];

  it('stands at its field, at the list it is in, or at the first part of its whole', () => {
    expect(at('soil.fieldCapacity')).toBe('soil.fieldCapacity');
    expect(at('aerators.3')).toBe('aerators');
    expect(at('place')).toBe('place.latitude');
    expect(at('soil')).toBe('soil.fieldCapacity');
    expect(at('siteless')).toBeUndefined();
  });

  it('of nothing that is shown is told all the same', () => {
    const { at: none, rest } = placeFaults([{ field: 'body', message: 'torn' }], shown);
    expect([none.size, rest]).toEqual([0, ['torn']]);
  });

  it('that was found first stands', () => {
    const faults = ['one', 'two'].map((message) => ({ field: 'site', message }));
    expect(placeFaults(faults, shown).at.get('site')).toBe('one');
  });
});

describe('a number in a form', () => {
  it('is written with the reader’s sign and read back as it was, to the last digit', () => {
    expect(formats.map((format) => writeNumber(0.045, format))).toEqual([
      '0,045',
      '0.045',
      '0,045',
    ]);
    for (const format of formats) {
      for (const value of [0, -9.605, 1_200_000, 0.1 + 0.2, 105.97]) {
        expect(readNumber(writeNumber(value, format))).toBe(value);
      }
    }
  });
});

describe('a plot in its form', () => {
  it('comes out as it went in, whatever the language', () => {
    for (const format of formats) {
      const texts = plotTexts(whole, (value) => writeNumber(value, format));
      const { coop: _, ...kept } = whole;
      expect(readPlot(texts, words)).toEqual({ body: kept, faults: [] });
    }
  });

  it('names what is missing or no number, and takes no place for none', () => {
    const texts = plotTexts(null, String);
    const { body, faults } = readPlot({ ...texts, areaM2: 'much' }, words);
    expect(body.place).toBeNull();
    const fields = faults.map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining(['site', 'crop', 'plantedOn', 'rootDepth']));
    expect(faults).toContainEqual({ field: 'areaM2', message: 'much?' });
    expect(fields).not.toContain('waterConductivity');
    const half = readPlot({ ...plotTexts(whole, String), 'place.altitude': ' ' }, words);
    expect(half.faults).toEqual([{ field: 'place.altitude', message: 'missing' }]);
  });

  it('shows each field that a plot has', () => {
    const { coop: _, ...kept } = whole;
    const paths = Object.entries(kept).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? Object.keys(value).map((part) => `${name}.${part}`)
        : [name],
    );
    expect([...PLOT_FIELDS].sort()).toEqual(paths.sort());
  });

  it('has a name for each crop of the tables, in each language', () => {
    for (const { forms } of Object.values(PLANT_DICTIONARIES)) {
      expect(Object.keys(forms.plot.crops).sort()).toEqual(
        CROP_WATER.map(({ crop }) => crop).sort(),
      );
    }
  });
});
