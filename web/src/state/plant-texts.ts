import { computed } from '@preact/signals';
import type { PlantDictionary } from '../i18n/plant/dictionary.ts';
import { PLANT_DICTIONARIES } from '../i18n/plant/languages.ts';
import { language } from './language.ts';

/** Texts of the pages of the plant: they come with the first of them that is opened. */
export const plantTexts = computed<PlantDictionary>(() => PLANT_DICTIONARIES[language.value]);
