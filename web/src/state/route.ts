import { signal } from '@preact/signals';
import { parseRoute, type Route, routeHref } from '../domain/route.ts';

export const route = signal<Route>(parseRoute(location.hash));

addEventListener('hashchange', () => {
  const before = route.value.view;
  route.value = parseRoute(location.hash);
  if (route.value.view !== before) scrollTo(0, 0);
});

/** Changes the query of the view shown without a step in the history. */
export function replaceQuery(query: Record<string, string | null>): void {
  const href = routeHref(route.value.view, { ...route.value.query, ...query });
  history.replaceState(null, '', href);
  route.value = parseRoute(href);
}
