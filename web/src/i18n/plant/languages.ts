import type { Language } from '../../api/types.ts';
import type { PlantDictionary } from './dictionary.ts';
import { en } from './en.ts';
import { fr } from './fr.ts';
import { vi } from './vi.ts';

export const PLANT_DICTIONARIES: Readonly<Record<Language, PlantDictionary>> = { vi, en, fr };
