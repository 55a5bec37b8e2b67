import { hash } from 'node:crypto';
import { AppError } from '../base/errors.ts';
import type { Principal } from '../contracts/access.ts';
import type { DeviceKind } from '../contracts/device-kind.ts';
import type { Device, Site } from '../contracts/state.ts';
import type { ApiOptions } from './context.ts';
import type { DeviceAdmin } from './device-admin.ts';
import { ApiError } from './problems.ts';

const PREFIX = 'survey-';
/** Ids have at most so many characters. */
const ID_LENGTH_MAX = 63;
/** Of the site's id, where it is cut: 32 bits tell sites with the same beginning apart. */
const DIGEST_LENGTH = 8;

/** The kind whose values are counts in the field. Throws KIND_UNKNOWN when none is installed. */
export function surveyKind({ kinds }: Pick<ApiOptions, 'kinds'>): DeviceKind {
  const kind = [...kinds.values()].find(({ fieldCounts }) => fieldCounts === true);
  if (kind !== undefined) return kind;
  throw new ApiError('KIND_UNKNOWN', {
    vi: 'Máy chủ này không có loại thiết bị nào nhận số đếm ngoài đồng.',
    en: 'No kind of device installed here takes field counts.',
    fr: 'Aucun type d’appareil installé ici ne reçoit les comptages au champ.',
  });
}

/** The device under which a site's counts are kept; made on first use, and nobody has its secret. */
export async function surveyOf(
  { options, admin }: { options: ApiOptions; admin: DeviceAdmin },
  principal: Principal,
  { site, kind }: { site: Site; kind: DeviceKind },
): Promise<Device> {
  const find = async (): Promise<Device | undefined> => {
    const filter = { site: site.id, kind: kind.name };
    return (await options.state.devices.list(filter, { limit: 1 })).items[0];
  };
  const found = await find();
  if (found !== undefined) return found;
  try {
    const device = { id: idFor(site.id), coop: site.coop, site: site.id, kind: kind.name };
    await admin.create(principal, { ...device, name: `${kind.title.vi} ${site.name}` });
  } catch (error) {
    // Another count of the same site came first.
    if (!(error instanceof AppError && error.code === 'DEVICE_EXISTS')) throw error;
    const made = await find();
    if (made === undefined) throw error;
    return made;
  }
  const made = await find();
  if (made === undefined) throw new AppError('DEVICE_NOT_FOUND', 'the survey was removed again');
  return made;
}

function idFor(site: string): string {
  if (PREFIX.length + site.length <= ID_LENGTH_MAX) return PREFIX + site;
  const digest = hash('sha256', site, 'hex').slice(0, DIGEST_LENGTH);
  const room = ID_LENGTH_MAX - PREFIX.length - DIGEST_LENGTH - 1;
  return `${PREFIX}${site.slice(0, room)}-${digest}`;
}
