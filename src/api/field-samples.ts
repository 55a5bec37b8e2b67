import type { z } from 'zod';
import type { fieldCountInputSchema } from '../../schemas/field-count.ts';
import { nearest } from '../base/suggest.ts';
import { MEASURE_UNITS } from '../pests/action-thresholds.ts';
import {
  FIELD_MEASURES,
  type FieldMeasure,
  type FieldSample,
  HILLS_METRIC,
  SAMPLE_FORMS,
  type SampleField,
  type SampleForm,
  samplesMetric,
} from '../pests/field-measures.ts';
import { ApiError } from './problems.ts';
import { invalid } from './series-params.ts';

export type FieldCountInput = z.output<typeof fieldCountInputSchema>;

/** A count as it is kept: its value, the number of samples, and all metrics of the report. */
export interface FoundInField extends FieldMeasure {
  value: number;
  unit: string;
  samples: number;
  values: Record<string, number>;
}

const FIELDS: readonly SampleField[] = [
  ...(['count', 'percent', 'hills', 'hillsPerM2', 'area'] as const),
  ...(['tillers', 'plants', 'traps', 'days', 'samples'] as const),
];

/** What a body says was found. Throws for a pest, a measure or fields that do not go together. */
export function foundBy(body: FieldCountInput): FoundInField {
  const measure = measureOf(body);
  const form = formOf(body, measure);
  const sample = body as Required<FieldSample>;
  const value = form.valueOf(sample);
  const samples = sample[form.samples];
  const { metric } = measure;
  return {
    ...measure,
    value,
    unit: MEASURE_UNITS[measure.measure],
    samples,
    values: {
      [metric]: value,
      [samplesMetric(metric)]: samples,
      ...(form.needs.includes('hillsPerM2') && { [HILLS_METRIC]: sample.hillsPerM2 }),
    },
  };
}

function measureOf({ pest, measure }: FieldCountInput): FieldMeasure {
  const ofPest = FIELD_MEASURES.filter((one) => one.pest === pest);
  if (ofPest.length === 0) {
    const codes = [...new Set(FIELD_MEASURES.map((one) => one.pest))];
    throw unknown('PEST_UNKNOWN', { field: 'pest', given: pest, known: codes });
  }
  const found = ofPest.find((one) => one.measure === measure);
  if (found !== undefined) return found;
  const known = ofPest.map((one) => one.measure);
  throw unknown('MEASURE_UNKNOWN', { field: 'measure', given: measure, known });
}

/** The form whose fields are those that were sent; the error says how it may be written. */
function formOf(body: FieldCountInput, { measure }: FieldMeasure): SampleForm {
  const forms = SAMPLE_FORMS[measure];
  const given = FIELDS.filter((field) => body[field] !== undefined);
  const fits = ({ needs }: SampleForm): boolean =>
    needs.length === given.length && needs.every((field) => given.includes(field));
  const form = forms.find(fits);
  if (form !== undefined) return form;
  const nearestForm = forms.toSorted((a, b) => shared(b, given) - shared(a, given))[0];
  const missing = nearestForm?.needs.find((field) => !given.includes(field));
  const extra = given.find((field) => !nearestForm?.needs.includes(field));
  const ways = forms.map(({ needs }) => needs.join(' + '));
  throw invalid(missing ?? extra ?? 'count', {
    vi: `${measure} được ghi bằng: ${ways.join(', hoặc ')}; không thêm trường nào khác.`,
    en: `Write ${measure} as ${ways.join(', or ')}, and no other of these fields.`,
    fr: `Écrivez ${measure} par ${ways.join(', ou ')}, sans autre champ de ce genre.`,
  });
}

function shared({ needs }: SampleForm, given: readonly SampleField[]): number {
  return needs.filter((field) => given.includes(field)).length;
}

function unknown(
  code: 'PEST_UNKNOWN' | 'MEASURE_UNKNOWN',
  { field, given, known }: { field: string; given: string; known: readonly string[] },
): ApiError {
  const like = nearest(given, known);
  const list = known.join(', ');
  return new ApiError(
    code,
    {
      vi: `Không nhận “${given}”${like === undefined ? '' : `; có phải là “${like}”?`} Các mã: ${list}.`,
      en: `"${given}" is not taken${like === undefined ? '' : `; did you mean "${like}"?`} There are: ${list}.`,
      fr: `« ${given} » n’est pas accepté${like === undefined ? '' : ` ; vouliez-vous dire « ${like} » ?`} Il y a : ${list}.`,
    },
    { field },
  );
}
