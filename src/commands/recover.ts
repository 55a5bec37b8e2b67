import { isTerminal } from '../contracts/command.ts';
import { CLOCK_BACK_MS } from './book.ts';
import type { Floor } from './floor.ts';
import { isRunning } from './leases.ts';
import { memoryOf, moved, watchChange } from './proving.ts';
import type { Sitting } from './sitting.ts';

/**
 * What a start of the program makes of what was open, before anything is sent: starts that a clock
 * set back since would prolong are over, and every change without a verdict has its witness.
 * What has merely passed its time meanwhile is seen to by the first tick.
 */
export async function recover(floor: Floor, sitting: Sitting): Promise<void> {
  for (const { command } of [...floor.book.open()]) {
    const { id, to, device, state, startedAt, createdAt, attempts } = command;
    if (isTerminal(state)) continue;
    if (startedAt === null) {
      const isLater = createdAt > sitting.now + CLOCK_BACK_MS;
      if (to === 'off' || attempts > 0 || !isLater) continue;
      sitting.move(
        command,
        { state: 'expired', reason: 'COMMAND_EXPIRED' },
        'the clock was set back',
      );
      continue;
    }
    if (memoryOf(sitting, device).watch?.command === id) continue;
    if (to === 'on' && !isRunning(command)) continue;
    const at = Math.min(startedAt, sitting.now);
    await watchChange(floor, sitting, { command, cause: to === 'on' ? 'start' : 'stop', at });
  }
  for (const device of floor.book.states.keys()) {
    const memory = memoryOf(sitting, device);
    const aheadMs = (memory.watch?.from ?? 0) - sitting.now;
    if (aheadMs <= CLOCK_BACK_MS) continue;
    sitting.putState({ ...sitting.state(device), witness: moved(memory, -aheadMs) });
  }
}
