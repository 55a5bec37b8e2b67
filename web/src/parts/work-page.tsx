import type { ComponentChildren, JSX } from 'preact';
import { routeHref } from '../domain/route.ts';
import { workTexts } from '../state/work-texts.ts';

/** A page behind "more", with the way back to it. */
export function WorkPage(props: {
  title: string;
  back?: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="work">
      <div>
        <a class="back" href={props.back ?? routeHref('more')}>
          ← {workTexts.value.back}
        </a>
        <h1>{props.title}</h1>
      </div>
      {props.children}
    </div>
  );
}
