/** A text in the three languages of the product; Vietnamese is what most people read. */
export interface Localized {
  vi: string;
  en: string;
  fr: string;
}

export type Language = keyof Localized;
