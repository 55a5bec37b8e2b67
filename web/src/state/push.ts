import { api } from './session.ts';

const WORKER = '/push-worker.js';

export type PushState =
  /** Opened by plain http: browsers refuse. */
  | { state: 'insecure' }
  | { state: 'unsupported' }
  | { state: 'no-key' }
  | { state: 'ready'; key: string }
  | { state: 'subscribed'; address: string };

function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** The subscription as an address of the push channel: its JSON, RFC 8030 and RFC 8291. */
function addressOf(subscription: PushSubscription): string {
  const { endpoint, keys } = subscription.toJSON();
  return JSON.stringify({ endpoint, keys });
}

/** What this browser can do. Throws ApiProblem when the server does not answer. */
export async function lookAtPush(): Promise<PushState> {
  if (!isSecureContext) return { state: 'insecure' };
  if (!('serviceWorker' in navigator) || !('PushManager' in window)) {
    return { state: 'unsupported' };
  }
  const registration = await navigator.serviceWorker.getRegistration('/');
  const subscription = await registration?.pushManager.getSubscription();
  if (subscription) return { state: 'subscribed', address: addressOf(subscription) };
  const { key } = await api.get<{ key: string | null }>('/push/key');
  return key === null ? { state: 'no-key' } : { state: 'ready', key };
}

/** Asks for leave and subscribes; null when the person said no. */
export async function subscribe(key: string): Promise<string | null> {
  if ((await Notification.requestPermission()) !== 'granted') return null;
  await navigator.serviceWorker.register(WORKER, { scope: '/' });
  const registration = await navigator.serviceWorker.ready;
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(key),
  });
  return addressOf(subscription);
}
