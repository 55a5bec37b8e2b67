import type { DeviceFrameTopic, Source } from '../contracts/frame.ts';
import type { RefusalReason } from './refusals.ts';

/** Topics we speak on to a device. */
export type DeviceTopic = 'command' | 'rejected';

/** The client id, user name and device id: one name that is a topic segment of its own. */
const DEVICE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
/** What must not stand in a segment: separators, wildcards, and `$` which begins what is ours. */
const SEGMENT_FORBIDDEN = /[/+#$\0\ufffd]/;

export function isDeviceId(text: string): boolean {
  return DEVICE_ID.test(text);
}

/**
 * The five topics of one device, built from the authenticated id. A topic of a packet is compared
 * whole with these, so it is right in every segment or refused: there is nothing to match.
 */
export class Rights {
  readonly #report: string;
  readonly #status: string;
  readonly #ack: string;
  readonly command: string;
  readonly rejected: string;

  constructor(source: Pick<Source, 'coop' | 'device'>) {
    const named = [source.coop, source.device].every(
      (segment) => segment.length > 0 && !SEGMENT_FORBIDDEN.test(segment),
    );
    // A name that would change the shape of the topic gets topics no packet can carry.
    const own = named ? `sluice/v1/${source.coop}/${source.device}` : '\0';
    this.#report = `${own}/report`;
    this.#status = `${own}/status`;
    this.#ack = `${own}/ack`;
    this.command = `${own}/command`;
    this.rejected = `${own}/rejected`;
  }

  /** What a message on this topic is, or undefined when the device may not publish there. */
  publishes(topic: string): DeviceFrameTopic | undefined {
    if (topic === this.#report) return 'report';
    if (topic === this.#status) return 'status';
    if (topic === this.#ack) return 'ack';
    return undefined;
  }

  /** Which of our topics it is, or undefined when the device may not subscribe to it. */
  subscribes(filter: string): DeviceTopic | undefined {
    if (filter === this.command) return 'command';
    if (filter === this.rejected) return 'rejected';
    return undefined;
  }
}

/** The reason under which a topic without a right is counted. */
export function topicRefusal(topic: string): RefusalReason {
  // The parser puts U+FFFD where the bytes were not UTF-8.
  return topic.includes('\ufffd') || topic.includes('\0') ? 'bad-text' : 'forbidden-topic';
}
