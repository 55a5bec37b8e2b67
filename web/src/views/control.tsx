import type { JSX } from 'preact';
import type { WireActuatorView } from '../api/plant-types.ts';
import { routeHref } from '../domain/route.ts';
import { Problem } from '../parts/form.tsx';
import { WorkPage } from '../parts/work-page.tsx';
import { farm } from '../state/farm.ts';
import { texts } from '../state/language.ts';
import { actuators, nameOf, plantProblem, usePlant } from '../state/plant.ts';
import { plantTexts } from '../state/plant-texts.ts';
import { route } from '../state/route.ts';
import { stops } from '../state/stops.ts';
import { mayAs } from '../state/work.ts';
import { workTexts } from '../state/work-texts.ts';
import { ActuatorCard } from './actuator-card.tsx';
import { EmergencyButton, StandingStop } from './emergency.tsx';

/** As people count: Van 2 before Van 10. */
function byName(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
}

function groups(views: readonly WireActuatorView[]): Array<[string, WireActuatorView[]]> {
  const bySite = new Map<string, WireActuatorView[]>();
  for (const view of views) {
    const site = view.actuator.site ?? '';
    bySite.set(site, [...(bySite.get(site) ?? []), view]);
  }
  for (const own of bySite.values()) {
    own.sort((a, b) => byName(nameOf(a.actuator.device), nameOf(b.actuator.device)));
  }
  return [...bySite].sort(([a], [b]) => byName(nameOf(a), nameOf(b)));
}

function SiteGroup(props: { site: string; views: readonly WireActuatorView[] }): JSX.Element {
  const { site, views } = props;
  const name = site === '' ? plantTexts.value.control.noPlace : nameOf(site);
  return (
    <section class="rows" aria-label={name}>
      <div class="row-head">
        <h2>{name}</h2>
        {site !== '' && <EmergencyButton scope={`site:${site}`} place={name} />}
      </div>
      {views.map((view) => (
        <ActuatorCard key={view.actuator.device} view={view} />
      ))}
    </section>
  );
}

function Coops({ views }: { views: readonly WireActuatorView[] }): JSX.Element | null {
  const words = plantTexts.value.stop;
  const ids = [...new Set(views.map(({ actuator }) => actuator.coop))];
  if (ids.length === 0 || !mayAs('farmer')) return null;
  return (
    <section class="rows">
      {ids.map((id) => (
        <EmergencyButton
          key={id}
          scope={`coop:${id}`}
          place={words.coop(farm.value.coops.get(id)?.name ?? id)}
        />
      ))}
      <p class="soft">{words.hint}</p>
    </section>
  );
}

/** Valves and motors: where they are by evidence, and the way to move them. */
export function Control(): JSX.Element {
  usePlant();
  const words = plantTexts.value.control;
  const only = route.value.query['site'];
  const all = actuators.value;
  const views = (all ?? []).filter(({ actuator }) => !only || actuator.site === only);
  return (
    <WorkPage title={workTexts.value.pages.control.title} back={routeHref(only ? 'home' : 'more')}>
      <p class="lead">{words.lead}</p>
      <Problem text={plantProblem.value} />
      {stops.value.map((stop) => (
        <StandingStop key={stop.scope} stop={stop} />
      ))}
      {all === null && plantProblem.value === null && <p class="loading">{texts.value.loading}</p>}
      {all !== null && views.length === 0 && <p class="soft">{words.none}</p>}
      {!only && <Coops views={views} />}
      {groups(views).map(([site, own]) => (
        <SiteGroup key={site} site={site} views={own} />
      ))}
      {only && all !== null && views.length < all.length && (
        <a class="button" href={routeHref('control')}>
          {workTexts.value.all}
        </a>
      )}
    </WorkPage>
  );
}
