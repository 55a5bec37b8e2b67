import type { JSX } from 'preact';
import { toMs } from '../domain/instant.ts';
import { routeHref } from '../domain/route.ts';
import { StateIcon } from '../parts/icons.tsx';
import { everyQuarter } from '../state/clock.ts';
import { farm } from '../state/farm.ts';
import { format, texts } from '../state/language.ts';
import { route } from '../state/route.ts';
import { placeOfScope, stops } from '../state/stops.ts';

/** Stands on every page while an emergency stop does. */
export function StopBanner(): JSX.Element | null {
  const words = texts.value.stop;
  const now = everyQuarter.value;
  // The page of the motors says the same with the way to release it.
  if (stops.value.length === 0 || route.value.view === 'control') return null;
  return (
    <section class="banner" data-tone="danger" role="status">
      <StateIcon state="danger" class="banner-icon" />
      <div class="banner-body">
        {stops.value.map(({ scope, by, at }) => (
          <div key={scope}>
            <p class="banner-title">{words.stands(placeOfScope(scope, farm.value))}</p>
            <p class="banner-detail">{words.by(by, format.value.shortTime(toMs(at), now))}</p>
          </div>
        ))}
      </div>
      <a class="button banner-link" href={routeHref('control')}>
        {words.more}
      </a>
    </section>
  );
}
