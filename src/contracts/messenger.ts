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
}
