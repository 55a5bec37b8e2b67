import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 prefer a small heap to a fast-growing one. A village PC runs this beside other programs,
 * and what we keep is long-lived state, not young objects. Measured with 1,000 devices: 222 MB
 * resident without, 155 MB with it, at the same acknowledged rate.
 */
export function preferSmallHeap(): void {
  setFlagsFromString('--optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=1');
}
