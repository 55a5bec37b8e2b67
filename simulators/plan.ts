import type { DeviceKind, KindRegistry } from '../src/contracts/device-kind.ts';
import type { Coop, Geometry, SiteKind } from '../src/contracts/state.ts';
import type { SimulatedDevice } from './fleet.ts';
import { seedOf } from './worlds/chance.ts';

export interface PlannedSite {
  id: string;
  coop: string;
  kind: SiteKind;
  name: string;
  location: Geometry;
  areaHa?: number;
  crop?: string;
  species?: string;
}

/** A device without its secret, which follows from the provisioning seed. */
export interface PlannedDevice extends Omit<SimulatedDevice, 'secret'> {
  site: string;
  name: string;
  seed: number;
}

export interface Plan {
  coops: Coop[];
  sites: PlannedSite[];
  devices: PlannedDevice[];
}

const COOP: Coop = { id: 'thuan-hoa', name: 'Hợp tác xã Thuận Hòa' };

interface Place {
  /** Vietnamese name before the number. */
  name: string;
  /** South-western corner of the first site, degrees. */
  longitude: number;
  latitude: number;
  /** Sites in a row, before the next row begins to the north. */
  columns: number;
  /** Metres from one site to the next, and the size of each. */
  pitchM: number;
  widthM: number;
  heightM: number;
  crop?: string;
  species?: string;
}

/** Ponds behind the dyke of Bạc Liêu, rice near Sóc Trăng, shallots on the dunes of Vĩnh Châu. */
const PLACES: Record<SiteKind, Place> = {
  pond: {
    name: 'Ao',
    longitude: 105.8324,
    latitude: 9.2415,
    columns: 4,
    pitchM: 75,
    widthM: 60,
    heightM: 50,
    species: 'Litopenaeus vannamei',
  },
  field: {
    name: 'Trạm bẫy',
    longitude: 105.9381,
    latitude: 9.6247,
    columns: 3,
    pitchM: 1400,
    widthM: 0,
    heightM: 0,
    crop: 'Lúa',
  },
  zone: {
    name: 'Khu tưới',
    longitude: 106.0112,
    latitude: 9.3268,
    columns: 2,
    pitchM: 120,
    widthM: 90,
    heightM: 45,
    crop: 'Hành tím',
  },
};

const METRES_PER_DEGREE = 111_320;

/** A rectangle, or a point for a place without size; longitude first, as GeoJSON has it. */
function locationOf(place: Place, index: number): Geometry {
  const perLongitude = METRES_PER_DEGREE * Math.cos((place.latitude * Math.PI) / 180);
  const east = (index % place.columns) * place.pitchM;
  const north = Math.floor(index / place.columns) * place.pitchM;
  const corner = (x: number, y: number): [number, number] => [
    degrees(place.longitude + (east + x) / perLongitude),
    degrees(place.latitude + (north + y) / METRES_PER_DEGREE),
  ];
  const { widthM, heightM } = place;
  if (widthM === 0) return { type: 'Point', coordinates: corner(0, 0) };
  const ring = [
    corner(0, 0),
    corner(widthM, 0),
    corner(widthM, heightM),
    corner(0, heightM),
    corner(0, 0),
  ];
  return { type: 'Polygon', coordinates: [ring] };
}

/** Six decimals are a tenth of a metre. */
function degrees(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function siteOf(kind: SiteKind, coop: string, number: number): PlannedSite {
  const place = PLACES[kind];
  const { crop, species, widthM, heightM } = place;
  return {
    id: `${coop}-${kind}-${number}`,
    coop,
    kind,
    name: `${place.name} ${number}`,
    location: locationOf(place, number - 1),
    ...(widthM === 0 ? {} : { areaHa: (widthM * heightM) / 10_000 }),
    ...(crop === undefined ? {} : { crop }),
    ...(species === undefined ? {} : { species }),
  };
}

function deviceOn(site: PlannedSite, kind: DeviceKind, id: string): PlannedDevice {
  return {
    id,
    coop: site.coop,
    site: site.id,
    kind: kind.name,
    name: `${kind.title.vi} ${site.name}`,
    // Devices of several kinds on one site live in the same water.
    seed: seedOf(site.id),
  };
}

/** Twelve ponds, three trap stations, two drip blocks. */
export const DEMO_SITES: Readonly<Record<SiteKind, number>> = { pond: 12, field: 3, zone: 2 };

/** On how many sites of the demonstration a kind of device stands. */
function demoSitesOf({ siteKind, simulator }: DeviceKind): number {
  return Math.min(DEMO_SITES[siteKind], simulator.demoSites ?? DEMO_SITES[siteKind]);
}

/** Field counts are people's: nothing that signs in and reports makes them. */
function devicesOf(kinds: KindRegistry): DeviceKind[] {
  return [...kinds.values()].filter(({ fieldCounts }) => fieldCounts !== true);
}

/**
 * The farm of the demonstration: each kind of device that is installed stands on the sites of the
 * kind it is made for, all or the first ones, as `ao-1`, `ao-2` …
 */
export function demoPlan(kinds: KindRegistry): Plan {
  const plan: Plan = { coops: [COOP], sites: [], devices: [] };
  for (const siteKind of Object.keys(DEMO_SITES) as SiteKind[]) {
    for (let number = 1; number <= DEMO_SITES[siteKind]; number++) {
      const site = siteOf(siteKind, COOP.id, number);
      plan.sites.push(site);
      for (const kind of devicesOf(kinds)) {
        if (kind.siteKind !== siteKind || number > demoSitesOf(kind)) continue;
        plan.devices.push(deviceOn(site, kind, `${kind.simulator.idPrefix}-${number}`));
      }
    }
  }
  return plan;
}

/** The cooperative of a large made-up fleet, apart from the farm of the demonstration. */
const FLEET_COOP: Coop = { id: 'mo-phong', name: 'Hợp tác xã Mô Phỏng' };

/** Any number of devices of the installed kinds, in the demonstration's proportions. */
export function fleetPlan(kinds: KindRegistry, count: number): Plan {
  const plan: Plan = { coops: [FLEET_COOP], sites: [], devices: [] };
  const round = devicesOf(kinds).flatMap((kind) =>
    Array.from({ length: demoSitesOf(kind) }, () => kind),
  );
  const numbers = new Map<string, number>();
  for (let index = 0; round.length > 0 && index < count; index++) {
    const kind = round[index % round.length];
    if (kind === undefined) break;
    const number = (numbers.get(kind.name) ?? 0) + 1;
    numbers.set(kind.name, number);
    const site = siteOf(kind.siteKind, `${FLEET_COOP.id}-${kind.simulator.idPrefix}`, number);
    plan.sites.push({ ...site, coop: FLEET_COOP.id });
    const id = `${FLEET_COOP.id}-${kind.simulator.idPrefix}-${number}`;
    plan.devices.push(deviceOn({ ...site, coop: FLEET_COOP.id }, kind, id));
  }
  return plan;
}
