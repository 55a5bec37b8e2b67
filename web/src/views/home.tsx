import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { matches } from '../domain/search.ts';
import { countStates, type SiteState, type SiteSummary } from '../domain/site-state.ts';
import { PlainIcon, StateIcon } from '../parts/icons.tsx';
import { farm, sites } from '../state/farm.ts';
import { texts } from '../state/language.ts';
import { StatusBanner } from './banner.tsx';
import { FirstDevice } from './first-device.tsx';
import { SiteCard } from './site-card.tsx';

/** As many cards as a cheap phone draws without a pause; the rest is one tap away. */
const CARDS_AT_FIRST = 60;
/** With fewer places than this everything is in sight, and a search box would be in the way. */
const SEARCH_FROM = 6;

const FILTERS: readonly SiteState[] = ['danger', 'silent', 'attention', 'waiting', 'empty', 'good'];

function isFound(site: SiteSummary, query: string): boolean {
  const own = farm.value.sites.get(site.id);
  const devices = site.devices.flatMap((device) => [device.id, device.name]);
  const coop = farm.value.coops.get(site.coop)?.name;
  return matches(query, [site.name, site.id, coop, own?.crop, own?.species, ...devices]);
}

interface FilterBarProps {
  counts: Record<SiteState, number>;
  all: number;
  chosen: SiteState | null;
  onChoose: (state: SiteState | null) => void;
}

function FilterBar({ counts, all, chosen, onChoose }: FilterBarProps): JSX.Element {
  const words = texts.value;
  return (
    <div class="filters">
      <button
        type="button"
        class="chip"
        aria-pressed={chosen === null}
        onClick={() => onChoose(null)}
      >
        {words.home.all} <b>{all}</b>
      </button>
      {FILTERS.filter((state) => counts[state] > 0 || state === chosen).map((state) => (
        <button
          key={state}
          type="button"
          class="chip"
          data-state={state}
          aria-pressed={chosen === state}
          onClick={() => onChoose(chosen === state ? null : state)}
        >
          <StateIcon state={state} />
          {words.state[state]} <b>{counts[state]}</b>
        </button>
      ))}
    </div>
  );
}

export function Home(): JSX.Element {
  const query = useSignal('');
  const chosen = useSignal<SiteState | null>(null);
  const shownMax = useSignal(CARDS_AT_FIRST);
  const words = texts.value.home;
  const all = sites.value;
  if (farm.value.readings.size === 0 && farm.value.devices.size < 2) return <FirstDevice />;
  const found = all.filter(
    (site) => (chosen.value === null || site.state === chosen.value) && isFound(site, query.value),
  );
  const hidden = Math.max(found.length - shownMax.value, 0);
  return (
    <>
      <h1 class="visually-hidden">{texts.value.nav.home}</h1>
      <StatusBanner />
      <section aria-label={words.title}>
        <div class="toolbar">
          <FilterBar
            counts={countStates(all)}
            all={all.length}
            chosen={chosen.value}
            onChoose={(state) => {
              chosen.value = state;
            }}
          />
          {all.length >= SEARCH_FROM && (
            <label class="search">
              <PlainIcon name="search" />
              <span class="visually-hidden">{words.search}</span>
              <input
                type="search"
                placeholder={words.search}
                value={query.value}
                onInput={(event) => {
                  query.value = event.currentTarget.value;
                }}
              />
            </label>
          )}
        </div>
        <p class="visually-hidden" role="status">
          {query.value === '' ? '' : words.places(found.length)}
        </p>
        {found.length === 0 && (
          <div class="nothing">
            <p>{words.nothingFound(query.value)}</p>
            <button
              type="button"
              class="button"
              onClick={() => {
                query.value = '';
                chosen.value = null;
              }}
            >
              {words.clearSearch}
            </button>
          </div>
        )}
        <div class="cards">
          {found.slice(0, shownMax.value).map((site) => (
            <SiteCard key={site.id} site={site} />
          ))}
        </div>
        {hidden > 0 && (
          <button
            type="button"
            class="button show-more"
            onClick={() => {
              shownMax.value += CARDS_AT_FIRST;
            }}
          >
            {words.showMore(Math.min(hidden, CARDS_AT_FIRST))}
          </button>
        )}
      </section>
    </>
  );
}
