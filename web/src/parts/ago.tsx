import type { JSX } from 'preact';
import { everySecond } from '../state/clock.ts';
import { format } from '../state/language.ts';

/** A text around an age that counts by itself; only this text is drawn again each second. */
export function Ago(props: { at: number; text?: (ago: string) => string }): JSX.Element {
  const ago = format.value.ago(everySecond.value - props.at);
  return (
    <time dateTime={new Date(props.at).toISOString()} title={format.value.dateTime(props.at)}>
      {props.text ? props.text(ago) : ago}
    </time>
  );
}
