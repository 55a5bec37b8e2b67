import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './folder.ts';

/** Why a small disk cannot be made here, or null. */
function whyNot(): string | null {
  if (process.platform !== 'linux') return 'tmpfs exists on Linux only';
  if (process.getuid?.() !== 0) return 'mounting a small tmpfs needs root';
  const dir = `/tmp/sluice-mount-trial-${process.pid}`;
  try {
    execFileSync('mkdir', ['-p', dir]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir], { stdio: 'pipe' });
    execFileSync('umount', [dir]);
    return null;
  } catch (error) {
    return `a tmpfs cannot be mounted: ${error instanceof Error ? error.message.trim() : error}`;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export const mountMissing: string | null = whyNot();

/** A folder of the test's own on a disk of so many MiB. */
export function smallDisk(sizeMb = 8): string {
  const dir = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', dir]);
  onTestFinished(() => {
    execFileSync('umount', [dir]);
  });
  return dir;
}
