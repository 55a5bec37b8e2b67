import { computed } from '@preact/signals';
import type { WorkDictionary } from '../i18n/work/dictionary.ts';
import { WORK_DICTIONARIES } from '../i18n/work/languages.ts';
import { language } from './language.ts';

/** Texts of the pages behind "more": they come with the first of them that is opened. */
export const workTexts = computed<WorkDictionary>(() => WORK_DICTIONARIES[language.value]);
