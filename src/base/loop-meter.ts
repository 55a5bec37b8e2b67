import { performance } from 'node:perf_hooks';

/** How busy this thread's event loop is. */
export interface LoopMeter {
  /** Share of the time since the call before in which the loop did not wait, in [0, 1]. */
  utilisation(): number;
}

export function createLoopMeter(): LoopMeter {
  let before = performance.eventLoopUtilization();
  return {
    utilisation() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
  };
}
