import type { JSX } from 'preact';
import { routeHref } from '../domain/route.ts';
import { PlainIcon } from '../parts/icons.tsx';
import { texts } from '../state/language.ts';
import { mayAs } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';

const PAGES = [
  { page: 'control', icon: 'valve', least: 'viewer' },
  { page: 'programmes', icon: 'drop', least: 'viewer' },
  { page: 'aeration', icon: 'air', least: 'viewer' },
  { page: 'rules', icon: 'rules', least: 'viewer' },
  { page: 'phone', icon: 'phone', least: 'viewer' },
  { page: 'field', icon: 'field', least: 'viewer' },
  { page: 'people', icon: 'people', least: 'operator' },
  { page: 'maintenance', icon: 'tool', least: 'viewer' },
  { page: 'audit', icon: 'list', least: 'viewer' },
] as const;

/** The way to every page that is not looked at each day. */
export function More(): JSX.Element {
  const { pages } = workTexts.value;
  return (
    <div class="work">
      <h1>{texts.value.nav.more}</h1>
      <nav class="menu" aria-label={texts.value.nav.more}>
        {PAGES.filter(({ least }) => mayAs(least)).map(({ page, icon }) => (
          <a key={page} href={routeHref(page)}>
            <PlainIcon name={icon} />
            <span>
              <strong>{pages[page].title}</strong>
              {pages[page].detail}
            </span>
            <PlainIcon name="arrow" />
          </a>
        ))}
      </nav>
    </div>
  );
}
