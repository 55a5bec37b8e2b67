/** Lower case without diacritics, so that "ao nuoi" finds "Ao nuôi" and "dong" finds "Đồng". */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
    .trim();
}

/** Every word typed occurs somewhere in what is known of the thing. */
export function matches(query: string, texts: ReadonlyArray<string | null | undefined>): boolean {
  const words = fold(query).split(/\s+/);
  const haystack = fold(texts.filter(Boolean).join(' '));
  return words.every((word) => haystack.includes(word));
}
