/** Speaks to devices that are connected now; nothing is ever queued for one that is not. */
export interface DeviceMessenger {
  connected(device: string): boolean;
  /** How many devices are connected. */
  readonly connections: number;
  /**
   * Publishes to the device's own topic, never retained. True when it was handed to a connected
   * device that subscribes to it; false when there is none. Never throws.
   */
  send(device: string, topic: 'command' | 'rejected', payload: string): Promise<boolean>;
  /**
   * Closes the device's connection at once, whatever was still on its way to it; false when it has
   * none. It may connect again.
   */
  drop(device: string): boolean;
  /** Called whenever a connected device has begun to listen on its command topic. */
  onListening(listener: (device: string) => void): () => void;
}
