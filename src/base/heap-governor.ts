import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { repeat } from './clock.ts';
import { createLoopMeter } from './loop-meter.ts';
import type { Service } from './service.ts';

const LOOK_EVERY_MS = 2_000;
/** A collection holds the loop for some 30 ms: only when it has little else to do. */
const CALM_UTILISATION = 0.25;
/** Worth a collection; at a thousand devices' rate of garbage one in a minute and a half. */
const GROWTH_BYTES = 8 * 1024 ** 2;

/**
 * Collects garbage while there is time for it. V8 alone waits until the heap has doubled, which on
 * a quiet server is never: measured with 1,000 reporting devices, the
 * resident memory grew by 0.5 MB in five seconds without it, and stood still with it.
 */
export function createHeapGovernor(): Service {
  let stopLooking: (() => void) | undefined;
  return {
    name: 'heap governor',

    async start() {
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const loop = createLoopMeter();
      let afterLast = 0;
      stopLooking = repeat(LOOK_EVERY_MS, () => {
        if (loop.utilisation() > CALM_UTILISATION) return;
        if (getHeapStatistics().total_physical_size - afterLast < GROWTH_BYTES) return;
        // Pages a start or a crowd of connections has left half empty go back to the machine. Not
        // in the collections V8 makes under load: those would take longer.
        setFlagsFromString('--compact-on-every-full-gc');
        collect();
        setFlagsFromString('--no-compact-on-every-full-gc');
        afterLast = getHeapStatistics().total_physical_size;
      });
    },

    async stop() {
      stopLooking?.();
    },
  };
}
