import type { WireCommand } from '../api/plant-types.ts';

type Listener = (command: WireCommand) => void;

const listeners = new Set<Listener>();

/** Who follows commands hears them as the stream tells of them; answers how to stop. */
export function onCommand(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function hearCommand(command: WireCommand): void {
  for (const listener of listeners) listener(command);
}
