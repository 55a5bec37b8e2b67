/** Who said it: fixed at the time of receipt, so a device that moves later keeps its history. */
export interface Source {
  coop: string;
  /** The site the device stood on, or null when it had none. */
  site: string | null;
  device: string;
  kind: string;
}

/** The device topics whose messages are journaled: the last segment of the topic. */
export const DEVICE_FRAME_TOPICS = ['report', 'status', 'ack'] as const;
export type DeviceFrameTopic = (typeof DEVICE_FRAME_TOPICS)[number];

/**
 * What a frame is: a device's message, or reports of a file that a person brought in, which no
 * device can publish.
 */
export const FRAME_TOPICS = [...DEVICE_FRAME_TOPICS, 'import'] as const;
export type FrameTopic = (typeof FRAME_TOPICS)[number];

/** What a device said, byte for byte, before anyone looked inside. */
export interface RawMessage {
  source: Source;
  topic: FrameTopic;
  payload: Uint8Array;
  /** Milliseconds since 1970, by our clock. */
  receivedAt: number;
}

/** A journaled message. Offsets count frames from 0, without gaps, in the order of commit. */
export interface Frame extends RawMessage {
  offset: number;
}

/** Frames `[from, next)`; `next` is the offset to read from afterwards. */
export interface FrameBatch {
  from: number;
  next: number;
  frames: Frame[];
}
