export const VIEW_NAMES = [
  'home',
  'alerts',
  'chart',
  'more',
  'people',
  'phone',
  'rules',
  'field',
  'maintenance',
  'control',
  'programmes',
  'aeration',
  'audit',
] as const;
export type ViewName = (typeof VIEW_NAMES)[number];

/** Where the reader is. It lives behind the `#`, so the server needs to know one page only. */
export interface Route {
  view: ViewName;
  query: Readonly<Record<string, string>>;
}

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  return {
    view: VIEW_NAMES.find((name) => name === path) ?? 'home',
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function routeHref(view: ViewName, query: Record<string, string | null> = {}): string {
  const path = view === 'home' ? '' : view;
  const kept = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  const search = new URLSearchParams(kept).toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}
