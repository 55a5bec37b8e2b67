import { renderUnicodeCompact } from 'uqr';

export interface BannerLine {
  label: string;
  value: string;
}

/** A box people can read at a glance; the widest line decides its width. */
export function box(title: string, lines: readonly BannerLine[], closing: string): string {
  const labelWidth = Math.max(...lines.map(({ label }) => label.length));
  const rows = lines.map(({ label, value }) => `${label.padEnd(labelWidth)}  ${value}`);
  const width = Math.max(title.length, closing.length, ...rows.map((row) => row.length));
  const edge = '─'.repeat(width + 2);
  const line = (text: string): string => `│ ${text.padEnd(width)} │`;
  return [
    `┌${edge}┐`,
    line(title),
    line(''),
    ...rows.map(line),
    line(''),
    line(closing),
    `└${edge}┘`,
  ].join('\n');
}

/** The address as a picture a phone can read from the screen. */
export function qrCode(address: string): string {
  return renderUnicodeCompact(address, { border: 1 });
}
