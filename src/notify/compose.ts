import type { Message } from '../contracts/notify.ts';

/** At most so many UTF-16 units, with an ellipsis where it was cut; no character is split. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  // Half a pair of surrogates at the end is no character (Unicode 3.8).
  const kept = text.slice(0, Math.max(0, length - 1)).replace(/[\ud800-\udbff]$/, '');
  return `${kept.trimEnd()}…`;
}

/** Title, text and link as one text of at most so many UTF-16 units; the link stays whole. */
export function plainText({ title, text, url }: Message, length: number): string {
  const end = url === null ? '' : `\n${url}`;
  if (end.length >= length) return cut(`${title}\n${text}`, length);
  return cut(`${title}\n${text}`, length - end.length) + end;
}

/**
 * A template with `{name}` or `{name:30}`, the latter cut to 30 characters, filled from `values`.
 * Other braces stay as they are, so that a template may be JSON.
 */
export function fill(
  template: string,
  values: Readonly<Record<string, string>>,
  escaped: (text: string) => string,
): string {
  return template.replace(/\{(\w+)(?::(\d{1,4}))?\}/g, (whole, name: string, length?: string) => {
    if (!Object.hasOwn(values, name)) return whole;
    const value = values[name] ?? '';
    return escaped(length === undefined ? value : cut(value, Number(length)));
  });
}

/** What templates may say of a message. */
export function templateValues(message: Message): Record<string, string> {
  const { title, text, url, severity, alerts } = message;
  const device = alerts[0]?.device ?? '';
  return { title, text, severity, device, site: alerts[0]?.site ?? '', url: url ?? '' };
}
