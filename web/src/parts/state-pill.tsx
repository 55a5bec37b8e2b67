import type { JSX } from 'preact';
import type { SiteState } from '../domain/site-state.ts';
import { StateIcon } from './icons.tsx';

/** A state as colour, shape and word together. */
export function StatePill(props: { state: SiteState; word: string }): JSX.Element {
  return (
    <span class="pill" data-state={props.state}>
      <StateIcon state={props.state} />
      {props.word}
    </span>
  );
}
