import path from 'node:path';
import { discoverFolders, programDir } from '../base/discovery.ts';
import { AppError } from '../base/errors.ts';
import type { DeviceKind, KindRegistry } from '../contracts/device-kind.ts';

/** The kinds in `devices/`, each from its own folder, by name. */
export async function loadKinds(
  dir: string = path.join(programDir, 'devices'),
): Promise<KindRegistry> {
  const kinds = await discoverFolders<DeviceKind>(dir, 'kind');
  for (const [folder, kind] of kinds) {
    if (kind.name !== folder) {
      throw new AppError('KIND_INVALID', `devices/${folder} defines the kind ${kind.name}`, {
        hint: "A kind has its folder's name.",
      });
    }
  }
  return kinds;
}
