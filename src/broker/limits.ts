/**
 * Every bound of the broker in one place. All of them can be changed by the installation; the
 * comment beside each default shows the sum it comes from.
 */
export interface BrokerLimits {
  /** Bytes of a CONNECT after its fixed header. */
  connectBytesMax: number;
  /** Bytes of one message from a device. */
  payloadBytesMax: number;
  /** Bytes of a topic in a PUBLISH. */
  topicBytesMax: number;
  /** Bytes of any other packet after its fixed header. */
  otherBytesMax: number;
  /** Bytes of a Will's message. */
  willBytesMax: number;
  /** Time from an accepted socket to its whole CONNECT, TLS handshake included. */
  connectTimeoutMs: number;
  /** The same for sockets beyond `unauthenticatedPerAddress`. */
  crowdedConnectTimeoutMs: number;
  /** Time from the first byte of a packet to its last. */
  packetTimeoutMs: number;
  /** Time within which a message must be kept, or its connection is closed without an answer. */
  keepTimeoutMs: number;
  /** Time a device may leave what we send it unread. */
  drainTimeoutMs: number;
  /** Time `stop` waits for messages on their way to the journal. */
  stopTimeoutMs: number;
  /** Sockets of every state. */
  connectionsMax: number;
  /** Sockets that have not signed in, in all. */
  unauthenticatedMax: number;
  /** Sockets of one address that may take the whole `connectTimeoutMs`. */
  unauthenticatedPerAddress: number;
  /** Sockets of one address that have not signed in; more are closed at once. */
  crowdPerAddressMax: number;
  /** Messages of one device on their way to the journal; at the bound its socket is not read. */
  inFlightPerDevice: number;
  /** The same for all devices, in messages and in bytes. */
  inFlightMax: number;
  inFlightBytesMax: number;
  /** QoS 2 messages of one device whose release is awaited. */
  unreleasedPerDevice: number;
  /** Messages a second a device may send for ever, and at once; 0 messages: no limit. */
  messagesPerSecond: number;
  burst: number;
  /** Failed sign-ins a minute of one (address, device) before it is locked out. */
  failuresPerMinute: number;
  /** The first lock-out; each further one lasts twice as long, up to the longest. */
  lockoutMs: number;
  lockoutMsMax: number;
  /** (address, device) pairs remembered; beyond it the oldest is forgotten. */
  lockoutEntriesMax: number;
}

export const DEFAULT_LIMITS: Readonly<BrokerLimits> = Object.freeze({
  // Id and user name (63 each), a secret, a Will of 1 KiB and its topic: 1.6 KB at most.
  connectBytesMax: 4_096,
  // 500 reports of 130 bytes.
  payloadBytesMax: 65_536,
  // `sluice/v1/` + two names of 63 + `/rejected`: 146.
  topicBytesMax: 256,
  otherBytesMax: 8_192,
  willBytesMax: 1_024,
  connectTimeoutMs: 10_000,
  // Twice the round trip of a bad GPRS link, TLS included; a storm of real devices needs less.
  crowdedConnectTimeoutMs: 2_000,
  // 64 KiB at 9,600 bit/s.
  packetTimeoutMs: 60_000,
  keepTimeoutMs: 10_000,
  drainTimeoutMs: 5_000,
  stopTimeoutMs: 3_000,
  // 10,000 devices, and a fifth more for those that reconnect before their old socket is gone.
  connectionsMax: 12_000,
  unauthenticatedMax: 4_000,
  unauthenticatedPerAddress: 20,
  // A province behind one address comes back within two accept backlogs of 1,024.
  crowdPerAddressMax: 2_000,
  // Three times the window of a fast publisher (20).
  inFlightPerDevice: 64,
  inFlightMax: 8_192,
  // 1,000 messages of 64 KiB, or 8,192 of 8 KiB.
  inFlightBytesMax: 67_108_864,
  unreleasedPerDevice: 64,
  messagesPerSecond: 20,
  burst: 200,
  failuresPerMinute: 5,
  lockoutMs: 60_000,
  lockoutMsMax: 900_000,
  lockoutEntriesMax: 10_000,
});
